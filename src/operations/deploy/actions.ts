import { printAddress } from '../../model/address.ts'
import { MqopsError } from '../../model/failure.ts'
import type { NodeSpec } from '../../model/member.ts'
import { failed, notYet, type Outcome, type Step, yes } from '../../model/plan.ts'
import type { Action, ClusterWorld, World } from '../../ports/action.ts'
import type { MemberHealth } from '../../ports/session.ts'
import type { NodeState } from '../../ports/target.ts'
import { changedFiles } from './member-files.ts'
import { allotted, outageText, RENEW_BEFORE_MS } from './members.ts'

type Place = { readonly role: string; readonly slot: number }
const placeOf = (step: Step): Place => step.args as unknown as Place
const clusterOf = (steps: readonly Step[], world: World): ClusterWorld =>
  world.cluster((steps[0] as Step).address.cluster)
const pass = async (steps: readonly Step[]): Promise<readonly Outcome[]> => steps.map(() => yes)

async function nodesOf(steps: readonly Step[], cluster: ClusterWorld): Promise<readonly NodeSpec[]> {
  const nodes = await cluster.nodes()
  return steps.map((step) => {
    const { role, slot } = placeOf(step)
    const node = nodes.find((n) => n.member.role === role && n.member.slot === slot)
    if (!node)
      throw new MqopsError({ code: 'MQOPS_INTERNAL', summary: `no node for ${role} ${slot}`, address: step.address })
    return node
  })
}

const converge = async (
  steps: readonly Step[],
  world: World,
  how: 'start' | 'restart' | 'reload',
): Promise<readonly NodeSpec[]> => {
  const cluster = clusterOf(steps, world)
  const nodes = await nodesOf(steps, cluster)
  const allocation = await cluster.allocation()
  if (!allocation) throw new MqopsError({ code: 'MQOPS_INTERNAL', summary: 'nothing is allotted' })
  await cluster.target.converge(
    nodes,
    how,
    (node) => {
      const member = allocation.members.find((m) => m.role === node.member.role && m.slot === node.member.slot)
      return member ? cluster.broker.format(cluster.spec, allocation, member) : {}
    },
    cluster.ctx,
  )
  return nodes
}

const CHECKED = ['reload', 'restart']

/** Running with these very files, and the cluster counts it in. */
async function upWith(steps: readonly Step[], world: World): Promise<readonly Outcome[]> {
  const cluster = clusterOf(steps, world)
  if ((await cluster.allocation()) === null) return steps.map(() => notYet('nothing is allotted yet'))
  const nodes = await nodesOf(steps, cluster)
  const states = await cluster.target.observe(steps.map(placeOf), cluster.ctx)
  const local = steps.map((step, i) => takenUp(nodes[i] as NodeSpec, stateOf(states, placeOf(step))))
  // Who runs is not up yet: its cluster must count it in, though others of the batch can't start.
  if (local.every((outcome) => outcome.is !== 'yes')) return local
  const seen = await cluster
    .session()
    .then((session) => session.members(cluster.ctx))
    .catch((error: unknown) => {
      if (error instanceof MqopsError && error.failure.retryable) return error.failure.summary
      throw error
    })
  return steps.map((step, i) => {
    const here = local[i] as Outcome // what keeps a member from starting says more than that nobody answers
    if (here.is !== 'yes') return here
    return typeof seen === 'string' ? notYet(seen) : up(seen, placeOf(step))
  })
}

const LAST_WORDS = 6

/** Nobody starts a member again that has ended: it is said at once, with its last words, not waited for. */
async function upOrEnded(steps: readonly Step[], world: World): Promise<readonly Outcome[]> {
  const outcomes = await upWith(steps, world)
  if (outcomes.every((outcome) => outcome.is === 'yes')) return outcomes
  const cluster = clusterOf(steps, world)
  const nodes = await nodesOf(steps, cluster)
  const states = await cluster.target.observe(steps.map(placeOf), cluster.ctx)
  return Promise.all(
    steps.map(async (step, i): Promise<Outcome> => {
      const node = nodes[i] as NodeSpec
      if (stateOf(states, placeOf(step))?.running) return outcomes[i] as Outcome
      const said = await Array.fromAsync(cluster.target.logs(node, { lines: LAST_WORDS, follow: false }, cluster.ctx))
      return failed({
        code: 'MQOPS_MEMBER_ENDED',
        summary: `${node.name} ended by itself soon after its start`,
        detail: said.join('\n'),
        address: step.address,
        retryable: false,
        hint: `See its whole log: mqops logs ${printAddress(step.address)}`,
      })
    }),
  )
}

const stateOf = (states: readonly NodeState[], { role, slot }: Place) =>
  states.find((s) => s.role === role && s.slot === slot)

function takenUp(node: NodeSpec, state: NodeState | undefined): Outcome {
  if (!state?.running) return notYet(`${node.name} is not running`)
  const behind = [...changedFiles(node, state.running.files, CHECKED), ...state.staleSecrets]
  if (behind.length > 0) return notYet(`${node.name} has not taken up ${behind.join(', ')}`)
  const edited = changedFiles(node, state.files, CHECKED)
  return edited.length === 0 ? yes : notYet(`${edited.join(', ')} of ${node.name} is not as it was written`)
}

function up(health: readonly MemberHealth[], { role, slot }: Place): Outcome {
  const member = health.find((m) => m.role === role && m.slot === slot)
  return member?.up ? yes : notYet(member?.why ?? `member ${slot} is not in the cluster yet`)
}

/**
 * Before a member goes down: all others are up, the broker says that it may, and nothing becomes unavailable that the
 * approved plan does not name.
 */
