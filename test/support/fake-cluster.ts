import { MqopsError } from '../../src/model/failure.ts'
import { type Json, same } from '../../src/model/json.ts'
import type { Allocation, FileApply } from '../../src/model/member.ts'
import { failed, type Outcome, yes } from '../../src/model/plan.ts'
import type { ClusterSpec } from '../../src/model/spec.ts'
import type { KindItem } from '../../src/ports/kind.ts'
import type { OwnerRecord } from '../../src/ports/session.ts'
import type { FakeGroup, FakeLog } from './fake-groups.ts'

/** A file as it was written: its text, and the values that were put into its holes, by reference. */
export type FakeFile = {
  readonly text: string
  readonly apply: FileApply
  readonly secrets: Readonly<Record<string, string>>
}

/** One member's disk and process. */
export type FakeDisk = {
  files: Record<string, FakeFile>
  running: { startedAt: number; files: Record<string, FakeFile> } | null
  /** Somebody asked it to end. */
  stopped: boolean
  /** What its data folder holds. */
  data: Record<string, string>
  /** Of what it was last started with; '' before that. */
  version: string
  log: string[]
}

export type FakeThing = { kind: string; key: string[]; value: Json; uid: string }

const refused = (code: string, summary: string): Outcome => failed({ code, summary, retryable: false })

/** The truth of one simulated cluster: what is on its disks and inside it. Survives "crashes" of the operator. */
export class FakeCluster {
  allocation: Allocation | null = null
  prepared = false
  readonly disks = new Map<number, FakeDisk>()
  readonly secrets = new Map<string, string>()
  readonly things = new Map<string, FakeThing>()
  /** What each thing holds, by its key in `things`; one when nothing is said. */
  readonly messages = new Map<string, number>()
  /** Keys in `things` that the operator may not see. */
  readonly hidden = new Set<string>()
  /** What can't be used while any member is down. */
  outage: readonly string[] = []
  /** Consumer groups by name, and topics: a log for each partition. */
  readonly groups = new Map<string, FakeGroup>()
  readonly logs = new Map<string, readonly FakeLog[]>()
  readonly owners = new Map<string, OwnerRecord>()
  lease: { holder: string; epoch: number; expires: number } | null = null
  epoch = 0
  starts = 0
  creations = 0
  remembered: ClusterSpec | null = null
  digestKey: string | null = null
  /** As somebody else changes it; null takes it away. */
  change(kind: string, key: readonly string[], value: Json): void {
    const at = JSON.stringify([kind, ...key])
    const there = this.things.get(at)
    if (value === null) this.things.delete(at)
    else if (there) there.value = value
    else this.things.set(at, { kind, key: [...key], value, uid: `u${++this.creations}` })
  }
  /**
   * What a create does to what is there already: brokers differ. Kafka says that it exists, which is no failure; NATS and
   * RabbitMQ's queues refuse what is otherwise; RabbitMQ's policies are overwritten.
   */
  existing: 'overwritten' | 'kept' | 'refused' = 'overwritten'
  /** Whether a delete is of one incarnation (Kafka's topics), or of whatever has the name. */
  deletes: 'name' | 'incarnation' = 'name'
  /** What operators did, and what stood there at that instant. */
  readonly acts: {
    readonly at: string
    readonly verb: string
    readonly want: Json
    readonly before: FakeThing | undefined
  }[] = []
  /** As an operator changes it. */
  act(kind: string, verb: string, { key, want, step }: KindItem): Outcome {
    const before = this.things.get(JSON.stringify([kind, ...key]))
    const { uid } = step.args as { readonly uid: string | null }
    const another = verb === 'delete' && this.deletes === 'incarnation' && uid !== null && before?.uid !== uid
    if (another || (verb === 'create' && before && this.existing === 'kept')) return yes
    if (verb === 'create' && before && this.existing === 'refused')
      return same(before.value, want) ? yes : refused('MQOPS_BROKER', 'it exists, with another value')
    if (verb === 'update' && !before) return refused('MQOPS_BROKER', 'it does not exist')
    if (verb !== 'delete' || before)
      this.acts.push({ at: `${kind}/${key.join('/')}`, verb, want, before: before && { ...before } })
    this.change(kind, key, want) // null takes it away
    return yes
  }
  /** Asked before every call that reaches the cluster: may throw (a fault), may take time. */
  disturb: (call: string, about?: readonly string[]) => Promise<void> = async () => {}
}

export const fakeSpec = (name: string, fields: ClusterSpec['fields']): ClusterSpec => ({
  broker: 'Fake',
  name,
  labels: {},
  version: '1.0',
  target: { name: 'fake', options: {} },
  security: { tls: false },
  folder: '/',
  fields,
})

export const fakeFailure = (code: string, summary: string): MqopsError => new MqopsError({ code, summary })
