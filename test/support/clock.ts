import type { Context } from '../../src/ports/context.ts'

/** A seeded generator (mulberry32): the same seed, the same world. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** Virtual time: sleeping costs nothing and wakes in order; it advances when everybody sleeps. */
export class VirtualClock {
  time = 1_700_000_000_000
  readonly #sleepers: { at: number; order: number; wake: () => void }[] = []
  #order = 0
  #scheduled = false

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error)
      const sleeper = { at: this.time + ms, order: this.#order++, wake: resolve }
      const stop = () => {
        const i = this.#sleepers.indexOf(sleeper)
        if (i >= 0) this.#sleepers.splice(i, 1)
        reject(signal.reason as Error)
      }
      signal.addEventListener('abort', stop, { once: true })
      sleeper.wake = () => {
        signal.removeEventListener('abort', stop)
        resolve()
      }
      this.#sleepers.push(sleeper)
      this.#schedule()
    })
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    // A macrotask runs when no promise is left to settle: then nobody but sleepers is waiting.
    setImmediate(() => {
      this.#scheduled = false
      const next = this.#sleepers.toSorted((a, b) => a.at - b.at || a.order - b.order)[0]
      if (!next) return
      this.#sleepers.splice(this.#sleepers.indexOf(next), 1)
      this.time = Math.max(this.time, next.at)
      next.wake()
      if (this.#sleepers.length > 0) this.#schedule()
    })
  }
}

export function simulatedContext(clock: VirtualClock, random: () => number, signal: AbortSignal): Context {
  return {
    signal,
    now: () => clock.time,
    sleep: (ms) => clock.sleep(ms, signal),
    random: (bytes) => Uint8Array.from({ length: bytes }, () => Math.floor(random() * 256)),
    secret: async (reference) => JSON.stringify(reference),
    log: () => {},
  }
}
