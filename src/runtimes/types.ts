import type { InstallProgress, Runtimes } from '../ports/runtimes.ts'

export type { InstallProgress, Installation, RuntimeReport, Runtimes, Software } from '../ports/runtimes.ts'
export type Wish = Parameters<Runtimes['ensure']>[0]
export type EnsureOptions = { readonly signal: AbortSignal; progress(p: InstallProgress): void }
