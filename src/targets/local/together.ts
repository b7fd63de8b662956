import { MqopsError, toFailure } from '../../model/failure.ts'

/** Waits for all of them, whatever becomes of one, so that nothing acts on after an error; then throws the first one's. */
export async function together(all: readonly Promise<unknown>[]): Promise<void> {
  const errors = (await Promise.allSettled(all)).flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  )
  const [first, ...more] = errors
  if (errors.length === 0) return
  if (more.length === 0 || !(first instanceof MqopsError)) throw first
  const others = more.map((error) => toFailure(error).summary).join('; ')
  const { failure } = first
  throw new MqopsError(
    { ...failure, detail: [failure.detail, `also: ${others}`].filter(Boolean).join('\n') },
    { cause: first.cause },
  )
}
