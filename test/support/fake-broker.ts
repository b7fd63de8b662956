import { type Json, same } from '../../src/model/json.ts'
import type { Layout, NodeSpec } from '../../src/model/member.ts'
import type { Observed, Outcome } from '../../src/model/plan.ts'
import type { Broker } from '../../src/ports/broker.ts'
import type { AnyKind, Change, Kind } from '../../src/ports/kind.ts'
import { fakeGroups } from './fake-groups.ts'
import type { FakeSession } from './fake-session.ts'

const local = (kind: string, key: readonly string[]) => JSON.stringify([kind, ...key])

/** A part of a value that can't be changed. */
const fixedOf = (value: Json): Json | undefined => (value as { readonly fixed?: Json } | null)?.fixed

const creation = (want: Json): Change => ({
  verb: 'create',
  want,
  reads: null,
  reason: 'it is missing',
  risk: 'safe',
  reversible: true,
  changes: [],
})
const update = (want: Json, have: Json): Change => ({
  verb: 'update',
  want,
  reads: have,
  reason: 'it differs',
  risk: 'safe',
  reversible: true,
  changes: [{ field: 'value', from: have, to: want }],
})
const removal = (have: Json): Change => ({
  verb: 'delete',
  want: null,
  reads: have,
  reason: 'not in the spec any more',
  risk: 'destructive',
  reversible: false,
  changes: [],
})

function thingKind(name: string, after: readonly string[]): AnyKind {
  const kind: Kind<FakeSession, Json, Json> = {
    name,
    action: `fake.${name}`,
    via: 'api',
    maxBatch: 3,
    after,
    desired: (spec) =>
      Object.entries((spec.fields[`${name}s`] ?? {}) as Record<string, Json>).map(([key, value]) => ({
        key: [key],
        value,
        path: [`${name}s`, key],
      })),
    list: async (session, scope) => {
      await session.call('list', scope === 'all' ? [name] : scope.map((key) => `${name}/${key.join('/')}`))
      const all = [...session.cluster.things.values()].filter((thing) => thing.kind === name)
      const seen = (thing: (typeof all)[number]): Observed<Json> => ({
        is: 'present',
        value: thing.value,
        uid: thing.uid,
        owner: { by: 'nobody' },
      })
      const hidden = session.cluster.hidden
      if (scope === 'all')
        return all
          .filter((thing) => !hidden.has(local(name, thing.key)))
          .map((thing) => [thing.key, seen(thing)] as const)
      return scope.map((key) => {
        if (hidden.has(local(name, key))) return [key, { is: 'unknown', why: 'this user may not see it' }]
        const thing = session.cluster.things.get(local(name, key))
        return [key, thing ? seen(thing) : { is: 'absent' }] as const
      })
    },
    diff: (want, have) => {
      if (want === undefined) return have.is === 'present' ? [removal(have.value)] : []
      if (have.is !== 'present') return [creation(want)]
      if (same(want, have.value)) return []
      if (same(fixedOf(want), fixedOf(have.value))) return [update(want, have.value)]
      return [
        { ...removal(have.value), reason: 'fixed can not be changed: it is replaced' },
        { ...creation(want), reason: 'made again as the spec says' },
      ]
    },
    act: async (verb, items, session) => {
      const outcomes: Outcome[] = []
      for (const item of items) {
        await session.call(`${verb} ${item.key.join('/')}`, [`${name}/${item.key.join('/')}`]) // a fault here leaves the batch half done
        outcomes.push(session.cluster.act(name, verb, item))
      }
      return outcomes
    },
    loses: async (session, keys) => {
      await session.call('measure')
      return keys.map((key) => ({ messages: session.cluster.messages.get(local(name, key)) ?? 1 }))
    },
    toSpec: (have) => have,
  }
  return kind
}

export const fakeBroker: Broker = {
  kind: 'Fake',
  software: 'fake',
  defaultVersion: '1.0',
  fields: {},
  kinds: [thingKind('group', []), thingKind('thing', ['group'])],
  toFields: (seen) => {
    const fields: Record<string, Record<string, Json>> = {}
    for (const { kind, key, value } of seen) (fields[`${kind}s`] ??= {})[key[0] as string] = value
    return { fields, left: [] }
  },
  formats: [],
  starter: '',
  check: () => [],
  layout: (spec): Layout => ({
    members: Array.from({ length: Number(spec.fields['members']) }, (_, i) => ({
      role: 'server',
      slot: i + 1,
      ports: ['client'],
    })),
    secrets: ['admin'],
    certificates: [],
  }),
  nodes: (spec, allocation): readonly NodeSpec[] =>
    allocation.members.map((member) => ({
      member,
      name: `fake-${member.slot}`,
      software: { name: 'fake', version: spec.version },
      argv: ['fake-server'],
      env: {},
      files: {
        'static.conf': { text: [`static=${JSON.stringify(spec.fields['static'])}`], apply: 'restart' },
        'dynamic.conf': { text: [`dynamic=${JSON.stringify(spec.fields['dynamic'])}`], apply: 'reload' },
      },
      ports: member.ports,
      ready: { port: 'client' },
      logs: [],
      stopSignal: 'SIGTERM',
      stopGraceMs: 1000,
      size: { memoryBytes: 1, diskBytes: 1 },
    })),
  access: () => ({ tls: false, endpoints: { client: ['nowhere:1'] } }),
  refuse: () => [],
  format: () => ({}),
  rollOrder: (members) =>
    [...members].sort((a, b) => Number(a.up) - Number(b.up) || Number(a.leader) - Number(b.leader) || a.slot - b.slot),
  hashes: {},
  connect: async () => {
    throw new Error('the simulated world opens sessions itself')
  },
  groups: (session) => fakeGroups(session as FakeSession),
  reload: async () => {},
  // Like a user that is taken away: 0 cuts clients off.
  disturbs: (_file, { after }) => after === 'dynamic=0',
  client: () => ({ file: 'client.properties', render: () => '' }),
}
