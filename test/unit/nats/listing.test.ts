import { type NatsConnection, TimeoutError } from '@nats-io/transport-node'
import { describe, expect, test } from 'vitest'
import { nats } from '../../../src/brokers/nats/index.ts'
import type { NatsSession } from '../../../src/brokers/nats/session.ts'
import { printLocal } from '../../../src/model/address.ts'
import type { Json } from '../../../src/model/json.ts'
import type { Observed } from '../../../src/model/plan.ts'
import { type KindSeen, planResources } from '../../../src/operations/deploy/resources.ts'
import type { Context } from '../../../src/ports/context.ts'
import { specOf } from './support.ts'

const kindNamed = (name: string) => {
  const found = nats.kinds.find((kind) => kind.name === name)
  if (!found) throw new Error(`no kind ${name}`)
  return found
}

const PAGE = 4
type Streams = Record<string, readonly string[]>

/** A server with these streams and consumers; of what is mute it knows the name, and no leader answers. */
function server(streams: Streams, mute: readonly string[] = []) {
  let now = 0
  const asked: string[] = []
  const stream = (name: string) => ({
    config: { name, subjects: [`${name}.>`] },
    created: `stream ${name}`,
    state: { messages: 7, bytes: 70, last_seq: 7, consumer_count: streams[name]?.length ?? 0 },
  })
  const consumer = (of: string, name: string) => ({
    name,
    stream_name: of,
    created: `${of} ${name}`,
    config: { durable_name: name, ack_policy: 'explicit' },
    delivered: { stream_seq: 0 },
    num_pending: 0,
    num_ack_pending: 0,
  })
  const refusal = (err_code: number) => ({ error: { code: 404, err_code, description: 'not found' } })
  const page = (of: string, names: readonly string[], offset: number, info: (name: string) => object) => {
    const part = names.slice(offset, offset + PAGE)
    const missing = part.filter((name) => mute.includes(name))
    return {
      ...{ total: names.length, limit: PAGE, offset, missing },
      [of]: part.filter((name) => !mute.includes(name)).map(info),
    }
  }
  const answer = (api: string, offset: number): object | null => {
    const [what, verb, of = '', name = ''] = api.split('.')
    if (mute.includes(api) || mute.includes(name || of)) return null
    const there = streams[of]
    if (what === 'STREAM')
      return verb === 'LIST'
        ? page('streams', Object.keys(streams), offset, stream)
        : there
          ? stream(of)
          : refusal(10059)
    if (!there) return refusal(10059)
    if (verb === 'LIST') return page('consumers', there, offset, (one) => consumer(of, one))
    return there.includes(name) ? consumer(of, name) : refusal(10014)
  }
  const link = {
    isClosed: () => false,
    getServer: () => 'member:1',
    request: async (subject: string, payload: string, { timeout }: { timeout: number }) => {
      const api = subject.slice('$JS.API.'.length)
      asked.push(api)
      const reply = answer(api, payload === '' ? 0 : ((JSON.parse(payload) as { offset?: number }).offset ?? 0))
      if (reply) return { json: () => reply }
      now += timeout
      throw new TimeoutError()
    },
  } as unknown as NatsConnection
  const session = {
    accounts: async () => ['A'],
    retentionOf: () => 'limits',
    links: { access: { endpoints: {} }, account: async () => link, moveOn: async () => undefined },
  } as unknown as NatsSession
  const ctx = {
    signal: new AbortController().signal,
    now: () => now,
    sleep: async (ms: number) => {
      now += ms
    },
  } as unknown as Context
  const read = async (kind: string, keys: readonly (readonly string[])[]) => {
    const listed = await kindNamed(kind).list(session, keys, ctx)
    return listed.map(([key, have]) => `${key.slice(1).join('.')} ${have.is === 'present' ? have.uid : have.is}`)
  }
  return { asked, read }
}

