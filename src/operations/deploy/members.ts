import { address } from '../../model/address.ts'
import type { Json, JsonObject } from '../../model/json.ts'
import type { Allocation, Layout, NodeSpec } from '../../model/member.ts'
import type { Risk, Step } from '../../model/plan.ts'
import { changedFiles, editedFiles, fileDigests, lineChanges, reasonOf, restartReason } from './member-files.ts'
import { printText } from '../../model/secret.ts'
import type { ClusterSpec } from '../../model/spec.ts'
import type { Broker } from '../../ports/broker.ts'
import type { NodeState } from '../../ports/target.ts'
import { digest, stepId } from '../../engine/digest.ts'

/** Certificates are renewed by the plan that runs in the last 30 days of their life. */
export const RENEW_BEFORE_MS = 30 * 86_400_000

/** What was seen of a cluster's members before planning; plain values. */
export type MembersSeen = {
  readonly allocation: Allocation | null
  readonly nodes: readonly NodeSpec[] // empty while nothing is allotted
  readonly states: readonly NodeState[]
  readonly prepared: boolean
  readonly bootstrapped: boolean // false also when it can't be told
  /** A certificate has expired and nobody gets in, mqops neither: what runs is stopped, and started with new ones. */
  readonly locked?: boolean
  readonly now: number
}

type Draft = Omit<Step, 'id' | 'needs'> & { readonly needs: readonly Step[] }

const step = (draft: Draft): Step => ({
  ...draft,
  id: stepId(draft.address, draft.action, draft.args),
  needs: draft.needs.map((need) => need.id),
})

/** Steps that bring a cluster's members from what they are to what the spec says, in the order they may run. Pure. */
export function planMembers(
  spec: ClusterSpec,
  layout: Layout,
  broker: Pick<Broker, 'bootstrap' | 'disturbs'>,
  seen: MembersSeen,
): readonly Step[] {
  const steps: Step[] = []
  const add = (draft: Draft): Step => {
    const made = step(draft)
    steps.push(made)
    return made
  }
  const base = (
    action: string,
    kind: string,
    key: readonly string[],
    args: Json,
    reason: string,
    risk: Risk,
    needs: readonly Step[],
  ): Draft => ({
    address: address(spec.name, kind, ...key),
    action,
    args,
    reads: digest(null),
    reason,
    risk,
    reversible: true,
    changes: [],
    needs,
  })

  const foundation: Step[] = []
  if (!allotted(layout, seen.allocation)) {
    const what = seen.allocation
      ? 'allot what the spec has added'
      : `a new ${spec.broker} cluster of ${layout.members.length}`
    foundation.push(add(base('cluster.allocate', 'cluster', [], { layout: digest(layout) }, what, 'safe', [])))
  }
  if (!seen.prepared) {
    foundation.push(
      add(
        base(
          'software.prepare',
          'software',
          [`${spec.broker.toLowerCase()}-${spec.version}`],
          { version: spec.version },
          'not installed yet',
          'safe',
          [],
        ),
      ),
    )
  }
  const renewals = planRenewals(seen, (name, why) =>
    base(
      'certificate.renew',
      'certificate',
      [name],
      { name, notAfter: notAfterOf(seen, name) },
      why,
      'safe',
      foundation,
    ),
  ).map(add)
  const ground = [...foundation, ...renewals]
  if (seen.locked)
    ground.push(
      add(
        base(
          'cluster.stop',
          'cluster',
          [],
          {},
          'stopped: its certificates have expired and let nobody in',
          'disruptive',
          ground,
        ),
      ),
    )

  const starts: Step[] = []
  const rolls: Step[] = []
  const isUp = ({ role, slot }: Layout['members'][number]) =>
    seen.nodes.some((n) => n.member.role === role && n.member.slot === slot) &&
    seen.states.some((s) => s.role === role && s.slot === slot && s.running)
  // Those that are down come first: a member goes down only while all others are up.
  for (const { role, slot } of [...layout.members].sort((a, b) => Number(isUp(a)) - Number(isUp(b)))) {
    const node = seen.nodes.find((n) => n.member.role === role && n.member.slot === slot)
    const state = seen.states.find((s) => s.role === role && s.slot === slot)
    const key = [String(slot)]
    if (!node || !state?.running || seen.locked) {
      const fresh = !node || !state || Object.keys(state.files).length === 0
      const halted = seen.locked ? 'started with a new certificate' : 'it is not running'
      const reason = state?.problem ?? (fresh ? 'new member' : halted)
      starts.push(
        add(
          base(
            'member.start',
            'member',
            key,
            { role, slot, files: node ? fileDigests(node) : null },
            reason,
            'safe',
            ground,
          ),
        ),
      )
      continue
    }
    const restart = changedFiles(node, state.running.files, ['restart'])
    const edited = editedFiles(node, state)
    const reload = [
      ...new Set([
        ...changedFiles(node, state.running.files, ['reload']),
        ...edited,
        ...state.staleSecrets,
        ...renewedFiles(node, renewals),
      ]),
    ]
    const before = {
      ...state.running.files,
      ...Object.fromEntries(edited.map((name) => [name, state.files[name] ?? ''])),
    }
    if (restart.length > 0) {
      // It takes up all files, those that would not have wanted it too.
      const also = reload.filter((name) => !restart.includes(name))
      rolls.push(
        add({
          ...base(
            'member.restart',
            'member',
            key,
            { role, slot, files: fileDigests(node) },
            restartReason(restart, also, edited),
            'disruptive',
            [...ground, ...starts, ...rolls.slice(-1)],
          ),
          changes: lineChanges(node, before, [...restart, ...also]),
        }),
      )
    } else if (reload.length > 0) {
      const noticed = reload.filter((name) =>
        broker.disturbs?.(name, {
          before: before[name] ?? '',
          after: printText(node.files[name]?.text ?? []),
          secrets: state.staleSecrets.includes(name),
        }),
      )
      const stale: JsonObject = state.staleSecrets.length > 0 ? { secrets: state.staleSecrets } : {}
      rolls.push(
        add({
          ...base(
            'member.reload',
            'member',
            key,
            { role, slot, names: reload, files: fileDigests(node), ...stale },
            `${reasonOf(reload, edited)}${noticed.length > 0 ? ': clients may be cut off' : ''}`,
            noticed.length > 0 ? 'disruptive' : 'safe',
            [...ground, ...starts, ...rolls.slice(-1)],
          ),
          changes: lineChanges(node, before, reload),
        }),
      )
    }
  }
  if (broker.bootstrap && !seen.bootstrapped) {
    const reason = seen.allocation
      ? 'some of what it was first given is missing, or refused by a member'
      : 'first credentials and feature levels'
    add(base('cluster.bootstrap', 'cluster', ['bootstrap'], {}, reason, 'safe', [...ground, ...starts]))
  }
  return steps
}

