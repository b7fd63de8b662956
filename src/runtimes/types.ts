import type { Installation, InstallProgress, Runtimes } from '../ports/runtimes.ts'

export type { InstallProgress, Installation, RuntimeReport, Runtimes, Software } from '../ports/runtimes.ts'
export type Wish = Parameters<Runtimes['ensure']>[0]
export type EnsureOptions = {
  readonly signal: AbortSignal
  readonly repair?: boolean
  progress(p: InstallProgress): void
}
/** What somebody else put on this machine, before anything is made of it. */
export type OnMachine = {
  readonly version: string
  readonly from: string
  use(o: EnsureOptions): Promise<Installation>
}
