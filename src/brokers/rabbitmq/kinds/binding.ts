import type { Channel } from 'amqplib'
import type { JsonObject } from '../../../model/json.ts'
import { type Observed, type Outcome, yes } from '../../../model/plan.ts'
import type { Context } from '../../../ports/context.ts'
import type { Change, Kind, KindItem } from '../../../ports/kind.ts'
import { isTextual, type Job, overAmqp } from '../bulk.ts'
import { apiPath } from '../client.ts'
import { type BindingDefinition, definitions } from '../definitions.ts'
import { type BindingField, fieldsOf } from '../fields.ts'
import { CANARY_VHOST, isBuiltInExchange } from '../names.ts'
import { attempt, inParallel } from '../pool.ts'
import { type BindingRow, declareBinding, tableOf } from '../rebind.ts'
import { keepSelfDeleting } from '../self-deleting.ts'
import { inVhost, type RabbitmqSession } from '../session.ts'
import { creation, digestOf, inScope, keyText } from './shared.ts'

/** All of a binding but its arguments is in its key: [vhost, source, 'queue' | 'exchange', destination, routing key, digest of arguments when there are any]. */
export type BindingValue = { readonly arguments: JsonObject }

const FEW = 64

export const bindingKey = (
  vhost: string,
  source: string,
  kind: 'queue' | 'exchange',
  destination: string,
  routingKey: string,
  table: JsonObject,
): readonly string[] => [
  vhost,
  source,
  kind,
  destination,
  routingKey,
  ...(Object.keys(table).length > 0 ? [digestOf(table)] : []),
]

/** The key of a binding of the spec. */
export const keyOfField = (vhost: string, field: BindingField): readonly string[] =>
  bindingKey(
    vhost,
    field.source,
    field.destination === undefined ? 'exchange' : 'queue',
    field.destination ?? field.destinationExchange ?? '',
    field.routingKey,
    field.arguments,
  )

const keyOfRow = (row: BindingDefinition): readonly string[] =>
  bindingKey(row.vhost, row.source, row.destination_type, row.destination, row.routing_key, tableOf(row.arguments))

const observed = (row: BindingDefinition): readonly [readonly string[], Observed<BindingValue>] => [
  keyOfRow(row),
  { is: 'present', value: { arguments: tableOf(row.arguments) }, owner: { by: 'nobody' } },
]

/** What it connects, as [kind, ...key]; what the broker has always is left out. */
function ends([
  vhost = '',
  source = '',
  kind = '',
  destination = '',
]: readonly string[]): readonly (readonly string[])[] {
  return [
    ['vhost', vhost],
    ...(isBuiltInExchange(source) ? [] : [['exchange', vhost, source]]),
    ...(kind === 'exchange' && isBuiltInExchange(destination) ? [] : [[kind, vhost, destination]]),
  ]
}

/** A binding is there or not: another key or other arguments make another binding. */
export const binding: Kind<RabbitmqSession, BindingValue, BindingValue> = {
  name: 'binding',
  action: 'rabbitmq.binding',
  via: 'api',
  maxBatch: 2500, // each batch reads everything three times: 0.3 s for 10,000 queues with bindings
  after: ['exchange', 'queue', 'vhost'],

  needs: ends,
  standsOn: ends,
  // One by one before it they would take as long as their queue; and a queue that turns out to be kept keeps them.
  goesWith: ([vhost = '', , kind, destination = '']) => (kind === 'queue' ? [['queue', vhost, destination]] : []),

  desired: (spec) =>
    Object.entries(fieldsOf(spec).vhosts).flatMap(([vhost, { bindings }]) =>
      bindings.map((field, i) => ({
        key: keyOfField(vhost, field),
        value: { arguments: field.arguments },
        path: ['vhosts', vhost, 'bindings', i],
      })),
    ),

  async list(session, scope, ctx) {
    if (scope !== 'all' && scope.length <= FEW)
      return inScope((await inParallel(scope, (key) => between(session, key, ctx))).flat().map(observed), scope)
    const { bindings } = await definitions(session, ctx)
    const own = (row: BindingDefinition) => row.vhost !== CANARY_VHOST && !row.destination.startsWith('amq.gen')
    return inScope(bindings.filter((row) => scope !== 'all' || own(row)).map(observed), scope)
  },

  diff(want, have): readonly Change[] {
    if (have.is !== 'present') return creation(want)
    if (want !== undefined) return []
    return [
      {
        verb: 'delete',
        want: null,
        reads: { arguments: have.value.arguments },
        reason: 'the spec has it no more: what it routed goes nowhere',
        risk: 'disruptive',
        reversible: true,
        changes: [],
      },
    ]
  },

  act(verb, items, session, ctx) {
    if (verb !== 'delete') return declareAll(items, session, ctx)
    const going = new Set(items.map(({ key }) => keyText(key)))
    return keepSelfDeleting(
      session,
      items,
      ctx,
      () => removeAll(items, session, ctx),
      (row) => going.has(keyText(keyOfRow(row))),
    )
  },

  toSpec: (have) => have,
}

