import { printLocal } from '../../../model/address.ts'
import { same } from '../../../model/json.ts'
import type { FieldChange, Observed, Outcome } from '../../../model/plan.ts'
import type { Context } from '../../../ports/context.ts'
import type { Change, Kind, KindItem } from '../../../ports/kind.ts'
import { apiPath } from '../client.ts'
import { definitions, type VhostDefinition } from '../definitions.ts'
import { fieldsOf } from '../fields.ts'
import { CANARY_VHOST } from '../names.ts'
import { ADMIN } from '../nodes.ts'
import { attempt, inParallel } from '../pool.ts'
import { forgetNotes } from '../rebind.ts'
import type { RabbitmqSession } from '../session.ts'
import { type Counted, measureVhost, refuseGrown } from './messages.ts'
import { fieldChanges } from './shared.ts'

/** `defaultQueueType` null: not managed. */
export type VhostWant = {
  readonly description: string
  readonly tags: readonly string[]
  readonly defaultQueueType: string | null
}
export type VhostHave = {
  readonly description: string
  readonly tags: readonly string[]
  readonly defaultQueueType: string
  readonly messages: number
  readonly bytes?: number
}

const read = ({ metadata }: VhostDefinition, loses: Counted): VhostHave => ({
  description: metadata?.description ?? '',
  tags: metadata?.tags ?? [],
  defaultQueueType: metadata?.default_queue_type ?? 'classic',
  ...loses,
})

/** A virtual host goes when all its queues are gone: 7,000 of them took 59 s. */
const DELETE_MS = 110_000

const settingsOf = (value: VhostHave | VhostWant) => ({
  description: value.description,
  tags: [...value.tags].sort(),
  defaultQueueType: value.defaultQueueType,
})

/** A virtual host. Everything inside goes with it. */
export const vhost: Kind<RabbitmqSession, VhostWant, VhostHave> = {
  name: 'vhost',
  action: 'rabbitmq.vhost',
  via: 'api',
  maxBatch: 200,
  after: [],

  desired: (spec) =>
    Object.entries(fieldsOf(spec).vhosts).map(([name, value]) => ({
      key: [name],
      value: { description: value.description, tags: value.tags, defaultQueueType: value.defaultQueueType ?? null },
      path: ['vhosts', name],
    })),

  async list(session, scope, ctx) {
    const rows = scope === 'all' ? (await definitions(session, ctx)).vhosts : await named(session, scope, ctx)
    const byName = new Map(rows.map((row) => [row.name, row]))
    const wanted = new Set(Object.keys(fieldsOf(session.spec).vhosts))
    const owned = await session.ownership.read(ctx)
    const ours = (name: string) => owned.has(printLocal({ kind: 'vhost', key: [name] }))
    // '/' is the broker's own: shown when it was made part of the spec once, and kept even then.
    const listed =
      scope === 'all'
        ? rows.map((row) => row.name).filter((name) => name !== CANARY_VHOST && (name !== '/' || ours(name)))
        : scope.map(([name = '']) => name)
    return inParallel(listed, async (name): Promise<readonly [readonly string[], Observed<VhostHave>]> => {
      const row = byName.get(name)
      if (!row) return [[name], { is: 'absent' }]
      // What a delete would lose is asked for only where one may be planned.
      const loses = ours(name) && !wanted.has(name) ? await measureVhost(session, name, ctx) : { messages: 0 }
      if ('unknown' in loses) return [[name], { is: 'unknown', why: loses.unknown }]
      return [[name], { is: 'present', value: read(row, loses), owner: { by: 'nobody' } }]
    })
  },

  diff(want, have, { address }): readonly Change[] {
    const [name = ''] = address.key
    // Each cluster has '/' from its first start on: a plan made before that start sets it, whatever it will be like.
    const own = name === '/'
    if (have.is !== 'present')
      return want === undefined
        ? []
        : [
            {
              verb: own ? 'update' : 'create',
              want,
              reads: null,
              reason: own ? 'every cluster has it: set as the spec says' : 'it is not there',
              risk: 'safe',
              reversible: true,
              changes: [],
            },
          ]
    const reads = settingsOf(have.value)
    if (want === undefined) {
      if (own) return []
      const { messages, bytes } = have.value
      const loses = { messages, ...(bytes === undefined ? {} : { bytes }) }
      return [
        {
          verb: 'delete',
          want: null,
          reads,
          reason: 'the spec has it no more; all that is in it goes with it',
          risk: 'destructive',
          reversible: false,
          changes: [],
          loses,
        },
      ]
    }
    const asked = { ...settingsOf(want), defaultQueueType: want.defaultQueueType ?? reads.defaultQueueType }
    if (same(reads, asked)) return []
    const changes = fieldChanges(reads, asked)
    const change = { verb: 'update', want, reads: own ? null : reads, changes } as const
    return [{ ...change, reason: describe(changes), risk: 'safe', reversible: true }]
  },

  act(verb, items, session, ctx) {
    return inParallel(items, (item) => (verb === 'delete' ? remove(item, session, ctx) : put(item, session, ctx)), 4)
  },

  loses: (session, keys, ctx) =>
    inParallel(keys, async ([name = '']) => {
      const found = await measureVhost(session, name, ctx)
      return 'unknown' in found ? {} : found
    }),

  toSpec: (have) => ({ description: have.description, tags: have.tags, defaultQueueType: have.defaultQueueType }),
}

/** Those of these that are there, one by one. */
async function named(
  session: RabbitmqSession,
  keys: readonly (readonly string[])[],
  ctx: Context,
): Promise<readonly VhostDefinition[]> {
  const answers = await inParallel(keys, ([name = '']) =>
    session.http.ask(`${apiPath('vhosts', name)}?columns=name,metadata`, ctx, { accept: [404] }),
  )
  return answers.flatMap(({ status, body }) => (status === 404 ? [] : [body as unknown as VhostDefinition]))
}

const describe = (changes: readonly FieldChange[]): string => `${changes.map((c) => c.field).join(', ')} differ`

/** The broker lets the user that makes a virtual host in; the people's administrator is let in beside it. */
const put = (
  { key: [name = ''], want }: KindItem<VhostWant>,
  session: RabbitmqSession,
  ctx: Context,
): Promise<Outcome> =>
  attempt(async () => {
    const { description, tags, defaultQueueType } = want
    await session.http.ask(apiPath('vhosts', name), ctx, {
      method: 'PUT',
      body: { description, tags, ...(defaultQueueType === null ? {} : { default_queue_type: defaultQueueType }) },
    })
    if (session.ownOperator) {
      // 400: that administrator was taken away; nobody misses the permission.
      await session.http.ask(apiPath('permissions', name, ADMIN), ctx, {
        method: 'PUT',
        body: { configure: '.*', write: '.*', read: '.*' },
        accept: [400],
      })
    }
  })

const remove = (
  { key: [name = ''], step }: KindItem<VhostWant>,
  session: RabbitmqSession,
  ctx: Context,
): Promise<Outcome> =>
  attempt(async () => {
    refuseGrown(step.loses, await measureVhost(session, name, ctx), step.address)
    await session.http.ask(apiPath('vhosts', name), ctx, { method: 'DELETE', accept: [404], timeoutMs: DELETE_MS })
    await forgetNotes(session, (note) => note.vhost === name, ctx)
  })