const SHOWN = 5

/** For people: what can't be used, the first few by name. */
export const outageText = (names: readonly string[]): string =>
  `${names.slice(0, SHOWN).join(', ')}${names.length > SHOWN ? ` and ${names.length - SHOWN} more` : ''} can't be used`

/** A restart that takes something down with it says so, and is approved with it. */
export function withOutage(restart: Step, outage: readonly string[] | undefined): Step {
  if (restart.action !== 'member.restart' || !outage || outage.length === 0) return restart
  const args = { ...(restart.args as JsonObject), outage }
  const reason = `${restart.reason}; ${outageText(outage)} while it restarts`
  return { ...restart, id: stepId(restart.address, restart.action, args), args, reason }
}

/** Has the target allotted all that the layout asks for? */
export function allotted(layout: Layout, allocation: Allocation | null): boolean {
  if (!allocation) return false
  const has = (role: string, slot: number, ports: readonly string[]) =>
    allocation.members.some(
      (m) => m.role === role && m.slot === slot && ports.every((port) => m.ports[port] !== undefined),
    )
  return (
    layout.members.every((m) => has(m.role, m.slot, m.ports)) &&
    layout.secrets.every((name) => allocation.secrets[name] !== undefined) &&
    layout.certificates.every((c) => allocation.certificates.some((made) => made.name === c.name))
  )
}

const notAfterOf = (seen: MembersSeen, name: string): number =>
  seen.allocation?.certificates.find((c) => c.name === name)?.notAfter ?? 0

function planRenewals(seen: MembersSeen, draft: (name: string, why: string) => Draft): readonly Draft[] {
  const due = seen.allocation?.certificates.filter((c) => c.notAfter - seen.now < RENEW_BEFORE_MS) ?? []
  return due.map((c) =>
    draft(
      c.name,
      c.notAfter < seen.now
        ? 'it has expired'
        : `it expires in ${Math.floor((c.notAfter - seen.now) / 86_400_000)} days`,
    ),
  )
}

/** Files of a node that hold a certificate which is about to be renewed: their rendered text stays the same. */
const renewedFiles = (node: NodeSpec, renewals: readonly Step[]): readonly string[] => {
  const names = renewals.map((renewal) => `generated:tls/${(renewal.args as { name: string }).name}.`)
  return Object.entries(node.files)
    .filter(([, file]) => names.some((name) => printText(file.text).includes(name)))
    .map(([name]) => name)
}
