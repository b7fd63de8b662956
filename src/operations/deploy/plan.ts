import { address, printLocal } from '../../model/address.ts'
import { type Failure, MqopsError, toFailure } from '../../model/failure.ts'
import type { Allocation, Layout } from '../../model/member.ts'
import type { Note, Plan, Step } from '../../model/plan.ts'
import type { ClusterWorld } from '../../ports/action.ts'
import type { Context } from '../../ports/context.ts'
import type { AnyKind, SecretDigests } from '../../ports/kind.ts'
import type { OwnerRecord, Session } from '../../ports/session.ts'
import type { NodeState } from '../../ports/target.ts'
import { splitOwners } from '../../engine/owners.ts'
import { withLosses } from '../../engine/losses.ts'
import { secretDigests, secretRefs } from '../../engine/secrets.ts'
import { type Adoptable, adoptable, adopter, notAdoptable } from './adopting.ts'
import { planMembers } from './members.ts'
import { type KindSeen, ownedKeys, planResources } from './resources.ts'
import { inRollOrder, restartedLast } from './roll.ts'

/** Logins tried at once to see whether passwords still hold. */
const ATTEST_CONCURRENCY = 8

/** `adopt`: what this spec names and another one owns is taken over, where these addresses and patterns say so, or all of it. */
export type PlanOptions = { readonly adopt?: 'all' | readonly string[] }
export type Planned = { readonly plan: Plan; readonly failures: readonly Failure[] }
type Part = {
  readonly clusterId: string | null
  readonly steps: readonly Step[]
  readonly later: boolean
  readonly notes: readonly Note[]
  readonly failures: readonly Failure[]
  /** null: it could not be looked into. */
  readonly inside: Adoptable | null
}

/** Observes and compares; changes nothing. Clusters side by side. Failures are all of them, with addresses. */
export async function planDeploy(worlds: readonly ClusterWorld[], o: PlanOptions = {}): Promise<Planned> {
  const parts = await Promise.all(
    worlds.map((world) =>
      planCluster(world, o).catch((error: unknown): Part => {
        if (error instanceof Error && error.name === 'AbortError') throw error
        return {
          clusterId: null,
          steps: [],
          later: false,
          notes: [],
          failures: [{ address: address(world.spec.name, 'cluster'), ...toFailure(error) }],
          inside: null,
        }
      }),
    ),
  )
  const adopt = o.adopt === 'all' ? [] : (o.adopt ?? [])
  return {
    plan: {
      format: 1,
      clusters: Object.fromEntries(worlds.map((world, i) => [world.spec.name, parts[i]?.clusterId ?? null])),
      spec: worlds.map((world) => world.spec),
      steps: parts.flatMap((part) => part.steps),
      later: worlds.filter((_, i) => parts[i]?.later).map((world) => address(world.spec.name, 'cluster')),
      notes: parts.flatMap((part) => part.notes),
      ...(adopt.length > 0 ? { adopt } : {}),
    },
    failures: [
      ...parts.flatMap((part) => part.failures),
      ...notAdoptable(
        adopt,
        worlds.map((world, i) => ({ name: world.spec.name, inside: parts[i]?.inside ?? null })),
      ),
    ],
  }
}

async function planCluster(world: ClusterWorld, o: PlanOptions): Promise<Part> {
  const { spec, broker, target, ctx } = world
  if ((await target.access(ctx)) !== null) return planInside(world, [], await world.session(), ctx, null, o)
  const layout = broker.layout(spec)
  const allocation = await target.allocation(ctx)
  // Rendering wants the whole allotment; what the spec has just added (a user's secret) is named as if it were there.
  const nodes = allocation ? broker.nodes(spec, withNames(allocation, layout.secrets)) : []
  const states = allocation ? await target.observe(layout.members, ctx) : []
  const refused = allocation ? refusals(world, allocation, states, layout) : []
  if (refused.length > 0) return { ...nothing(allocation), failures: refused }
  const prepared = await target.prepared({ name: broker.software, version: spec.version }, ctx)
  const allRunning = allocation !== null && states.every((state) => state.running !== null)
  // Renewed ones that are not taken up yet are a run that broke off between the two.
  const expired =
    allocation?.certificates.some((certificate) => certificate.notAfter < ctx.now()) ||
    states.some((state) => state.staleSecrets.length > 0)
  const session = allRunning
    ? await world.session().catch((error: unknown) => {
        if (expired && toFailure(error).code === 'MQOPS_TLS') return null
        throw error
      })
    : null
  const bootstrapped =
    session !== null &&
    broker.bootstrap !== undefined &&
    allocation !== null &&
    (await broker.bootstrap.done(session, allocation, ctx))
  const members = planMembers(spec, layout, broker, {
    allocation,
    nodes,
    states,
    prepared,
    bootstrapped,
    now: ctx.now(),
    locked: allRunning && session === null,
  })
  const ordered = states.some((state) => state.running) ? await inRollOrder(members, world, ctx) : members
  const built = states.some((state) => Object.keys(state.files).length > 0)
  const files = states[0]?.files ?? {}
  if (session) return planInside(world, ordered, session, ctx, files, o)
  // Stopped members hide what is inside them: that part is planned in the same run, once they are up.
  if (built) return { ...nothing(allocation), steps: ordered, later: true }
  const kinds = broker.kinds.map((kind): KindSeen => ({ kind, observed: [], secrets: new Map() }))
  const inside = planResources(
    spec,
    kinds,
    new Map(),
    new Set(),
    ordered.map((step) => step.id),
  )
  return {
    clusterId: allocation?.clusterId ?? null,
    steps: [...ordered, ...inside.steps],
    later: false,
    notes: inside.notes,
    failures: inside.failures,
    inside: adoptable(spec, kinds),
  }
}

