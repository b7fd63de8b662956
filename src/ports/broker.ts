import type { Dict, Json, JsonObject } from '../model/json.ts'
import type { Access, AllocatedMember, Allocation, Layout, NodeSpec } from '../model/member.ts'
import type { ClusterSpec, Problem } from '../model/spec.ts'
import type { Context } from './context.ts'
import type { Groups } from './groups.ts'
import type { ForeignFormat } from './foreign.ts'
import type { AnyKind } from './kind.ts'
import type { Exec, MemberHealth, Session } from './session.ts'

/** A zod schema; ports import nothing, so it is known here only as something that can be given to `spec`. */
export type FieldSchema = { readonly '~standard': unknown }

/** What it takes to change a field of a cluster that runs: nothing clients notice, growing only, on but not off again, a rolling restart, a delete and a create, or another cluster. */
export const MUTABILITIES = ['live', 'grows', 'one-way', 'restart', 'replace', 'fixed'] as const
export type Mutability = (typeof MUTABILITIES)[number]

/** One of the broker's own names; a text alone is the type. */
export type KeyNotes = {
  readonly type: string
  readonly default?: string
  readonly about?: string
  readonly link?: string
}

/**
 * What a field may say in `.meta({ … })` besides `description` and `examples` (as people would write them): the reference
 * and `mqops explain` are made of it. `mutability` ('live' unless said) and `link` hold for the fields inside, too.
 */
export type FieldNotes = {
  readonly mutability?: Mutability
  /** The broker's own documentation. */
  readonly link?: string
  /** How its text is read. */
  readonly unit?: 'duration' | 'size' | 'secret'
  /** Of a map whose names are the broker's: the names that it takes, and what each may be. */
  readonly keys?: Dict<string | KeyNotes>
  /** It is about the cluster as a whole, so a team's document can't have it. */
  readonly ofCluster?: boolean
  /** Of a map or list inside a resource: it holds resources of their own, which other documents may add to. */
  readonly parts?: boolean
}

/** A resource as it was seen in a cluster; for import. */
export type SeenResource = { readonly kind: string; readonly key: readonly string[]; readonly value: Json }

export type SeenFields = {
  /** Of `spec:`, normalised as `check` has them; resources of all kinds, and settings that are kept in the cluster. */
  readonly fields: JsonObject
  /** What a spec of this version can't say, and why. */
  readonly left: readonly { readonly kind: string; readonly key: readonly string[]; readonly why: string }[]
}

export interface Broker {
  readonly kind: string // 'Kafka': `kind:` of the document
  readonly software: string // 'kafka': name of the distribution in `runtimes`
  readonly defaultVersion: string // '4.3'
  /** zod fields of `spec:` besides version, target and security, in the order people should read them. */
  readonly fields: Dict<FieldSchema>
  readonly kinds: readonly AnyKind[]
  /**
   * Back to what a spec says, so that its plan finds nothing to change. Pure. `spec`: the cluster as it is known, with its
   * secrets by reference; `generated`: names of secrets that the target made, which a spec leaves out.
   */
  toFields(
    seen: readonly SeenResource[],
    o: { readonly spec: ClusterSpec; readonly generated: ReadonlySet<string> },
  ): SeenFields
  /** Files of other tools that tell what is in such a cluster: for import. The first that recognises a document reads it. */
  readonly formats: readonly ForeignFormat[]
  /** A commented `spec:` body for `mqops init`, indented by two spaces, that validates. */
  readonly starter: string
  /** What a schema can't say: unknown references, replicas > members, reserved names. Pure; all problems at once. */
  check(spec: ClusterSpec): readonly Problem[]
  layout(spec: ClusterSpec): Layout
  /** Pure; the one writer of server.properties, nats.conf, rabbitmq.conf. */
  nodes(spec: ClusterSpec, allocation: Allocation): readonly NodeSpec[]
  access(spec: ClusterSpec, allocation: Allocation): Access
  /**
   * What changed in the spec can't be had by restarting members (TLS on/off, fewer members): refused at plan time.
   * `stopped`: some that were built don't run, so they start with the new files before anybody can look inside.
   */
  refuse(
    before: { readonly allocation: Allocation; readonly files: Dict<Dict<string>>; readonly stopped?: boolean },
    after: { readonly spec: ClusterSpec; readonly layout: Layout },
  ): readonly Problem[]
  /** Files that must be in a fresh data folder before the first start (Kafka's meta.properties), relative to `data`. */
  format(spec: ClusterSpec, allocation: Allocation, member: AllocatedMember): Dict<string>
  /** In what order members restart: unready first, controllers before brokers, the leader last. */
  rollOrder(members: readonly MemberHealth[]): readonly MemberHealth[]
  /** Hashes for holes in files, by `as`: 'bcrypt' … Deterministic for the same salt. */
  readonly hashes: Dict<(secret: string, salt: string) => Promise<string>>
  connect(spec: ClusterSpec, access: Access, exec: Exec | null, ctx: Context): Promise<Session>
  /** Consumer groups with offsets; left out: this broker keeps none. */
  groups?(session: Session): Groups
  /** Once after the members formed: first credentials, feature levels. Idempotent; `done` says whether it is needed. */
  readonly bootstrap?: {
    done(session: Session, allocation: Allocation, ctx: Context): Promise<boolean>
    act(session: Session, allocation: Allocation, ctx: Context): Promise<void>
  }
  /**
   * Just before a running member is stopped for a restart: leaders and clients move to the others in good order.
   * Idempotent; a member that can't be drained is restarted all the same, so this doesn't throw for it.
   */
  drain?(node: NodeSpec, exec: Exec, ctx: Context, session: Session): Promise<void>
  /** Makes a running member take up changed reload-class files (certificates too); resolves when it says it has. */
  reload(
    spec: ClusterSpec,
    node: NodeSpec,
    files: readonly string[],
    session: Session,
    tools: {
      exec: Exec
      signal(slot: Pick<AllocatedMember, 'role' | 'slot'>, signal: 'SIGHUP'): Promise<void>
      /** The last lines of the node's log: some brokers say only there that they refuse. */
      log(lines: number): AsyncIterable<string>
    },
    ctx: Context,
  ): Promise<void>
  /**
   * Would clients notice that a running member takes up this reload-class file: some lose their login, their rights or
   * their connection? Texts as rendered; `secrets`: values behind its references have changed. Pure; left out: never.
   */
  disturbs?(
    file: string,
    change: { readonly before: string; readonly after: string; readonly secrets: boolean },
  ): boolean
  /** What `mqops connect` prints for a client of this broker: file name and text of a properties file, env exports. */
  client(
    spec: ClusterSpec,
    access: Access,
  ): {
    readonly file: string
    readonly render: (secrets: { user: string; password: string; caFile: string | null }) => string
    readonly managementUrl?: string
  }
}