const pathBetween = ([vhost = '', source = '', kind = '', destination = '']: readonly string[]): string =>
  apiPath('bindings', vhost, 'e', source, kind === 'queue' ? 'q' : 'e', destination)

/** All bindings from a source to a destination; none when one of them is gone. */
async function between(session: RabbitmqSession, key: readonly string[], ctx: Context): Promise<readonly BindingRow[]> {
  const { status, body } = await session.http.ask(pathBetween(key), ctx, { accept: [404] })
  return status === 404 ? [] : (body as unknown as readonly BindingRow[])
}

async function declareAll(
  items: readonly KindItem<BindingValue>[],
  session: RabbitmqSession,
  ctx: Context,
): Promise<readonly Outcome[]> {
  const jobs = items.map(({ key, want }): Job => {
    const [vhost = '', source = '', kind = 'queue', destination = '', routingKey = ''] = key
    if (!isTextual(want.arguments)) return null
    return {
      vhost,
      work: (channel) =>
        kind === 'queue'
          ? channel.bindQueue(destination, source, routingKey, want.arguments)
          : channel.bindExchange(destination, source, routingKey, want.arguments),
    }
  })
  const done = await overAmqp(session, jobs, ctx)
  return inParallel(items, async (item, i) => (done.has(i) ? yes : declare(item, session, ctx)))
}

const declare = ({ key, want }: KindItem<BindingValue>, session: RabbitmqSession, ctx: Context): Promise<Outcome> =>
  attempt(() => {
    const [vhost = '', source = '', kind = 'queue', destination = '', routingKey = ''] = key
    return declareBinding(
      session,
      {
        vhost,
        source,
        destination,
        destination_type: kind as 'queue' | 'exchange',
        routing_key: routingKey,
        arguments: want.arguments,
      },
      ctx,
    )
  })

async function removeAll(
  items: readonly KindItem<BindingValue>[],
  session: RabbitmqSession,
  ctx: Context,
): Promise<readonly Outcome[]> {
  const keys = items.map((item) => item.key)
  const told = keys.length > FEW || keys.some(hasArguments) ? (await definitions(session, ctx)).bindings : null
  const there = told && new Set(told.map((row) => keyText(keyOfRow(row))))
  const left = there ? items.filter(({ key }) => there.has(keyText(key))) : items // most go with their queues
  const jobs = unbindings(
    left.map((item) => item.key),
    told ?? [],
  )
  const done = await overAmqp(session, jobs, ctx)
  const removed = await inParallel(left, (item, i) => (done.has(i) ? Promise.resolve(yes) : remove(item, session, ctx)))
  const outcomes = new Map(left.map((item, i) => [item, removed[i] as Outcome]))
  return items.map((item) => outcomes.get(item) ?? yes)
}

const hasArguments = (key: readonly string[]): boolean => key.length > 5

/** Pure. `told`: where the arguments of those that have some are found; what is not there is looked for the other way. */
export function unbindings(keys: readonly (readonly string[])[], told: readonly BindingDefinition[]): readonly Job[] {
  const rows = Map.groupBy(told, (row) => keyText(keyOfRow(row)))
  return keys.map((key): Job => {
    const tables = hasArguments(key) ? (rows.get(keyText(key)) ?? []).map((row) => tableOf(row.arguments)) : [{}]
    if (tables.length === 0 || !tables.every(isTextual)) return null
    const [vhost = '', source = '', kind = 'queue', destination = '', routingKey = ''] = key
    const work = async (channel: Channel): Promise<void> => {
      for (const table of tables)
        await (kind === 'queue'
          ? channel.unbindQueue(destination, source, routingKey, table)
          : channel.unbindExchange(destination, source, routingKey, table))
    }
    return { vhost, work }
  })
}

/** The broker names a binding by a hash of its own: asked for first. */
const remove = ({ key }: KindItem<BindingValue>, session: RabbitmqSession, ctx: Context): Promise<Outcome> =>
  attempt(async () => {
    const [vhost = ''] = key
    const text = keyText(key)
    const rows = (await between(session, key, ctx)).filter((row) => keyText(keyOfRow(row)) === text)
    for (const row of rows) {
      await inVhost(
        session,
        vhost,
        () =>
          session.http.ask(`${pathBetween(key)}/${encodeURIComponent(row.properties_key)}`, ctx, {
            method: 'DELETE',
            accept: [404],
          }),
        ctx,
      )
    }
  })
