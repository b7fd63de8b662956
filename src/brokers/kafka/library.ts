type Library = typeof import('@platformatic/kafka')

let loaded: Library | null = null

/** The client library takes as long to load as the rest of mqops: it is, when something connects. */
export async function loadLibrary(): Promise<Library> {
  loaded ??= await import('@platformatic/kafka')
  return loaded
}

/** For what has a connection, and so has loaded it. */
export function library(): Library {
  if (loaded) return loaded
  throw new Error('the Kafka library is used before anything has connected')
}

type Requests = { [K in keyof Library as Library[K] extends { api: { async: unknown } } ? K : never]: Library[K] }

/** A request of the library by its name, which is looked up when it is sent. */
export function request<K extends keyof Requests>(name: K): Requests[K]['api']['async'] {
  return (...given: readonly unknown[]) =>
    (library()[name].api.async as (...given: readonly unknown[]) => unknown)(...given)
}
