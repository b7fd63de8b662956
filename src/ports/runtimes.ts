import type { Dict } from '../model/json.ts'

export type Software = 'kafka' | 'nats' | 'rabbitmq'
/** A real distribution on this machine. `bin`: folder with its commands; `env`: what they need in addition. */
export type Installation = {
  readonly software: Software
  readonly version: string
  readonly from: string
  readonly bin: string
  readonly env: Dict<string>
}
export type InstallProgress = {
  readonly part: string
  readonly doneBytes: number
  readonly totalBytes: number | null
  readonly note?: string
}
export type RuntimeReport = {
  readonly software: Software | 'java'
  readonly version: string
  /** 'available': pinned, and installed when a spec asks for it; 'missing': what a spec gets by default. */
  readonly state: 'installed' | 'on-path' | 'available' | 'missing' | 'broken'
  readonly from?: string
  readonly bytes?: number
  readonly problem?: string
  readonly mend?: string
}

export interface Runtimes {
  /**
   * Installs when needed; safe for several processes at once; resumable. Throws MQOPS_RUNTIME_* with a hint.
   * `repair`: reads every installed byte first, and installs afresh what is damaged.
   */
  ensure(
    want: { software: Software; version: string; allowPath: boolean },
    o: { signal: AbortSignal; progress(p: InstallProgress): void; repair?: boolean },
  ): Promise<Installation>
  /** The installation if it is there already: no network, no work. */
  installed(want: { software: Software; version: string; allowPath: boolean }): Promise<Installation | null>
  /** Pinned versions, newest first; '4.3' means the newest 4.3.x. */
  versions(software: Software): readonly string[]
  /** `whole`: reads every installed byte too, which takes a second. */
  report(o?: { whole: boolean }): Promise<readonly RuntimeReport[]>
}
