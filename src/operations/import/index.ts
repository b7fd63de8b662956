import { address, addressMatcher, parseLocal, printLocal } from '../../model/address.ts'
import { type Failure, toFailure } from '../../model/failure.ts'
import type { Json, JsonObject } from '../../model/json.ts'
import type { Observed } from '../../model/plan.ts'
import type { ClusterSpec } from '../../model/spec.ts'
import type { ClusterWorld } from '../../ports/action.ts'
import type { SeenResource } from '../../ports/broker.ts'
import type { AnyKind } from '../../ports/kind.ts'
import type { Session } from '../../ports/session.ts'
import { sayable } from './sayable.ts'

export type Imported = {
  readonly spec: ClusterSpec
  /** Of `spec:`, normalised: resources, and settings that the cluster keeps. */
  readonly fields: JsonObject
  /** Resources by kind. */
  readonly counts: Readonly<Record<string, number>>
  /** By address without the cluster; and why. */
  readonly left: readonly { readonly address: string; readonly why: string }[]
  /** Patterns that nothing was found for. */
  readonly unmatched: readonly string[]
  readonly problem?: Failure
}

/**
 * What is in a cluster, as the fields of a spec whose plan changes nothing. `only`: patterns of addresses without the
 * cluster ('topic/orders.*'); what they stand on (a virtual host, a user) comes with them. Reads only.
 */
export async function importCluster(world: ClusterWorld, only: readonly string[]): Promise<Imported> {
  const { spec, broker } = world
  try {
    const all = await observeAll(world, await world.session())
    const taken = await withNeeds(broker.kinds, all, only, world)
    const allocation = await world.target.allocation(world.ctx)
    const generated = new Set(Object.keys(allocation?.secrets ?? {}))
    const { fields, left } = sayable(broker, taken.seen, { spec, generated })
    const gone = new Set(left.map(printLocal))
    const counts: Record<string, number> = {}
    for (const one of taken.seen) if (!gone.has(printLocal(one))) counts[one.kind] = (counts[one.kind] ?? 0) + 1
    return {
      spec,
      fields,
      counts,
      left: [
        ...left.map((one) => ({ address: printLocal(one), why: one.why })),
        ...taken.unknown.map(({ text, why }) => ({ address: text, why })),
      ].sort((a, b) => (a.address < b.address ? -1 : 1)),
      unmatched: only.filter((pattern) => ![...all.keys()].some(addressMatcher([pattern]))),
    }
  } catch (error) {
    world.ctx.signal.throwIfAborted()
    const problem = { address: address(spec.name, 'cluster'), ...toFailure(error) }
    return { spec, fields: {}, counts: {}, left: [], unmatched: [], problem }
  }
}

type One = { readonly kind: AnyKind; readonly key: readonly string[]; readonly have: Observed<Json> }
type All = ReadonlyMap<string, One>

/** Everything by its printed address; of kinds in the members' files what those say. */
async function observeAll({ spec, broker, target, ctx }: ClusterWorld, session: Session): Promise<All> {
  const managed = (await target.access(ctx)) === null
  const [state] = managed ? await target.observe(broker.layout(spec).members, ctx) : []
  const files = state?.files ?? {}
  const lists = await Promise.all(
    broker.kinds.map(async (kind) => {
      const found =
        kind.via === 'config' ? (managed ? (kind.configured?.(files) ?? []) : []) : await kind.list(session, 'all', ctx)
      return found.map(([key, have]) => [printLocal({ kind: kind.name, key }), { kind, key, have }] as const)
    }),
  )
  return new Map(lists.flat())
}

type Taken = {
  readonly seen: readonly SeenResource[]
  readonly unknown: readonly { readonly text: string; readonly why: string }[]
}

/**
 * What the patterns name, and what that stands on. What lives in the members' files always comes along: the file is
 * written whole, so what the spec leaves out would go.
 */
async function withNeeds(
  kinds: readonly AnyKind[],
  all: All,
  only: readonly string[],
  world: ClusterWorld,
): Promise<Taken> {
  const matches = only.length === 0 ? () => true : addressMatcher(only)
  const taken = new Map<string, SeenResource>()
  const unknown: { text: string; why: string }[] = []
  const asked = new Set<string>()
  const todo = [...all].filter(([text, { kind }]) => kind.via === 'config' || matches(text)).map(([text]) => text)
  for (let text = todo.pop(); text !== undefined; text = todo.pop()) {
    if (asked.has(text)) continue
    asked.add(text)
    const one = all.get(text) ?? (await listOne(kinds, text, world))
    if (!one || one.have.is === 'absent') continue
    if (one.have.is === 'unknown') {
      unknown.push({ text, why: one.have.why })
      continue
    }
    taken.set(text, { kind: one.kind.name, key: one.key, value: one.have.value })
    const needs = one.kind.needs?.(one.key, one.kind.toSpec(one.have.value)) ?? []
    todo.push(...needs.map(([kind = '', ...key]) => printLocal({ kind, key })))
  }
  const order = new Map(kinds.map((kind, i) => [kind.name, i]))
  const place = (one: SeenResource): number => order.get(one.kind) ?? 0
  const sorted = [...taken].sort(([a, x], [b, y]) => place(x) - place(y) || (a < b ? -1 : 1))
  return { seen: sorted.map(([, one]) => one), unknown }
}

/** What the broker keeps out of its lists (the virtual host "/") is asked for by name. */
async function listOne(kinds: readonly AnyKind[], text: string, world: ClusterWorld): Promise<One | undefined> {
  const local = parseLocal(text)
  const kind = kinds.find((one) => one.name === local?.kind && one.via === 'api')
  if (!local || !kind) return undefined
  const [first] = await kind.list(await world.session(), [local.key], world.ctx)
  return first && { kind, key: first[0], have: first[1] }
}
