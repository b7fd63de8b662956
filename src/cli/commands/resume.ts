import type { Approval } from '../../model/event.ts'
import type { ClusterSpec } from '../../model/spec.ts'
import type { Application } from '../application.ts'
import { flagsApproval } from '../consent.ts'
import { EXIT, usage } from '../failures.ts'
import type { Invocation } from '../invocation.ts'
import { tell } from '../invocation.ts'
import { conclude, runLive, widen } from '../running.ts'
import { suggest } from '../../spec/suggest.ts'
import { resumedProgress, type RunProgress } from '../views/progress.ts'
import { specsOf } from '../views/changes.ts'

/** Goes on with a run, under the consent that it was started with and what the flags add. */
export async function run(inv: Invocation): Promise<number> {
  const { m, options } = inv
  const app = await inv.application()
  const wanted = inv.args[0] ?? null
  if (wanted !== null) await mustExist(inv, app, wanted)
  const more: { approval?: Approval } = options.yes || options.confirm ? { approval: flagsApproval(inv) } : {}
  let none = false
  const first = await runLive(inv, await knownOf(app, wanted), async (o) => {
    const result = await app.resume(wanted, { ...o, ...more })
    none = result === null
    return result ?? { run: '', state: 'done', failures: [], uncovered: [], todo: [], takenBack: [], steps: 0 }
  })
  if (none) {
    tell(inv, [m.run.nothingToResume])
    return EXIT.done
  }
  const ended = await widen(inv, app, first)
  return conclude(inv, app, ended, options.verify === false ? [] : await clustersOf(app, ended.result.run))
}

/** The steps of the run that will be gone on with: the named one, else the newest. */
async function knownOf(app: Application, wanted: string | null): Promise<RunProgress> {
  const run = wanted ?? (await app.runs(1))[0]?.run
  return resumedProgress(run === undefined ? [] : await app.runEvents(run))
}

/** Clusters that a run left standing as a spec says: those of its plan, unless it was to stop or destroy them. */
async function clustersOf(app: Application, run: string): Promise<readonly ClusterSpec[]> {
  const plans = (await app.runEvents(run)).flatMap((event) => (event.type === 'planned' ? [event.plan] : []))
  const [plan] = plans
  const gone = plans.some(
    (one) =>
      one.operation || one.steps.some((step) => step.action === 'cluster.stop' || step.action === 'cluster.destroy'),
  )
  return plan && !gone ? specsOf(plan) : []
}

export async function mustExist(inv: Invocation, app: Application, run: string): Promise<void> {
  if ((await app.runEvents(run)).length > 0) return
  const near = suggest(
    run,
    (await app.runs(50)).map((one) => one.run),
  )
  throw usage(
    inv.m.usage.noSuchRun(run),
    near !== null ? inv.m.usage.didYouMean(near) : inv.m.usage.seeHelp('mqops runs'),
  )
}
