/** How the checks of a spec report; paths stand inside `spec:`. */

export type Path = readonly (string | number)[]
export type Put = (path: Path, code: string, message: string, hint?: string) => void

/** '.' and '..' are steps in the path of a request, encoded or not: the broker would take another thing for it. */
export function checkReachable(name: string, what: string, path: Path, put: Put): void {
  if (name === '.' || name === '..')
    put(path, 'MQOPS_SPEC_RESERVED', `no ${what} can be named "${name}": RabbitMQ's HTTP interface can't reach it`)
}
