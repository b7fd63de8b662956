import { type Json, type JsonObject, same } from '../../../model/json.ts'
import type { ForeignItem, ForeignPlace } from '../../../ports/foreign.ts'
import { type Notes, part, type Reading } from '../../shared/foreign.ts'
import type { StreamFields } from '../fields-stream.ts'
import { bucketOf, consumerOf, streamOf, wholeOf } from '../import.ts'
import { nanoseconds } from '../kinds/config.ts'
import { CONSUMER_FIELDS, normalConsumer } from '../kinds/consumer-config.ts'
import { normalStream, STREAM_FIELDS, type StreamValue, wantedStream } from '../kinds/stream-config.ts'
import { isOwnStream, kindOfStream } from '../names.ts'
import { asWritten } from './written.ts'

/** The account of streams whose files name none. */
export const UNNAMED = 'MAIN'

/** Beside the fields of streams: what only the server, or its past, has. */
const NO_SETTINGS = ['name', 'mirror_direct', 'template_owner']

/** A spec's own defaults, for which a cluster needs no more (see `fields`). */
const MEMBERS = 3
const ROOM = { file: 1024 ** 3, memory: 256 * 1024 ** 2 }

type Stream = {
  readonly item: ForeignItem
  readonly parts: ForeignItem[]
  readonly fields: StreamFields | null
  readonly config: StreamValue
  /** How many consumers the file says that it has, and those that the files tell of. */
  readonly count: number
  readonly consumers: Map<string, JsonObject | null>
}
type Waiting = {
  readonly account: string
  readonly stream: string
  readonly config: Reading
  readonly info: Reading | null
}

/** What streams and consumers come to, by account. */
export class Accounts {
  readonly notes: Notes
  readonly #accounts = new Map<
    string,
    { readonly at: ForeignPlace; readonly streams: Map<string, Stream>; readonly again: ForeignItem[] }
  >()
  readonly #consumers: Waiting[] = []
  /** Where the first thing stands whose account is not told. */
  #unnamed: ForeignPlace | null = null

  constructor(notes: Notes) {
    this.notes = notes
  }

  /** `account` null: the file does not say. `info`: what the server says about it, where there is that. */
  stream(account: string | null, one: Reading, info: Reading | null): void {
    const name = one.text('name') ?? ''
    if (account === null) this.#unnamed ??= one.at
    if (isOwnStream(name)) return
    const [kind, short] = kindOfStream(name)
    one.what = `${{ stream: 'stream', kv: 'bucket', objects: 'object store' }[kind]} ${short}`
    const raw: Record<string, Json> = {}
    for (const field of STREAM_FIELDS) {
      const value = one.any(field)
      if (value !== undefined) raw[field] = value
    }
    one.ignore(...NO_SETTINGS)
    one.end()
    const fields = { members: MEMBERS }
    const config = withDefaults({ ...raw, num_replicas: raw['num_replicas'] || 1 }, fields)
    const replicas = { replicas: config.num_replicas }
    const stream = kind === 'stream' ? streamOf(config, fields) : null
    const value = kind === 'stream' ? stream : (bucketOf(kind, short, config, fields) ?? '')
    if (value === null || typeof value === 'string') {
      const odd = Object.keys(config).filter((key) => !same(config[key], wantedStream(wholeOf(config), fields)[key]))
      one.note(
        kind === 'stream'
          ? `left out: a spec can not say its ${odd.join(', ')} as it is`
          : 'left out: no client library lays out such a thing so',
        kind === 'stream' ? undefined : 'Take its prefix off and make a stream of it.',
        ...(odd[0] === undefined || !one.has(odd[0]) ? [] : [odd[0]]),
      )
      return
    }
    const parts: ForeignItem[] = []
    const path = [{ stream: 'streams', kv: 'kv', objects: 'objects' }[kind], short]
    const item = {
      ...part(one.what, path, asWritten({ ...value, ...replicas }), one.at),
      parts,
    }
    const of = this.#account(account ?? UNNAMED, one.at)
    const before = of.streams.get(name)
    const count = info?.map('state').number('consumer_count') ?? 0
    const told = { config, fields: typeof stream === 'object' ? stream : null, count }
    if (!before) of.streams.set(name, { item, parts, ...told, consumers: new Map() })
    // Each server that has a replica tells of it.
    else if (!same(before.config, config)) of.again.push({ ...item, parts: [] })
  }

  /** `info`: what the server says about it, where there is that. */
  consumer(account: string | null, stream: string, config: Reading, info: Reading | null): void {
    this.#consumers.push({ account: account ?? UNNAMED, stream, config, info })
  }

