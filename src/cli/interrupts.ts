import { EXIT } from './failures.ts'
import { type Invocation, talk } from './invocation.ts'

/**
 * Ctrl-C while something runs. The first: `stopping` fires, what runs is finished. The second leaves at once. `first`
 * and `leaving` tell the person. Afterwards Ctrl-C is again what it was: leave with 130.
 */
export async function interruptible<T>(
  inv: Invocation,
  o: { first(): void; leaving(): void },
  work: (signals: { stopping: AbortSignal; signal: AbortSignal }) => Promise<T>,
): Promise<T> {
  const stopping = new AbortController()
  const signal = new AbortController()
  inv.terminal.onInterrupt(() => {
    if (!stopping.signal.aborted) {
      stopping.abort()
      o.first()
      return
    }
    signal.abort()
    o.leaving()
    inv.terminal.leave(EXIT.interrupted)
  })
  try {
    return await work({ stopping: stopping.signal, signal: signal.signal })
  } finally {
    inv.terminal.onInterrupt(null)
  }
}

/** For what only reads: the first Ctrl-C ends it in order, the second at once. */
export const readable = <T>(
  inv: Invocation,
  work: (signal: AbortSignal) => Promise<T>,
  whenUnread: 'end' | 'go on' = 'end',
): Promise<T> =>
  interruptible(inv, { first: () => {}, leaving: () => {} }, ({ stopping }) =>
    work(whenUnread === 'end' ? AbortSignal.any([stopping, inv.terminal.unread]) : stopping),
  )

/** Again and again, every `everyMs`, until Ctrl-C or until nobody reads any more. */
export async function watching(
  inv: Invocation,
  everyMs: number,
  show: (signal: AbortSignal) => Promise<void>,
): Promise<number> {
  const interrupted = await readable(inv, async (signal) => {
    while (!signal.aborted) {
      await show(signal)
      await inv.terminal.sleep(everyMs, signal)
    }
    return !inv.terminal.unread.aborted
  })
  if (interrupted) talk(inv, [''])
  return interrupted ? EXIT.interrupted : EXIT.done
}
