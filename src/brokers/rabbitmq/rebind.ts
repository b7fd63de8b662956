import { createHash } from 'node:crypto'
import type { Json, JsonObject } from '../../model/json.ts'
import type { Context } from '../../ports/context.ts'
import { apiPath } from './client.ts'
import type { BindingDefinition } from './definitions.ts'
import { deleteGlobalParameter, globalParameters, putGlobalParameter } from './ownership.ts'
import { inParallel } from './pool.ts'
import { inVhost, type RabbitmqSession } from './session.ts'

/**
 * Bindings go with the queue or exchange that they lead to; when it is replaced they must come back, whoever made them.
 * They are noted in the cluster itself before the delete, so that a crash between delete and create loses none.
 */

/** A binding as its own lists have it: `properties_key` is the broker's name of it. */
export type BindingRow = BindingDefinition & { readonly properties_key: string }

const PREFIX = 'mqops.rebind.'

const parameterOf = (kind: string, vhost: string, name: string): string =>
  `${PREFIX}${createHash('sha256')
    .update(JSON.stringify([kind, vhost, name]))
    .digest('hex')
    .slice(0, 32)}`

/** An empty table comes back as an empty list when it went through Erlang's terms. */
export const tableOf = (value: Json | undefined): JsonObject =>
  value === undefined || value === null || Array.isArray(value) || typeof value !== 'object'
    ? {}
    : (value as JsonObject)

/** @returns false when there is nothing to note: no bindings besides the default exchange's own. */
export async function noteBindings(
  session: RabbitmqSession,
  kind: 'queue' | 'exchange',
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
  const rows = (await Promise.all(paths.map((path) => session.http.ask(path, ctx, { accept: [404] })))).flatMap(
    ({ status, body }) => (status === 404 ? [] : (body as unknown as readonly BindingRow[])),
  )
  const own = rows.filter((row) => row.source !== '')
  if (own.length === 0) return false
  await putGlobalParameter(
    session.http,
    parameterOf(kind, vhost, name),
    { kind, vhost, name, bindings: own as unknown as Json },
    ctx,
  )
  return true
}

/** Declares what was noted for these, then forgets the notes. A binding whose other end is gone meanwhile stays away. */
export async function restoreBindings(
  session: RabbitmqSession,
  kind: 'queue' | 'exchange',
  keys: readonly (readonly string[])[],
  ctx: Context,
): Promise<void> {
  const parameters = await globalParameters(session.http, ctx)
  await inParallel(keys, async ([vhost = '', name = '']) => {
    const parameter = parameterOf(kind, vhost, name)
    const noted = parameters.get(parameter) as { readonly bindings?: readonly BindingRow[] } | undefined
    if (!noted) return
    for (const row of noted.bindings ?? []) await declareBinding(session, row, ctx, [404])
    await deleteGlobalParameter(session.http, parameter, ctx)
  })
}

/** Idempotent: a binding that is there already stays one. */
export async function declareBinding(
  session: RabbitmqSession,
  row: BindingDefinition,
  ctx: Context,
  accept: readonly number[] = [],
): Promise<void> {
  const path = apiPath(
    'bindings',
    row.vhost,
    'e',
    row.source,
    row.destination_type === 'queue' ? 'q' : 'e',
    row.destination,
  )
  await inVhost(
    session,
    row.vhost,
    () =>
      session.http.ask(path, ctx, {
        method: 'POST',
        body: { routing_key: row.routing_key, arguments: tableOf(row.arguments) },
        accept,
      }),
    ctx,
  )
}
