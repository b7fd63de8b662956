import { createHash } from 'node:crypto'
import { canonical, type Json, type JsonObject } from '../../model/json.ts'
import type { Context } from '../../ports/context.ts'
import { apiPath } from './client.ts'
import type { BindingDefinition } from './definitions.ts'
import { deleteGlobalParameter, globalParameters, putGlobalParameter } from './ownership.ts'
import { inParallel } from './pool.ts'
import { inVhost, type RabbitmqSession } from './session.ts'

/**
 * Bindings go with the queue or exchange that they lead to; when it is replaced they must come back, whoever made them.
 * They are noted in the cluster itself before the delete, and a note stands until they are back: a crash anywhere leaves
 * a difference that the next plan shows, whether it is a resumed run's or a new one's.
 */

/** A binding as its own lists have it: `properties_key` is the broker's name of it. */
export type BindingRow = BindingDefinition & { readonly properties_key: string }

export type End = 'queue' | 'exchange'
type Note = {
  readonly kind: End
  readonly vhost: string
  readonly name: string
  readonly bindings: readonly BindingDefinition[]
}

const PREFIX = 'mqops.rebind.'

const parameterOf = (kind: End, vhost: string, name: string): string =>
  `${PREFIX}${createHash('sha256')
    .update(JSON.stringify([kind, vhost, name]))
    .digest('hex')
    .slice(0, 32)}`

/** An empty table comes back as an empty list when it went through Erlang's terms. */
export const tableOf = (value: Json | undefined): JsonObject =>
  value === undefined || value === null || Array.isArray(value) || typeof value !== 'object'
    ? {}
    : (value as JsonObject)

const identity = (row: BindingDefinition): string =>
  JSON.stringify([
    row.source,
    row.destination_type,
    row.destination,
    row.routing_key,
    canonical(tableOf(row.arguments)),
  ])

const turns = new WeakMap<RabbitmqSession, Promise<unknown>>()

/** Queues and exchanges are replaced side by side and hand bindings over to each other: one reads and writes at a time. */
function inTurn<T>(session: RabbitmqSession, work: () => Promise<T>): Promise<T> {
  const mine = (turns.get(session) ?? Promise.resolve()).then(work)
  turns.set(
    session,
    mine.catch(() => {}),
  )
  return mine
}

async function notes(session: RabbitmqSession, ctx: Context): Promise<ReadonlyMap<string, Note>> {
  const all = await globalParameters(session.http, ctx)
  return new Map([...all].filter(([name]) => name.startsWith(PREFIX)).map(([name, value]) => [name, value as Note]))
}

/** Joins what is noted already: a replacement that was interrupted has noted what is gone by now. */
async function note(
  session: RabbitmqSession,
  [kind, vhost, name]: readonly [End, string, string],
  rows: readonly BindingDefinition[],
  ctx: Context,
): Promise<void> {
  const parameter = parameterOf(kind, vhost, name)
  const before = (await notes(session, ctx)).get(parameter)?.bindings ?? []
  const bindings = [...new Map([...before, ...rows].map((row) => [identity(row), row])).values()]
  await putGlobalParameter(session.http, parameter, { kind, vhost, name, bindings }, ctx)
}

/** @returns false when there is nothing to note: no bindings besides the default exchange's own. */
export function noteBindings(
  session: RabbitmqSession,
  kind: End,
  vhost: string,
  name: string,
  ctx: Context,
): Promise<boolean> {
  const paths =
    kind === 'queue'
      ? [apiPath('queues', vhost, name, 'bindings')]
      : [
          apiPath('exchanges', vhost, name, 'bindings', 'source'),
          apiPath('exchanges', vhost, name, 'bindings', 'destination'),
        ]
  return inTurn(session, async () => {
    const answers = await Promise.all(paths.map((path) => session.http.ask(path, ctx, { accept: [404] })))
    const rows = answers.flatMap(({ status, body }) =>
      status === 404 ? [] : (body as unknown as readonly BindingRow[]),
    )
    const own = rows.filter((row) => row.source !== '')
    if (own.length === 0) return false
    await note(session, [kind, vhost, name], own, ctx)
    return true
  })
}

/** The same for bindings that are known already. */
export const noteRows = (
  session: RabbitmqSession,
  end: readonly [End, string, string],
  rows: readonly BindingDefinition[],
  ctx: Context,
): Promise<void> => inTurn(session, () => note(session, end, rows, ctx))

/** How many bindings of each of these are noted and not back. One request. */
export async function missingBindings(
  session: RabbitmqSession,
  kind: End,
  keys: readonly (readonly string[])[],
  ctx: Context,
): Promise<readonly number[]> {
  if (keys.length === 0) return []
  const noted = await notes(session, ctx)
  return keys.map(([vhost = '', name = '']) => noted.get(parameterOf(kind, vhost, name))?.bindings.length ?? 0)
}

/**
 * Declares what was noted for these, then forgets the notes. A binding whose other end is gone is handed over to that
 * end's note: when it is being replaced too, it brings the binding back; when it has gone for good, nobody asks for it.
 */
export function restoreBindings(
  session: RabbitmqSession,
  kind: End,
  keys: readonly (readonly string[])[],
  ctx: Context,
): Promise<void> {
  return inTurn(session, async () => {
    const noted = await notes(session, ctx)
    const mine = keys.flatMap(([vhost = '', name = '']) => noted.get(parameterOf(kind, vhost, name)) ?? [])
    const away = await inParallel(mine, async ({ bindings }) => {
      const missing: BindingDefinition[] = []
      for (const row of bindings) if (!(await declareBinding(session, row, ctx, [404]))) missing.push(row)
      return missing
    })
    for (const [i, { name, vhost }] of mine.entries()) {
      for (const row of away[i] ?? []) await note(session, otherEnd(row, kind, name), [row], ctx)
      await deleteGlobalParameter(session.http, parameterOf(kind, vhost, name), ctx)
    }
  })
}

/** What is deleted for good is not asked to bring its bindings back. */
export function forgetNotes(
  session: RabbitmqSession,
  gone: (note: { readonly kind: End; readonly vhost: string; readonly name: string }) => boolean,
  ctx: Context,
): Promise<void> {
  return inTurn(session, async () => {
    const found = [...(await notes(session, ctx))].filter(([, one]) => gone(one))
    await inParallel(found, ([parameter]) => deleteGlobalParameter(session.http, parameter, ctx))
  })
}

const otherEnd = (row: BindingDefinition, kind: End, name: string): readonly [End, string, string] =>
  kind === 'exchange' && row.source === name
    ? [row.destination_type, row.vhost, row.destination]
    : ['exchange', row.vhost, row.source]

/** Idempotent: a binding that is there already stays one. @returns false for an answer among `accept`. */
export async function declareBinding(
  session: RabbitmqSession,
  row: BindingDefinition,
  ctx: Context,
  accept: readonly number[] = [],
): Promise<boolean> {
  const path = apiPath(
    'bindings',
    row.vhost,
    'e',
    row.source,
    row.destination_type === 'queue' ? 'q' : 'e',
    row.destination,
  )
  const body = { routing_key: row.routing_key, arguments: tableOf(row.arguments) }
  const { status } = await inVhost(
    session,
    row.vhost,
    () => session.http.ask(path, ctx, { method: 'POST', body, accept }),
    ctx,
  )
  return !accept.includes(status)
}
