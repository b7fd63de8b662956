import { createHash } from 'node:crypto'
import { type Json, type JsonObject, same } from '../../model/json.ts'
import type { Context } from '../../ports/context.ts'
import type { Ownership, OwnerRecord } from '../../ports/session.ts'
import { apiPath, type ManagementClient } from './client.ts'
import { inParallel, shared } from './pool.ts'

/**
 * The ownership mirror: global parameters `mqops.owned.KIND.HEX`, each a JSON map from local address to record. Global
 * parameters are in the metadata store, so a write is on a majority when it answers, and all are read by one request.
 * 16 values for each kind: 10,000 queues make values of 40 kB, and a batch rewrites no more than 16 of them.
 */
const PREFIX = 'mqops.owned.'

export const bucketOf = (local: string): string => {
  const kind = local.slice(0, local.indexOf('/'))
  return `${PREFIX}${kind}.${createHash('sha256').update(local).digest('hex').slice(0, 1)}`
}

type GlobalParameter = { readonly name: string; readonly value: Json }

/** All global parameters, by name: ownership, the cluster's id, notes of half-done replacements. */
export function globalParameters(http: ManagementClient, ctx: Context): Promise<ReadonlyMap<string, Json>> {
  const read =
    readers.get(http) ??
    shared(async (of) => {
      const all = (await http.get('/api/global-parameters', of)) as unknown as readonly GlobalParameter[]
      return new Map(all.map(({ name, value }) => [name, value]))
    })
  readers.set(http, read)
  return read(ctx)
}

const readers = new WeakMap<ManagementClient, (ctx: Context) => Promise<ReadonlyMap<string, Json>>>()

export const putGlobalParameter = (http: ManagementClient, name: string, value: Json, ctx: Context): Promise<unknown> =>
  http.ask(apiPath('global-parameters', name), ctx, { method: 'PUT', body: { name, value } })

export const deleteGlobalParameter = (http: ManagementClient, name: string, ctx: Context): Promise<unknown> =>
  http.ask(apiPath('global-parameters', name), ctx, { method: 'DELETE', accept: [404] })

export function createOwnership(http: ManagementClient): Ownership {
  // Batches of one run write side by side; each rewrites whole values, so one after another.
  let turn: Promise<unknown> = Promise.resolve()
  return {
    async read(ctx) {
      return new Map([...buckets(await globalParameters(http, ctx)).values()].flatMap((records) => [...records]))
    },
    write(changes, ctx) {
      const mine = turn.then(() => rewrite(http, changes, ctx))
      turn = mine.catch(() => {})
      return mine
    },
  }
}

type Records = Map<string, OwnerRecord>

function buckets(parameters: ReadonlyMap<string, Json>): Map<string, Records> {
  const found = new Map<string, Records>()
  for (const [name, value] of parameters) {
    if (!name.startsWith(PREFIX) || typeof value !== 'object' || value === null) continue
    found.set(name, new Map(Object.entries(value as JsonObject).map(([local, record]) => [local, readRecord(record)])))
  }
  return found
}

// An empty object comes back as an empty list: Erlang has one word for both.
const readRecord = (record: Json): OwnerRecord => {
  const { spec, from, secret, uid } = (record ?? {}) as { readonly [key in keyof OwnerRecord]: unknown }
  return {
    ...(typeof spec === 'string' ? { spec } : {}),
    ...(typeof from === 'string' ? { from } : {}),
    ...(typeof secret === 'string' ? { secret } : {}),
    ...(typeof uid === 'string' ? { uid } : {}),
  }
}

async function rewrite(
  http: ManagementClient,
  changes: ReadonlyMap<string, OwnerRecord | null>,
  ctx: Context,
): Promise<void> {
  const have = buckets(await globalParameters(http, ctx))
  const touched = new Set<string>()
  for (const [local, record] of changes) {
    const name = bucketOf(local)
    const records = have.get(name) ?? new Map<string, OwnerRecord>()
    have.set(name, records)
    const known = records.get(local)
    if (record === null ? known === undefined : known !== undefined && same(known, record)) continue
    touched.add(name)
    if (record === null) records.delete(local)
    else records.set(local, record)
  }
  await inParallel([...touched], async (name) => {
    const records = have.get(name) as Records
    if (records.size === 0) await deleteGlobalParameter(http, name, ctx)
    else
      await putGlobalParameter(http, name, Object.fromEntries([...records].sort(([a], [b]) => (a < b ? -1 : 1))), ctx)
  })
}
