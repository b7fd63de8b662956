import { printLocal } from '../../model/address.ts'
import { splitOwners } from '../../engine/owners.ts'
import type { ClusterWorld } from '../../ports/action.ts'

/** Addresses without the cluster of all that it has of one kind, in order. Only names are asked for, where that is less. */
export async function namesOf(world: ClusterWorld, kindName: string): Promise<readonly string[]> {
  const { spec, broker, ctx } = world
  const kind = broker.kinds.find((one) => one.name === kindName)
  if (!kind) return []
  const print = (key: readonly string[]): string => printLocal({ kind: kind.name, key })
  // What lives in the members' files is what the spec says.
  if (kind.via === 'config')
    return kind
      .desired(spec)
      .map(({ key }) => print(key))
      .sort()
  const session = await world.session()
  const keys = kind.names
    ? await kind.names(session, ctx)
    : (await kind.list(session, 'all', ctx)).flatMap(([key, have]) => (have.is === 'absent' ? [] : [key]))
  return keys.map(print).sort()
}

/** What a cluster has, by who answers for it. */
export type Owned = { readonly ours: number; readonly others: number; readonly unmanaged: number }

/** Counts everything that a plan would look at, configuration files left out. */
export async function countOwned(world: ClusterWorld): Promise<Owned> {
  const { spec, broker, ctx } = world
  const kinds = broker.kinds.filter(({ via }) => via === 'api')
  const [records, ...lists] = await Promise.all([
    world.session().then((session) => session.ownership.read(ctx)),
    ...kinds.map(({ name }) => namesOf(world, name)),
  ])
  const { ours, others } = splitOwners(records, spec.name)
  const all = lists.flat()
  const own = all.filter((local) => ours.has(local)).length
  const other = all.filter((local) => others.has(local)).length
  return { ours: own, others: other, unmanaged: all.length - own - other }
}
