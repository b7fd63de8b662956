import { MqopsError } from '../../model/failure.ts'
import type { Context } from '../../ports/context.ts'
import { failed, type Outcome, yes } from '../../model/plan.ts'

/** Requests under way at once. More gains nothing: the members' metadata store commits one write after another. */
export const CONCURRENCY = 16

/** Results in the order of the items; the first error wins, after which nothing new begins. */
export async function inParallel<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
  limit = CONCURRENCY,
): Promise<R[]> {
  const results: R[] = Array.from({ length: items.length })
  let next = 0
  let broken = false
  const worker = async () => {
    while (next < items.length && !broken) {
      const index = next++
      try {
        results[index] = await work(items[index] as T, index)
      } catch (error) {
        broken = true
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker))
  return results
}

/** One item's work as an outcome: what the broker refuses is that item's failure, not its neighbours'. */
export async function attempt(work: () => Promise<unknown>): Promise<Outcome> {
  try {
    await work()
    return yes
  } catch (error) {
    if (error instanceof MqopsError) return failed(error.failure)
    throw error
  }
}

/**
 * One read for all who ask while another one is under way, begun when that one is over: none gets an answer to a
 * question that was asked before its own.
 */
export function shared<T>(read: (ctx: Context) => Promise<T>): (ctx: Context) => Promise<T> {
  let underWay: Promise<unknown> = Promise.resolve()
  let next: Promise<T> | null = null
  return (ctx) => {
    next ??= underWay.then(() => {
      next = null
      const asked = read(ctx)
      underWay = asked.catch(() => {})
      return asked
    })
    return next
  }
}
