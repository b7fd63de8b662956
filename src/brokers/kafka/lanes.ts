import type { Connection } from '@platformatic/kafka'
import type { Context } from '../../ports/context.ts'
import { isElsewhere, type Wire } from './client.ts'

/** A broker works on one request of a connection at a time; with more than a few it is busy with nothing else. */
const LANES = 4

/** A few connections side by side, for long answers in parts. The first is the one that is open anyway. */
export function createLanes(work: Wire, another: () => Wire) {
  const wires: Wire[] = [work]
  return {
    async spread<T, R>(
      endpoints: readonly string[],
      parts: readonly T[],
      ask: (connection: Connection, part: T) => Promise<R>,
      ctx: Context,
    ): Promise<R[]> {
      const count = Math.min(LANES, parts.length)
      while (wires.length < count) wires.push(another())
      const answers: R[] = Array.from({ length: parts.length })
      let next = 0
      const lane = async (wire: Wire, number: number): Promise<void> => {
        // Each asks a broker of its own where there are several.
        const own = endpoints[number % endpoints.length] as string
        for (let i = next++; i < parts.length; i = next++) {
          const call = (connection: Connection) => ask(connection, parts[i] as T)
          answers[i] = await (number === 0 ? work.any(endpoints, call, ctx) : wire.at(own, call, ctx)).catch(
            (error: unknown) => {
              if (number === 0 || !isElsewhere(error)) throw error
              return work.any(endpoints, call, ctx)
            },
          )
        }
      }
      await Promise.all(wires.slice(0, count).map(lane))
      return answers
    },
    async close(): Promise<void> {
      await Promise.all(wires.slice(1).map((wire) => wire.close()))
    },
  }
}
