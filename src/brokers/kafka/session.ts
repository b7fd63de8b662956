import type { Connection } from '@platformatic/kafka'
import type { MqopsError } from '../../model/failure.ts'
import type { Access } from '../../model/member.ts'
import type { Serially } from '../shared/serially.ts'
import type { Context } from '../../ports/context.ts'
import type { Session } from '../../ports/session.ts'
import type { Node } from './access.ts'
import type { KafkaFields } from './fields.ts'
import type { Moves } from './move-record.ts'
import type { Call, Credentials, Login, Wire } from './client.ts'

/** What the kinds and checks of Kafka see of a cluster, beyond the port. */
export interface KafkaSession extends Session {
  readonly cluster: string
  /** Members, with endpoints. On `external` those that the cluster told when it was last asked. */
  readonly nodes: readonly Node[]
  readonly built: boolean
  /** Topics whose replicas mqops moves, remembered on the cluster itself. */
  readonly moves: Moves
  /** Bytes a second and broker that replicas are copied with. */
  readonly moveRate: number
  /** What the spec says of the brokers' settings. */
  readonly asked: Pick<KafkaFields, 'config' | 'brokers'>
  readonly access: Access
  /** TLS as a client without certificate of its own. */
  readonly clientTls: Credentials['tls']
  /** Asks any broker. */
  call<R>(call: Call<R>, ctx: Context): Promise<R>
  /** Asks about each part, side by side over a few connections to any brokers; answers in order. */
  spread<T, R>(parts: readonly T[], ask: (connection: Connection, part: T) => Promise<R>, ctx: Context): Promise<R[]>
  /** Asks this broker; throws MQOPS_UNREACHABLE when it is not known. */
  at<R>(node: number, call: Call<R>, ctx: Context): Promise<R>
  /** Asks each member at its administrative port, with short limits. Errors stand beside answers: nobody is left out. */
  probe<R>(call: Call<R>, ctx: Context): Promise<ReadonlyMap<number, R | MqopsError>>
  /** Asks every broker; those that don't answer are left out. Throws when none does. */
  everyBroker<R>(
    call: (connection: Parameters<Call<R>>[0], node: number) => Promise<R>,
    ctx: Context,
  ): Promise<ReadonlyMap<number, R>>
  /** Asks any broker, with short limits: for reading. */
  ask<R>(call: Call<R>, ctx: Context): Promise<R>
  /** Asks the active controller, through any broker: what waits for it holds up nothing else. */
  askController<R>(call: Call<R>, ctx: Context): Promise<R>
  /** Asks the active controller at its own port: for what brokers don't pass on. Built clusters only. */
  atController<R>(call: Call<R>, ctx: Context): Promise<R>
  /** Asks this broker, with short limits: for reading. */
  askAt<R>(node: number, call: Call<R>, ctx: Context): Promise<R>
  /** Changes of numbers of threads. */
  readonly serially: Serially
  /** A login at the client listener; null when nobody there can be asked. */
  login(login: Login, ctx: Context): Promise<boolean | null>
  /** Where clients connect, as the cluster's administrator logs in there: the way that canaries go. */
  clientWire(ctx: Context): Promise<{ readonly wire: Wire; readonly endpoint: (node: number) => string }>
}
