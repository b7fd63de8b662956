import { homedir, hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Dict } from '../model/json.ts'
import type { Broker } from '../ports/broker.ts'
import type { CertificateAuthority } from '../ports/pki.ts'
import type { Processes } from '../ports/process.ts'
import type { Runtimes } from '../ports/runtimes.ts'
import type { TargetFactory } from '../ports/target.ts'
import { externalTarget } from './external/index.ts'
import { createLocalTarget } from './local/index.ts'

/** What targets are built of; each takes what it needs. */
export type TargetParts = {
  readonly cwd?: string
  readonly env: Dict<string | undefined>
  readonly runtimes: Runtimes
  readonly processes: Processes
  readonly authority: CertificateAuthority
  /** Hashes for holes in files, by the broker's kind ('Kafka'). */
  readonly hashesOf: (broker: string) => Broker['hashes']
}

/** All targets, in the order people should read them. */
export const createTargets = (parts: TargetParts): readonly TargetFactory[] => [
  createLocalTarget({ ...parts, ...machine(parts.env) }),
  externalTarget,
]

/** This machine and this user. */
const machine = (env: Dict<string | undefined>) => ({
  cache: env['MQOPS_CACHE'] || join(env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache'), 'mqops'),
  hostname: hostname(),
  path: env['PATH'] || '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
  delay: (ms: number) => delay(ms),
})