describe('consumers asked for by name', () => {
  test('several of one stream cost one list, answered in the order of asking', async () => {
    const { asked, read } = server({ S: ['c0', 'c1', 'c2', 'c3', 'c4'], T: ['d'] })
    const keys = [
      ['A', 'S', 'c4'],
      ['A', 'T', 'd'],
      ['A', 'S', 'none'],
      ['A', 'S', 'c0'],
      ['B', 'S', 'c0'],
    ] // prettier-ignore
    expect(await read('consumer', keys)).toEqual([
      'S.c4 S c4',
      'T.d T d',
      'S.none absent',
      'S.c0 S c0',
      'S.c0 absent', // the account has no JetStream yet
    ])
    expect(asked.toSorted()).toEqual(['CONSUMER.INFO.T.d', 'CONSUMER.LIST.S', 'CONSUMER.LIST.S'])
  })

  test('of a stream that is not there all are absent', async () => {
    const { read } = server({})
    expect(
      await read(
        'consumer',
        ['a', 'b', 'c'].map((name) => ['A', 'S', name]),
      ),
    ).toEqual([...['S.a absent', 'S.b absent', 'S.c absent']])
  })

  test('without a leader, or without an answer, they are unknown and never absent', async () => {
    const keys = ['c0', 'c1', 'c2'].map((name) => ['A', 'S', name])
    const one = server({ S: ['c0', 'c1', 'c2'] }, ['c1'])
    expect(await one.read('consumer', keys)).toEqual(['S.c0 S c0', 'S.c1 unknown', 'S.c2 S c2'])
    const none = server({ S: ['c0', 'c1', 'c2'] }, ['CONSUMER.LIST.S'])
    expect(await none.read('consumer', keys)).toEqual(['S.c0 unknown', 'S.c1 unknown', 'S.c2 unknown'])
  })
})

describe('streams asked for by name', () => {
  const names = Array.from({ length: 65 }, (_, i) => `S${i}`)
  const all = Object.fromEntries(names.map((name) => [name, []]))
  const keys = names.map((name) => ['A', name])

  test('many cost the pages of one list, few a request each', async () => {
    const { asked, read } = server(all)
    const found = await read('stream', [...keys, ['A', 'none'], ['B', 'S0']])
    expect(found.slice(0, 65)).toEqual(names.map((name) => `${name} stream ${name}`))
    expect(found.slice(65)).toEqual(['none absent', 'S0 absent'])
    expect(asked).toEqual(Array.from({ length: Math.ceil(65 / PAGE) }, () => 'STREAM.LIST'))
    expect(await server(all).read('stream', keys.slice(0, 2))).toEqual(['S0 stream S0', 'S1 stream S1'])
  })

  test('without a leader, or without an answer, they are unknown and never absent', async () => {
    const one = await server(all, ['S7']).read('stream', keys)
    expect(one.filter((text) => text.endsWith('unknown'))).toEqual(['S7 unknown'])
    expect(one.some((text) => text.endsWith('absent'))).toBe(false)
    const none = await server(all, ['STREAM.LIST']).read('stream', keys)
    expect(new Set(none.map((text) => text.split(' ')[1]))).toEqual(new Set(['unknown']))
  })
})

test('a stream that goes waits for its own consumers, and for no others', () => {
  const present = (value: Json): Observed<Json> => ({ is: 'present', value, owner: { by: 'nobody' } })
  const config = (kind: string) =>
    kindNamed(kind).desired(
      specOf({ accounts: { A: { streams: { S: { subjects: ['s'], consumers: { c: {} } } } } } }),
    )[0]?.value as Json // prettier-ignore
  const names = Array.from({ length: 50 }, (_, i) => `S${i}`)
  const have: Record<string, readonly (readonly [readonly string[], Observed<Json>])[]> = {
    stream: names.map((name) => [['A', name], present({ config: config('stream'), messages: 0, bytes: 0 })]),
    consumer: names.flatMap(
      (name) =>
        ['a', 'b'].map(
          (of) =>
            [
              ['A', name, of],
              present({ config: config('consumer'), retention: 'limits', pending: 0, delivered: 0, paused: false }),
            ] as const,
        ), // prettier-ignore
    ),
  }
  const seen = nats.kinds.map((kind): KindSeen => ({ kind, observed: have[kind.name] ?? [], secrets: new Map() }))
  const owned = new Map(
    Object.entries(have).flatMap(([kind, rows]) => rows.map(([key]) => [printLocal({ kind, key }), {}])),
  )
  const { steps } = planResources(specOf({ accounts: { A: { streams: {} } } }), seen, owned, new Set(), [])
  const name = new Map(steps.map((step) => [step.id, printLocal(step.address)]))
  const needs = new Map(steps.map((step) => [printLocal(step.address), step.needs.map((id) => name.get(id))]))
  expect(needs.get('stream/A/S7')).toEqual(['consumer/A/S7/a', 'consumer/A/S7/b'])
  expect(needs.get('consumer/A/S7/a')).toEqual([])
})