const nothing = (allocation: Allocation | null): Part => ({
  clusterId: allocation?.clusterId ?? null,
  steps: [],
  later: false,
  notes: [],
  failures: [],
  inside: null,
})

const withNames = (allocation: Allocation, names: readonly string[]) => ({
  ...allocation,
  secrets: {
    ...Object.fromEntries(names.map((name) => [name, { secretRef: { generated: name } }])),
    ...allocation.secrets,
  },
})

function refusals(
  world: ClusterWorld,
  allocation: Allocation,
  states: readonly NodeState[],
  layout: Layout,
): readonly Failure[] {
  const files = Object.fromEntries(states.map((state) => [`${state.role}-${state.slot}`, state.files]))
  const stopped = states.some((state) => state.running === null && Object.keys(state.files).length > 0)
  return world.broker
    .refuse({ allocation, files, stopped }, { spec: world.spec, layout })
    .map(({ path, code, message, hint }) => ({
      code,
      summary: message,
      address: address(world.spec.name, 'cluster'),
      path,
      retryable: false,
      ...(hint ? { hint } : {}),
    }))
}

async function planInside(
  world: ClusterWorld,
  members: readonly Step[],
  session: Session,
  ctx: Context,
  files: Readonly<Record<string, string>> | null,
  o: PlanOptions,
): Promise<Part> {
  const { spec, broker } = world
  const kinds = broker.kinds.filter((kind) => kind.via === 'api' || files !== null)
  // Another spec's that this user can't see is not this plan's business.
  const owners = session.ownership.read(ctx).then((owned) => ({ owned, ours: splitOwners(owned, spec.name).ours }))
  const [{ owned }, ...seen] = await Promise.all([
    owners,
    ...kinds.map((kind) => observeKind(kind, world, session, owners, files ?? {}, ctx)),
  ])
  const inside = planResources(
    spec,
    seen,
    owned,
    session.capabilities,
    members.map((step) => step.id),
    adopter(o.adopt ?? []),
  )
  const resources = await withLosses(kinds, inside.steps, session, ctx)
  return {
    clusterId: session.clusterId,
    steps: restartedLast(members, resources, kinds),
    later: false,
    notes: inside.notes,
    failures: inside.failures,
    inside: o.adopt === undefined || o.adopt.length === 0 ? null : adoptable(spec, seen),
  }
}

async function observeKind(
  kind: AnyKind,
  world: ClusterWorld,
  session: Session,
  owners: Promise<Owners>,
  files: Readonly<Record<string, string>>,
  ctx: Context,
): Promise<KindSeen> {
  if (kind.via === 'config') return { kind, observed: kind.configured?.(files) ?? [], secrets: new Map() }
  try {
    return await readKind(kind, world, session, owners, ctx)
  } catch (error) {
    // Another attempt may do better, or it stops the whole plan: only what this user may not see is told kind by kind.
    if (!(error instanceof MqopsError) || error.code !== 'MQOPS_FORBIDDEN') throw error
    return { kind, observed: [], secrets: new Map(), unreadable: error.failure }
  }
}

/** Records of all specs, and of this one. */
type Owners = { readonly owned: Records; readonly ours: Records }
type Records = ReadonlyMap<string, OwnerRecord>

async function readKind(
  kind: AnyKind,
  world: ClusterWorld,
  session: Session,
  owners: Promise<Owners>,
  ctx: Context,
): Promise<KindSeen> {
  const desired = kind.desired(world.spec)
  const [all, { owned, ours }] = await Promise.all([kind.list(session, 'all', ctx), owners])
  // What the broker keeps to itself is not in 'all'; a spec may still name it ('/', a built-in exchange).
  const listed = new Set(all.map(([key]) => JSON.stringify(key)))
  // And what is ours but not listed may be gone, or only out of this user's sight: unknown is never read as gone.
  const named = new Map(
    [...desired.map((d) => d.key), ...ownedKeys(kind, ours)].map((key) => [JSON.stringify(key), key]),
  )
  const hidden = [...named].filter(([text]) => !listed.has(text)).map(([, key]) => key)
  const observed =
    hidden.length === 0
      ? all
      : [...all, ...(await kind.list(session, hidden, ctx)).filter(([, have]) => have.is !== 'absent')]
  const present = new Set(observed.filter(([, have]) => have.is === 'present').map(([key]) => JSON.stringify(key)))
  const secrets = new Map<string, SecretDigests>()
  const todo = desired.filter((d) => secretRefs(kind, d.value).length > 0 && present.has(JSON.stringify(d.key)))
  const next = async (): Promise<void> => {
    for (let one = todo.shift(); one; one = todo.shift()) {
      const record = owned.get(printLocal({ kind: kind.name, key: one.key }))
      const digests = await secretDigests(kind, one.key, one.value, record, session, world)
      if (digests) secrets.set(JSON.stringify(one.key), digests)
    }
  }
  await Promise.all(Array.from({ length: ATTEST_CONCURRENCY }, next))
  return { kind, observed, secrets }
}
