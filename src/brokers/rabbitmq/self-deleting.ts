import { type JsonObject, same } from '../../model/json.ts'
import type { Context } from '../../ports/context.ts'
import { apiPath } from './client.ts'
import { type ExchangeField, fieldsOf } from './fields.ts'
import { type BindingRow, declareBinding, forgetNotes, noteRows, tableOf } from './rebind.ts'
import { inVhost, type RabbitmqSession } from './session.ts'

/**
 * An exchange with `autoDelete` goes with the last binding that leads from it, however that goes: on its own, with its
 * queue, or while its queue is replaced. One that the spec still has is declared again, with the bindings that led to it.
 */

type Kept = {
  readonly vhost: string
  readonly name: string
  readonly field: ExchangeField
  readonly rows: readonly BindingRow[]
}

/** `items`: what goes; their keys begin with the virtual host. `ends`: a binding that is to go itself. @returns what `work` does. */
export async function keepSelfDeleting<T>(
  session: RabbitmqSession,
  items: readonly { readonly key: readonly string[] }[],
  ctx: Context,
  work: () => Promise<T>,
  ends: (row: BindingRow) => boolean = () => false,
): Promise<T> {
  const there: Kept[] = []
  for (const one of wanted(session, new Set(items.map(({ key: [vhost = ''] }) => vhost)))) {
    if (!(await isAsWanted(session, one, ctx))) continue // to be made, or replaced: that brings its bindings back
    const { body } = await session.http.ask(incomingOf(one), ctx)
    const rows = (body as unknown as readonly BindingRow[]).filter((row) => row.source !== '' && !ends(row))
    if (rows.length > 0) await noteRows(session, ['exchange', one.vhost, one.name], rows, ctx)
    there.push({ ...one, rows })
  }
  const done = await work()
  for (const one of there) await revive(session, one, ctx)
  return done
}

function wanted(session: RabbitmqSession, vhosts: ReadonlySet<string>): readonly Omit<Kept, 'rows'>[] {
  const { vhosts: fields } = fieldsOf(session.spec)
  return [...vhosts].flatMap((vhost) =>
    Object.entries(fields[vhost]?.exchanges ?? {})
      .filter(([, field]) => field.autoDelete)
      .map(([name, field]) => ({ vhost, name, field })),
  )
}

const pathOf = ({ vhost, name }: Pick<Kept, 'vhost' | 'name'>): string => apiPath('exchanges', vhost, name)
const incomingOf = ({ vhost, name }: Pick<Kept, 'vhost' | 'name'>): string =>
  apiPath('exchanges', vhost, name, 'bindings', 'destination')

const bodyOf = ({ type, durable, internal, arguments: table }: ExchangeField): JsonObject => ({
  type,
  durable,
  auto_delete: true,
  internal,
  arguments: table,
})

async function isAsWanted(session: RabbitmqSession, one: Omit<Kept, 'rows'>, ctx: Context): Promise<boolean> {
  const columns = 'disable_stats=true&columns=type,durable,auto_delete,internal,arguments'
  const { status, body } = await session.http.ask(`${pathOf(one)}?${columns}`, ctx, { accept: [404] })
  if (status === 404) return false
  const have = body as JsonObject
  return same({ ...have, arguments: tableOf(have['arguments']) }, bodyOf(one.field))
}

async function revive(session: RabbitmqSession, one: Kept, ctx: Context): Promise<void> {
  const { vhost, name, field, rows } = one
  const { status } = await session.http.ask(`${pathOf(one)}?disable_stats=true&columns=name`, ctx, { accept: [404] })
  if (status === 404) {
    const body = bodyOf(field)
    await inVhost(session, vhost, () => session.http.ask(pathOf(one), ctx, { method: 'PUT', body }), ctx)
    for (const row of rows) await declareBinding(session, row, ctx, [404])
  }
  const mine = (note: Pick<Kept, 'vhost' | 'name'> & { readonly kind: string }): boolean =>
    note.kind === 'exchange' && note.vhost === vhost && note.name === name
  if (rows.length > 0) await forgetNotes(session, mine, ctx)
}
