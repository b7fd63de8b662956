import type { Check } from '../model/check.ts'
import type { Plan } from '../model/plan.ts'
import type { ClusterSpec } from '../model/spec.ts'
import type { Application, Planned, RunOptions, RunResult } from './application.ts'
import { askConsent, flagsApproval } from './consent.ts'
import { EXIT, exitFor, Failures } from './failures.ts'
import { interruptible } from './interrupts.ts'
import { event, type Invocation, isMachine, isStream, talk, tell } from './invocation.ts'
import { viewRun } from './live.ts'
import { specsOf } from './views/changes.ts'
import { checkJson, jsonText, resultJson, yamlText } from './views/json.ts'
import { resumedProgress, type RunProgress, startProgress } from './views/progress.ts'
import { planLines } from './views/plan.ts'
import { failureLines } from './views/failure.ts'
import { resultLines, uncoveredLines } from './views/run.ts'
import { failedChecks, verifySummary } from './views/verify.ts'
import { verifyClusters } from './verifying.ts'

/** What apply, resume, stop, start, destroy and demo have in common: show the plan, ask, run it, tell how it ended. */

export type Ended = { readonly result: RunResult; readonly ms: number }

/** Runs with a live view; `known`: its steps, as far as they are known beforehand. Ctrl-C: once stops after what runs, twice leaves. */
export async function runLive(
  inv: Invocation,
  known: RunProgress,
  start: (o: RunOptions) => Promise<RunResult>,
): Promise<Ended> {
  const { terminal, m } = inv
  const began = terminal.now()
  const view = isStream(inv) ? null : viewRun(terminal, inv.talkStyle, known, m)
  try {
    const result = await interruptible(
      inv,
      {
        first: () => (view ? view.stopping() : talk(inv, [m.run.stopNotice])),
        leaving: () => {
          view?.end()
          talk(inv, [m.run.leaving])
        },
      },
      (signals) => start({ ...signals, live: (live) => (view ? view.live(live) : event(inv, live)) }),
    )
    return { result, ms: terminal.now() - began }
  } finally {
    view?.end()
  }
}

/** Asks for consent to what could be known only in the run, and goes on, until nothing is uncovered or it is declined. */
export async function widen(inv: Invocation, app: Application, ended: Ended): Promise<Ended> {
  let now = ended
  while (now.result.uncovered.length > 0 && inv.terminal.interactive) {
    talk(inv, uncoveredLines(now.result.uncovered, inv.m))
    const asked: Plan = { format: 1, clusters: {}, spec: [], steps: now.result.uncovered, later: [], notes: [] }
    const approval = await askConsent(inv, asked, flagsApproval(inv), inv.m.consent.questionRest)
    if (!approval) return now
    const { run } = now.result
    const more = await runLive(
      inv,
      resumedProgress(await app.runEvents(run)),
      async (o) => (await app.resume(run, { ...o, approval })) ?? now.result,
    )
    now = { result: more.result, ms: now.ms + more.ms }
  }
  return now
}

/** The exit code of a run. */
export function exitForRun(result: RunResult): number {
  if (result.state === 'done') return result.uncovered.length > 0 ? EXIT.partly : EXIT.done
  if (result.state === 'partly') return EXIT.partly
  if (result.state === 'cancelled') return EXIT.interrupted
  return result.state === 'failed' && result.failures.length > 0 ? exitFor(result.failures) : EXIT.failed
}

export type RunCommand = {
  readonly question: string
  /** Said when there is nothing to do. */
  readonly nothing: string
  /** 'always': after a run; 'ever': also when there was nothing to do; 'never'. */
  readonly verify: 'always' | 'ever' | 'never'
}

/** A plan from showing it to verifying what came of it. @returns the exit code */
export async function runPlanned(inv: Invocation, app: Application, planned: Planned, o: RunCommand): Promise<number> {
  const { plan, failures } = planned
  const { m } = inv
  const nothing = plan.steps.length === 0 && plan.later.length === 0
  if (failures.length > 0 || !nothing)
    tell(inv, planLines(plan, { wide: inv.options.output === 'wide', next: null, failed: failures.length }, m))
  if (failures.length > 0) throw new Failures(failures)
  if (nothing) {
    tell(inv, [o.nothing])
    const checks = o.verify === 'ever' ? await verifyClusters(inv, app, specsOf(plan), undefined, 'after a run') : null
    return finish(inv, null, checks, specsOf(plan))
  }
  const approval = await askConsent(inv, plan, flagsApproval(inv), o.question)
  if (!approval) return EXIT.failed
  const ended = await widen(
    inv,
    app,
    await runLive(inv, startProgress(plan), (options) => app.run(plan, approval, options)),
  )
  return conclude(inv, app, ended, o.verify === 'never' ? [] : specsOf(plan))
}

/** Tells how a run ended, and verifies these clusters when it ended well. */
export async function conclude(
  inv: Invocation,
  app: Application,
  ended: Ended,
  verify: readonly ClusterSpec[],
): Promise<number> {
  const good = exitForRun(ended.result) === EXIT.done
  const { failures } = ended.result
  talk(
    inv,
    failures.flatMap((failure) => failureLines(failure, inv.m, inv.talkStyle.columns)),
  )
  const lines = resultLines({ ...ended.result, failures: [] }, ended.ms, inv.m, inv.style.columns)
  if (good) tell(inv, lines)
  else talk(inv, lines)
  const checks = good && verify.length > 0 ? await verifyClusters(inv, app, verify, undefined, 'after a run') : null
  return finish(inv, ended, checks, verify)
}

async function finish(
  inv: Invocation,
  ended: Ended | null,
  checks: readonly Check[] | null,
  specs: readonly ClusterSpec[],
): Promise<number> {
  const names = specs.map((spec) => spec.name)
  const code = ended ? exitForRun(ended.result) : EXIT.done
  const unverified = checks !== null && (failedChecks(checks).length > 0 || checks.length === 0)
  if (checks) tell(inv, verifySummary(checks, names, inv.m))
  const document = {
    ...(ended
      ? resultJson(ended.result, ended.ms)
      : {
          type: 'result',
          run: null,
          state: 'done',
          steps: 0,
          ms: 0,
          failures: [],
          uncovered: [],
          todo: [],
          takenBack: [],
        }),
    ...(checks ? { verified: !unverified, checks: checks.map(checkJson) } : {}),
  }
  if (isStream(inv)) event(inv, document)
  else if (isMachine(inv))
    inv.terminal.out.write(inv.options.output === 'json' ? jsonText(document) : await yamlText(document))
  return code === EXIT.done && unverified ? EXIT.failed : code
}