  items(): readonly ForeignItem[] {
    for (const one of this.#consumers.splice(0)) this.#place(one)
    this.#noteMissing()
    return [...this.#accounts].map(([name, { at, streams, again }]) => {
      if (name === UNNAMED && this.#unnamed)
        this.notes.add(
          this.#unnamed,
          `account ${name}`,
          'the files do not say which account the streams are in',
          'Rename it in the spec, and give it users.',
        )
      const parts = [...[...streams.values()].map(({ item }) => item), ...again]
      return { ...part(`account ${name}`, ['accounts', name], {}, at), parts }
    })
  }

  /** What the cluster must have for them, where that is more than a spec's default. */
  needs(): { readonly members: number | null; readonly storage: number | null; readonly memory: number | null } {
    const all = [...this.#accounts.values()].flatMap(({ streams }) => [...streams.values()].map(({ config }) => config))
    const members = Math.max(MEMBERS, ...all.map((config) => (config.num_replicas > MEMBERS ? 5 : 1)))
    const room = (kind: 'file' | 'memory'): number | null => {
      const reserved = all
        .filter(({ storage }) => storage === kind)
        .reduce((sum, config) => sum + Math.max(0, config.max_bytes) * config.num_replicas, 0)
      const each = Math.ceil(reserved / members / 1024 ** 2) * 1024 ** 2
      return each > ROOM[kind] ? each : null
    }
    return { members: members > MEMBERS ? members : null, storage: room('file'), memory: room('memory') }
  }

  #place({ account, stream, config, info }: Waiting): void {
    const of = this.#accounts.get(account)?.streams.get(stream)
    const durable = config.text('durable_name')
    const name = durable || config.text('name') || (info?.text('name') ?? '')
    config.what = `consumer ${name} of ${stream}`
    const before = of?.consumers.get(name)
    if (!before) of?.consumers.set(name, null)
    if (config.flag('direct') === true || config.flag('sourcing') === true) return // of mirrors and sources: the server's own
    if (isOwnStream(stream)) return
    if (info && !info.has('config'))
      return config.note('left out: its configuration is not in the answer', 'Ask /jsz with config=true, too.')
    if (!durable) return config.note('left out: it is ephemeral, and goes with its client')
    if (!of)
      return config.note(
        'left out: its stream is not in these files',
        `Add the output of nats stream info ${stream} --json.`,
      )
    if (!of.fields) return config.note('left out: in a spec only streams have consumers, not buckets')
    const raw: Record<string, Json> = {}
    for (const field of CONSUMER_FIELDS) {
      const value = config.any(field)
      if (value !== undefined) raw[field] = value
    }
    config.ignore('stream_name')
    config.end()
    // A pause that is over is none.
    if (info && info.flag('paused') !== true) delete raw['pause_until']
    const value = consumerOf(normalConsumer(withOwnDefaults(raw, of.fields)), of.fields, {})
    if (typeof value === 'string') return config.note(`left out: ${value}`)
    of.consumers.set(name, value)
    if (!before || !same(before, value))
      of.parts.push(part(config.what, ['consumers', name], asWritten(value), config.at))
  }

  /** A stream's backup and information tell how many consumers it has, not which. */
  #noteMissing(): void {
    for (const { streams } of this.#accounts.values())
      for (const [name, { item, fields, count, consumers }] of streams)
        if (fields !== null && count > consumers.size)
          this.notes.add(
            item.at,
            item.what,
            `it has ${count} consumer${count === 1 ? '' : 's'}, of which these files tell ${consumers.size}`,
            `Add the output of nats consumer info ${name} NAME --json for each, or ask /jsz with consumers=true.`,
          )
  }

  #account(name: string, at: ForeignPlace) {
    const found = this.#accounts.get(name) ?? { at, streams: new Map<string, Stream>(), again: [] }
    this.#accounts.set(name, found)
    return found
  }
}

type Raw = Readonly<Record<string, Json>>

/** A configuration that people wrote leaves out what the server fills in. */
function withDefaults(raw: Raw, fields: { readonly members: number }): StreamValue {
  const config = normalStream(raw)
  const { duplicateWindow: _, ...rest } = wholeOf(config)
  return raw['duplicate_window'] === undefined
    ? { ...config, duplicate_window: wantedStream(rest, fields).duplicate_window }
    : config
}

/** The same of a consumer (nats-server `setConsumerConfigDefaults`). */
function withOwnDefaults(raw: Raw, { consumerLimits }: StreamFields): Raw {
  const acks = raw['ack_policy'] !== 'none'
  const [pause] = (raw['backoff'] ?? []) as readonly number[]
  return {
    ack_wait: acks ? (pause ?? nanoseconds(ACK_WAIT_MS)) : 0,
    max_waiting: raw['deliver_subject'] ? 0 : 512,
    max_ack_pending: consumerLimits?.maxAckPending ?? (acks ? 1000 : 0),
    inactive_threshold: nanoseconds(consumerLimits?.inactiveThreshold ?? 0),
    ...raw,
  }
}

const ACK_WAIT_MS = 30_000
