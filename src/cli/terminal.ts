import { isatty } from 'node:tty'

/** The outside of the command line: where text goes, how wide it is, what time it is, and Ctrl-C. */
export type Stream = { readonly isTerminal: boolean; columns(): number; rows(): number; write(text: string): void }
export type Terminal = {
  readonly out: Stream
  readonly err: Stream
  /** A person is there to answer: standard input and standard error are a terminal. */
  readonly interactive: boolean
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  now(): number // ms since the epoch
  every(ms: number, work: () => void): () => void
  /** Resolves early when the signal fires. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
  /** The handler of Ctrl-C, SIGTERM and SIGHUP; null: leave at once with 130. */
  onInterrupt(handler: (() => void) | null): void
  leave(code: number): never
  /** Fires when nobody reads standard output any more. */
  readonly unread: AbortSignal
  /** Why standard output could not be written, if it couldn't. */
  writeProblem(): string | null
  flush(): Promise<void>
}

const GONE = ['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED', 'EBADF']

export function processTerminal(): Terminal {
  const unread = new AbortController()
  let problem: string | null = null
  let interrupted: (() => void) | null = null
  const leave = (code: number): never => process.exit(code)
  const stream = (to: NodeJS.WriteStream, descriptor: number): Stream => {
    const isTerminal = isatty(descriptor)
    let open = true
    to.on('error', (error: NodeJS.ErrnoException) => {
      open = false
      if (descriptor !== 1) return
      if (!GONE.includes(error.code ?? '')) problem ??= error.message
      unread.abort()
    })
    return {
      isTerminal,
      columns: () => (isTerminal ? Math.max(20, to.columns || 80) : Number.POSITIVE_INFINITY),
      rows: () => (isTerminal ? to.rows || 24 : 24),
      write: (text) => {
        if (open) to.write(text)
      },
    }
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => (interrupted ? interrupted() : leave(130)))
  }
  const out = stream(process.stdout, 1)
  const err = stream(process.stderr, 2)
  return {
    out,
    err,
    interactive: isatty(0) && err.isTerminal,
    cwd: process.cwd(),
    env: process.env,
    now: () => Date.now(),
    every: (ms, work) => {
      const timer = setInterval(work, ms)
      return () => clearInterval(timer)
    },
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const done = () => {
          clearTimeout(timer)
          signal.removeEventListener('abort', done)
          resolve()
        }
        const timer = setTimeout(done, ms)
        signal.addEventListener('abort', done, { once: true })
        if (signal.aborted) done()
      }),
    onInterrupt: (handler) => {
      interrupted = handler
    },
    leave,
    unread: unread.signal,
    writeProblem: () => problem,
    flush: async () => {
      await Promise.all(
        [process.stdout, process.stderr].map((to) => new Promise<void>((resolve) => to.write('', () => resolve()))),
      )
    },
  }
}
