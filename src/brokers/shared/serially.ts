/** One after another, in the order of asking; one that fails does not stop the next. */
export type Serially = <T>(work: () => Promise<T>) => Promise<T>

export function createSerially(): Serially {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const turn = last.then(work, work)
    last = turn.catch(() => undefined)
    return turn
  }
}
