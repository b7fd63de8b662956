import type { Dict, Json } from '../model/json.ts'

/**
 * A process that can't be mistaken for another one: a pid alone is reused, a pid with the kernel's start time isn't, and
 * after a reboot nothing of before runs. `token` is unique to one start and stands in the environment of all it begot.
 */
export type ProcessIdentity = {
  readonly pid: number
  readonly start: string
  readonly boot: string
  readonly token: string
}

/**
 * 'foreign': the pid belongs to somebody else now. 'rebooted': the machine was started anew since. 'copied': it runs, but
 * belongs to the folder that this slot is a copy of.
 */
export type Standing = 'running' | 'ended' | 'foreign' | 'rebooted' | 'copied'

/** One start of a program, as its slot folder remembers it. `startedAt` in ms since the epoch. */
export type Started = {
  readonly identity: ProcessIdentity
  readonly standing: Standing
  readonly startedAt: number
  readonly folder: string
  readonly note: Json
}

export type StartOptions = {
  readonly argv: readonly string[]
  readonly cwd: string
  readonly env: Dict<string> // exactly this, and MQOPS_PROCESS
  readonly log: string // file that stdout and stderr are appended to
  readonly slot: string // folder that belongs to this one program; see Processes.start
  readonly note: Json // kept with the identity: written before the program runs
}

export type RunResult = { readonly code: number; readonly stdout: string; readonly stderr: string }
export type RunOptions = {
  readonly cwd: string
  readonly env: Dict<string>
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** Processes that outlive us, and commands that don't. */
export interface Processes {
  /** Who we are: for locks and leases. */
  self(): Promise<ProcessIdentity>
  standing(identity: ProcessIdentity): Promise<Standing>
  /**
   * Starts a program in a session of its own; resolves when its identity is on disk, which is before the program itself
   * runs. kill -9 of us at any moment leaves either a program that `settle` finds, or none. One caller at a time for a slot.
   */
  start(options: StartOptions): Promise<Started>
  /** The newest start of this slot, or null. Reads only. */
  latest(slot: string): Promise<Started | null>
  /** As `latest`, after withdrawing starts that have not come about: they never will. One caller at a time for a slot. */
  settle(slot: string): Promise<Started | null>
  /** Replaces the note of a start: atomic and durable. One caller at a time for a slot. */
  annotate(started: Started, note: Json): Promise<void>
  /** Sends to the process (SIGKILL: to all it begot as well) if it is still that one; false: nobody to send to. */
  signal(identity: ProcessIdentity, signal: NodeJS.Signals): Promise<boolean>
  /** True as soon as it and what it begot have ended; false after `timeoutMs`. */
  ended(identity: ProcessIdentity, timeoutMs: number, sleep: (ms: number) => Promise<void>): Promise<boolean>
  /** Runs a command to its end. Throws MQOPS_TIMEOUT, MQOPS_RUNTIME_COMMAND (not found), or the signal's reason. */
  run(argv: readonly string[], options: RunOptions): Promise<RunResult>
  /** Does anybody listen on this local TCP port? Asks the kernel, not the port; null where that can't be told. */
  listening(port: number): Promise<boolean | null>
  /** Who holds this TCP port on this machine, as far as we may see; null when nobody is known. */
  holder(port: number): Promise<{ readonly pid: number; readonly command: string } | null>
}
