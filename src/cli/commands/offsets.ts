import { resolve } from 'node:path'
import type { Application, OffsetsAsk } from '../application.ts'
import { chooseClusters, fileFlags } from '../clusters.ts'
import { missingFlags } from '../consent.ts'
import { EXIT, exitFor, Failures, usage } from '../failures.ts'
import { writeText } from '../files.ts'
import {
  answer,
  event,
  type Invocation,
  isMachine,
  isStream,
  isWide,
  reportFailures,
  show,
  talk,
  tell,
} from '../invocation.ts'
import { printAddress } from '../../model/address.ts'
import type { Plan } from '../../model/plan.ts'
import type { ClusterSpec } from '../../model/spec.ts'
import type { Messages } from '../messages/index.ts'
import { targetOf, topicOf } from '../offsets-ask.ts'
import { runPlanned } from '../running.ts'
import { planJson } from '../views/json.ts'
import { groupLines, groupListJson, groupListLines, groupJson } from '../views/offsets.ts'
import { planLines } from '../views/plan.ts'
import { shellWord } from '../views/units.ts'

/** Groups; where one of them stands; or a plan that sets its offsets, with consent and run. */
export async function run(inv: Invocation): Promise<number> {
  const { options, m, terminal } = inv
  const [cluster, group] = inv.args as [string, string | undefined]
  const target = targetOf(options, terminal.now(), m)
  const topics = (options.topic ?? []).map((text) => topicOf(text, m))
  const needless = [options.planOnly && '--plan-only', options.out !== undefined && '--out'].find(Boolean)
  if (!target && needless) throw usage(m.offsets.nowhere(needless), m.offsets.nowhereHint)
  if (group === undefined && (target || topics.length > 0)) throw usage(m.usage.missingArgument('GROUP'))
  const app = await inv.application()
  const spec = (await chooseClusters(inv, app, [cluster], 'named'))[0] as ClusterSpec
  if (group === undefined) return list(inv, app, spec)
  if (!target) {
    await showGroup(inv, app, spec, group, topics)
    return EXIT.done
  }
  const ask: OffsetsAsk = { group, topics, target }
  if (options.planOnly || options.out !== undefined) return planOnly(inv, app, spec, ask)
  const planned = await app.planOffsets(spec, ask)
  if (planned.plan.steps.length === 0) tell(inv, noteTexts(planned.plan, m))
  const code = await runPlanned(inv, app, planned, {
    question: m.consent.question,
    nothing: m.offsets.unchanged(group),
    verify: 'never',
  })
  if (code === EXIT.done && !isMachine(inv) && !isStream(inv)) {
    show(inv, [''])
    await showGroup(inv, app, spec, group, topics)
  }
  return code
}

async function list(inv: Invocation, app: Application, spec: ClusterSpec): Promise<number> {
  const groups = await app.groups(spec)
  const value = () => groupListJson(spec.name, groups)
  if (isStream(inv)) event(inv, { type: 'groups', ...value() })
  else await answer(inv, value, () => groupListLines(groups, { wide: isWide(inv) }, inv.style, inv.m))
  if (groups.silent.length > 0) talk(inv, [inv.m.offsets.silent(groups.silent.join(', '))])
  return groups.silent.length > 0 ? EXIT.failed : EXIT.done
}

async function showGroup(
  inv: Invocation,
  app: Application,
  spec: ClusterSpec,
  group: string,
  topics: OffsetsAsk['topics'],
): Promise<void> {
  const all = await app.standing(
    spec,
    group,
    topics.map(({ topic }) => topic),
  )
  const wanted = (topic: string, partition: number) =>
    topics.length === 0 || topics.some((one) => one.topic === topic && (one.partitions?.includes(partition) ?? true))
  const standing = { ...all, partitions: all.partitions.filter((one) => wanted(one.topic, one.partition)) }
  const value = () => groupJson(spec.name, standing)
  if (isStream(inv)) event(inv, { type: 'group', group: value() })
  else await answer(inv, value, () => groupLines(standing, { wide: isWide(inv) }, inv.style, inv.m))
}

/** As `mqops plan`: shows, and keeps it for `mqops apply FILE`. */
async function planOnly(inv: Invocation, app: Application, spec: ClusterSpec, ask: OffsetsAsk): Promise<number> {
  const { options, m, terminal } = inv
  const { plan, failures } = await app.planOffsets(spec, ask)
  const keep = failures.length === 0 && plan.steps.length > 0 ? options.out : undefined
  if (keep !== undefined) await writeText(inv, resolve(terminal.cwd, keep), app.printPlan(plan))
  const command = keep === undefined ? ['mqops offsets', ...again(inv, ask.target)] : ['mqops apply', shellWord(keep)]
  const next = [...command, missingFlags(plan.steps)].join(' ')
  if (isStream(inv)) event(inv, { type: 'plan', ...planJson(plan, failures) })
  else
    await answer(
      inv,
      () => planJson(plan, failures),
      () =>
        plan.steps.length === 0 && failures.length === 0
          ? [...noteTexts(plan, m), m.offsets.unchanged(ask.group)]
          : planLines(plan, { wide: isWide(inv), next, failed: failures.length }, m),
    )
  if (keep !== undefined) talk(inv, [m.plan.written(keep)])
  if (failures.length === 0) return EXIT.done
  if (!isMachine(inv)) reportFailures(inv, new Failures(failures))
  return exitFor(failures)
}

/** What there is to say where nothing is to be done: offsets beyond the log, partitions without any. */
const noteTexts = ({ notes }: Plan, m: Messages): readonly string[] =>
  notes.map((note) => `${printAddress(note.address)}  ${m.phrase(note.text)}`)

/** The same command as it would be typed again, without what kept it from being run; '2h' is the moment that it meant. */
const again = (inv: Invocation, target: OffsetsAsk['target']): readonly string[] => {
  const { options, args } = inv
  const flag = (name: string, value: string | undefined) => (value === undefined ? [] : [name, shellWord(value)])
  return [
    ...args.map(shellWord),
    ...fileFlags(inv),
    ...(options.topic ?? []).flatMap((topic) => flag('--topic', topic)),
    ...flag('--to', options.to),
    ...(target.to === 'time' ? flag('--to-time', new Date(target.at).toISOString()) : []),
    ...flag('--to-offset', options.toOffset),
    ...flag('--shift', options.shift),
  ]
}