async function mayStop(steps: readonly Step[], world: World): Promise<readonly Outcome[]> {
  const cluster = clusterOf(steps, world)
  const health = await (await cluster.session()).members(cluster.ctx)
  return steps.map((step) => {
    const { role, slot } = placeOf(step)
    const other = health.find((m) => !m.up && !(m.role === role && m.slot === slot))
    if (other) return notYet(`member ${other.slot} is not up: ${other.why ?? 'no answer'}`)
    const member = health.find((m) => m.role === role && m.slot === slot)
    if (!member) return notYet(`member ${slot} is unknown to the cluster`)
    const { outage: consented = [] } = step.args as { readonly outage?: readonly string[] }
    const more = member.outage?.filter((name) => !consented.includes(name)) ?? []
    return more.length > 0 && member.mayStop.is === 'yes' ? unforeseen(slot, more) : member.mayStop
  })
}

const unforeseen = (slot: number, names: readonly string[]): Outcome => ({
  is: 'needs-human',
  todo: `${outageText(names)} while member ${slot} is down, and the plan did not say so. Plan again (mqops apply): the new plan names it and asks.`,
})

const action = (
  name: string,
  deadlineMs: number,
  maxBatch: number,
  parts: Pick<Action, 'done' | 'act'> & Partial<Action>,
): Action => ({
  name,
  maxBatch,
  exclusive: 'cluster',
  deadlineMs,
  guard: pass,
  ...parts,
})

/** Actions on members and on the cluster as a whole: the same for every broker and target. */
export const memberActions: readonly Action[] = [
  action('cluster.allocate', 60_000, 1, {
    done: async (steps, world) => {
      const cluster = clusterOf(steps, world)
      return [
        allotted(cluster.broker.layout(cluster.spec), await cluster.allocation()) ? yes : notYet('not all is allotted'),
      ]
    },
    act: async (steps, world) => {
      const cluster = clusterOf(steps, world)
      await cluster.target.allocate(cluster.broker.layout(cluster.spec), cluster.ctx)
      await cluster.target.remember(cluster.spec, cluster.ctx)
      return [yes]
    },
  }),
  action('software.prepare', 1_800_000, 1, {
    exclusive: 'address',
    done: async (steps, world) => {
      const cluster = clusterOf(steps, world)
      const there = await cluster.target.prepared(
        { name: cluster.broker.software, version: cluster.spec.version },
        cluster.ctx,
      )
      return [there ? yes : notYet('not installed yet')]
    },
    act: async (steps, world) => {
      const cluster = clusterOf(steps, world)
      const [step] = steps as [Step]
      await cluster.target.prepare(
        { name: cluster.broker.software, version: cluster.spec.version },
        (text, done, of) => world.progress(step.id, text, done, of),
        cluster.ctx,
      )
      return [yes]
    },
  }),
  action('certificate.renew', 30_000, 100, {
    done: async (steps, world) => {
      const allocation = await clusterOf(steps, world).allocation()
      return steps.map((step) => {
        const { name } = step.args as { name: string }
        const made = allocation?.certificates.find((c) => c.name === name)
        return made && made.notAfter - world.ctx.now() > RENEW_BEFORE_MS ? yes : notYet('not renewed yet')
      })
    },
    act: async (steps, world) => {
      const cluster = clusterOf(steps, world)
      await cluster.target.renew(
        steps.map((step) => (step.args as { name: string }).name),
        cluster.ctx,
      )
      await cluster.dropSession()
      return steps.map(() => yes)
    },
  }),
  action('member.start', 180_000, 1000, {
    done: upWith,
    settled: upOrEnded,
    act: async (steps, world) => {
      await converge(steps, world, 'start')
      return steps.map(() => yes)
    },
  }),
  action('member.restart', 300_000, 1, {
    done: upWith,
    settled: upOrEnded,
    guard: (steps, world) => mayStop(steps, world),
    act: async (steps, world) => {
      const cluster = clusterOf(steps, world)
      const { broker, target, ctx } = cluster
      if (broker.drain)
        for (const node of await nodesOf(steps, cluster))
          await broker.drain(node, target.exec, ctx, await cluster.session())
      await converge(steps, world, 'restart')
      return steps.map(() => yes)
    },
  }),
  action('member.reload', 60_000, 1, {
    done: upWith,
    act: async (steps, world) => {
      const cluster = clusterOf(steps, world)
      const [node] = (await converge(steps, world, 'reload')) as [NodeSpec]
      const { names } = (steps[0] as Step).args as { names: readonly string[] }
      const { target } = cluster
      await cluster.broker.reload(
        cluster.spec,
        node,
        names,
        await cluster.session(),
        {
          exec: target.exec,
          signal: (member, signal) => target.signal(member, signal, cluster.ctx),
          log: (lines) => target.logs(node, { lines, follow: false }, cluster.ctx),
        },
        cluster.ctx,
      )
      await target.acknowledge(node, world.ctx)
      return [yes]
    },
  }),
  action('cluster.bootstrap', 120_000, 1, {
    done: async (steps, world) => {
      const cluster = clusterOf(steps, world)
      const allocation = await cluster.allocation()
      if (!allocation || !cluster.broker.bootstrap) return [notYet('nothing is allotted yet')]
      return [
        (await cluster.broker.bootstrap.done(await cluster.session(), allocation, cluster.ctx))
          ? yes
          : notYet('first credentials are missing'),
      ]
    },
    act: async (steps, world) => {
      const cluster = clusterOf(steps, world)
      const allocation = await cluster.allocation()
      if (!allocation) return [notYet('nothing is allotted yet')]
      await cluster.broker.bootstrap?.act(await cluster.session(), allocation, cluster.ctx)
      return [yes]
    },
  }),
]
