import { type Address, address, printAddress } from '../../model/address.ts'
import type { Check } from '../../model/check.ts'
import { toFailure } from '../../model/failure.ts'
import type { Plan } from '../../model/plan.ts'
import type { Failure } from '../../model/failure.ts'
import type { ClusterWorld } from '../../ports/action.ts'
import type { Context } from '../../ports/context.ts'

/** Resources that a canary looks at, of each kind at most. */
const SAMPLE = 3
const CATCH_UP_PAUSE_MS = 500

/**
 * Is the cluster what the spec says, and does it carry messages? Every member, the broker's own health, the difference
 * (asked again from the broker), canaries, and refusal of plaintext and wrong credentials. `seen` gets each check as it
 * is known. Reads only, but for canaries, which clean up after themselves. `patienceMs`: how long the cluster's own health
 * may take to become good.
 */
export async function verifyCluster(
  world: ClusterWorld,
  plan: () => Promise<{ plan: Plan; failures: readonly Failure[] }>,
  seen: (check: Check) => void,
  patienceMs = 0,
): Promise<readonly Check[]> {
  const { ctx } = world
  const about = address(world.spec.name, 'cluster')
  const all: Check[] = []
  const keep = (checks: readonly Check[]) => {
    for (const check of checks) {
      all.push(check)
      seen(check)
    }
  }
  const timed = async (name: string, work: () => Promise<readonly Check[]>) => {
    const began = ctx.now()
    try {
      keep(await work())
    } catch (error) {
      ctx.signal.throwIfAborted()
      keep([{ about, name, ok: null, evidence: toFailure(error).summary, ms: ctx.now() - began }])
    }
  }
  await timed('members', () => memberChecks(world, ctx))
  if (all.some((check) => check.name === 'members' && check.ok === null)) return all // nobody answers: the rest would say the same
  // Most of each is waiting for the brokers: side by side they take as long as the canaries alone.
  await Promise.all([
    timed('health', () => health(world, ctx.now() + patienceMs)),
    timed('configuration', async () => [await difference(about, plan, ctx)]),
    timed('canary', async () => (await world.session()).canary(sample(world), ctx)),
    timed('refusals', async () => (await world.session()).refusals(ctx)),
  ])
  return all
}

/** Asked again until all is well or the time is over: what is still catching up after a start passes by itself. */
async function health(world: ClusterWorld, until: number): Promise<readonly Check[]> {
  const { ctx } = world
  for (;;) {
    const checks = await (await world.session()).checks(ctx)
    if (checks.every((check) => check.ok) || ctx.now() >= until) return checks
    await ctx.sleep(CATCH_UP_PAUSE_MS)
  }
}

async function memberChecks(world: ClusterWorld, ctx: Context): Promise<readonly Check[]> {
  const began = ctx.now()
  const members = await (await world.session()).members(ctx)
  const ms = ctx.now() - began
  return members.map((member) => ({
    about: address(world.spec.name, 'member', String(member.slot)),
    name: 'member',
    ok: member.up,
    evidence: member.up ? `answers and is in the quorum${member.leader ? ', leads' : ''}` : (member.why ?? 'no answer'),
    ms,
  }))
}

async function difference(
  about: Address,
  plan: () => Promise<{ plan: Plan; failures: readonly Failure[] }>,
  ctx: Context,
): Promise<Check> {
  const began = ctx.now()
  const { plan: found, failures } = await plan()
  const wrong = [
    ...failures.map((f) => f.summary),
    ...found.steps.map((step) => `${printAddress(step.address)}: ${step.reason}`),
  ]
  return {
    about,
    name: 'configuration',
    ok: wrong.length === 0,
    evidence:
      wrong.length === 0
        ? 'asked again: as in the spec'
        : wrong.slice(0, 5).join('; ') + (wrong.length > 5 ? `; and ${wrong.length - 5} more` : ''),
    ms: ctx.now() - began,
  }
}

/** The first few of each kind, by name: the same ones each time. */
const sample = (world: ClusterWorld): readonly Address[] =>
  world.broker.kinds.flatMap((kind) =>
    kind
      .desired(world.spec)
      .map((d) => d.key)
      .sort((a, b) => a.join('/').localeCompare(b.join('/'), 'en'))
      .slice(0, SAMPLE)
      .map((key) => address(world.spec.name, kind.name, ...key)),
  )
