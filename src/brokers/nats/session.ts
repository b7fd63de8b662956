import type { ClusterSpec } from '../../model/spec.ts'
import type { Context } from '../../ports/context.ts'
import type { Session } from '../../ports/session.ts'
import type { Bucket } from './bucket.ts'
import type { Serially } from '../shared/serially.ts'
import type { Links } from './client.ts'
import type { Monitor } from './monitor.ts'
import type { listStreams } from './streams.ts'

/** What the kinds and checks of NATS see of a cluster, beyond the port. Connections to accounts open at first use. */
export interface NatsSession extends Session {
  readonly spec: ClusterSpec
  readonly links: Links
  readonly monitor: Monitor
  readonly bucket: Bucket
  /** How many servers there should be. */
  readonly expected: number
  /** Accounts of the spec whose JetStream can be asked now: an account that no member has taken up yet holds nothing. */
  accounts(ctx: Context): Promise<readonly string[]>
  /** Streams of accounts that the spec does not have (any more), or has without JetStream: they would go with them. */
  stranded(ctx: Context): Promise<readonly { readonly account: string; readonly name: string }[]>
  /** Streams of an account, in one list for all kinds that ask at the same time. */
  streams(account: string, ctx: Context): ReturnType<typeof listStreams>
  retentionOf(account: string, stream: string): string
  /** Changes of peer sets. */
  readonly serially: Serially
}
