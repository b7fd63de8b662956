import { existsSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { Check } from '../../model/check.ts'
import { MqopsError } from '../../model/failure.ts'
import type { ClusterSpec } from '../../model/spec.ts'
import type { RuntimeReport } from '../../ports/runtimes.ts'
import type { Application } from '../application.ts'
import { DEFAULT_FILE, loadClusters } from '../clusters.ts'
import { askConsent } from '../consent.ts'
import { EXIT, Failures } from '../failures.ts'
import { event, type Invocation, isStream, tell } from '../invocation.ts'
import { conclude, exitForRun, runLive } from '../running.ts'
import { countsOf, entriesOf } from '../views/changes.ts'
import { checkJson } from '../views/json.ts'
import { startProgress } from '../views/progress.ts'
import { countsText } from '../views/plan.ts'
import { isHealthy, statusLines } from '../views/status.ts'
import { bold, dim, type Line, paint } from '../views/text.ts'
import { bytes, seconds, shellWord } from '../views/units.ts'
import { checkLine, failedChecks, verifySummary } from '../views/verify.ts'
import { verifyClusters } from '../verifying.ts'

/** What nine small members take together, measured. */
const MEMORY = 2.5 * 1024 ** 3

/** Three real clusters: built, verified, shown; or removed without a trace. */
export async function run(inv: Invocation): Promise<number> {
  const app = await inv.application()
  const file = demoFile()
  const specs = await loadClusters(app, [file])
  return inv.options.down ? takeDown(inv, app, specs) : bringUp(inv, app, specs, file)
}

/** `examples/demo.yaml` of this package: beside `src` in a checkout, beside `dist` when installed. */
function demoFile(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const file = join(folder, 'examples', 'demo.yaml')
    if (existsSync(file)) return file
    if (folder === dirname(folder))
      throw new MqopsError({ code: 'MQOPS_INTERNAL', summary: 'examples/demo.yaml is not in this package' })
  }
}

async function bringUp(
  inv: Invocation,
  app: Application,
  specs: readonly ClusterSpec[],
  file: string,
): Promise<number> {
  const { m, terminal } = inv
  const began = terminal.now()
  const missing = missingFor(specs, app, await app.runtimes.report())
  tell(inv, [
    [bold(m.demo.intro)],
    m.demo.needs(bytes(MEMORY)),
    missing.length > 0 ? m.demo.downloads(missing.join(', ')) : m.demo.noDownloads,
    '',
  ])
  const { plan, failures } = await app.plan(specs)
  if (failures.length > 0) throw new Failures(failures)
  if (plan.steps.length > 0 || plan.later.length > 0) {
    tell(inv, [m.demo.planned(countsText(countsOf(entriesOf(plan)), m)), [bold(m.demo.building)]])
    // The demo is asked for by name: only what would lose data is asked about.
    const approval = await askConsent(inv, plan, { all: true, confirmed: [] }, m.consent.question)
    if (!approval) return EXIT.failed
    const ended = await runLive(inv, startProgress(plan), (o) => app.run(plan, approval, o))
    if (exitForRun(ended.result) !== EXIT.done) return conclude(inv, app, ended, [])
  }
  tell(inv, ['', [bold(m.demo.verifying)]])
  const show = (check: Check) => (isStream(inv) ? undefined : tell(inv, [checkLine(check, m)]))
  const checks = await verifyClusters(inv, app, specs, show, 'after a run')
  const names = specs.map((spec) => spec.name)
  const statuses = await app.status(specs)
  const well = checks.length > 0 && failedChecks(checks).length === 0 && isHealthy(statuses)
  const time = seconds(terminal.now() - began)
  if (isStream(inv))
    event(inv, {
      type: 'result',
      state: well ? 'done' : 'failed',
      ms: terminal.now() - began,
      checks: checks.map(checkJson),
    })
  else {
    tell(inv, [
      ...verifySummary(checks, names, m),
      '',
      ...statusLines(statuses, { wide: false, now: terminal.now() }, inv.style, m),
      '',
      well ? [paint('green', m.demo.ready(time))] : [paint('red', m.demo.notWell(time))],
      ...(well ? tryNext(inv, file, names) : []),
    ])
  }
  return well ? EXIT.done : EXIT.failed
}

/** What these clusters lack; other versions that mqops knows are not its business here. */
function missingFor(
  specs: readonly ClusterSpec[],
  app: Application,
  reports: readonly RuntimeReport[],
): readonly string[] {
  const wanted = (software: string) =>
    specs.filter((spec) => app.brokers.some((broker) => broker.kind === spec.broker && broker.software === software))
  const isWanted = ({ software, version }: RuntimeReport) =>
    software === 'java' || wanted(software).some((spec) => `${version}.`.startsWith(`${spec.version}.`))
  return reports
    .filter((report) => report.state === 'missing' && isWanted(report))
    .map((report) => `${report.software} ${report.version}`)
}

function tryNext(inv: Invocation, file: string, names: readonly string[]): readonly Line[] {
  const { demo } = inv.m
  const near = relative(inv.terminal.cwd, file)
  const path = shellWord(near.startsWith('..') ? file : near)
  const things: readonly (readonly [what: string, ...commands: readonly string[]])[] = [
    [
      demo.edit,
      ...(existsSync(join(inv.terminal.cwd, DEFAULT_FILE)) ? [] : [`cp ${path} ${DEFAULT_FILE}`]),
      'mqops plan',
    ],
    [demo.status, 'mqops status'],
    [demo.connect, `mqops connect ${names[0]} --show-secrets`],
  ]
  return [
    '',
    [bold(demo.tryNext)],
    ...things.flatMap(([what, ...commands], i): readonly Line[] => [
      `  ${i + 1}. ${what}`,
      ...commands.map((command): Line => [`     $ `, paint('cyan', inv.m.command(command))]),
    ]),
    '',
    [dim(`${demo.down}: `), inv.m.command('mqops demo --down')],
  ]
}

/** The demo's own data: nobody is asked. What is remembered of it here goes too. */
async function takeDown(inv: Invocation, app: Application, specs: readonly ClusterSpec[]): Promise<number> {
  const { m, terminal } = inv
  const names = specs.map((spec) => spec.name)
  const remembered = await app.remembered()
  const here = specs.map((spec) => remembered.find((one) => one.name === spec.name) ?? spec)
  const { plan, failures } = await app.planDestroy(here)
  if (failures.length > 0) throw new Failures(failures)
  const began = terminal.now()
  if (plan.steps.length > 0) {
    const ended = await runLive(inv, startProgress(plan), (o) => app.run(plan, { all: true, confirmed: names }, o))
    if (exitForRun(ended.result) !== EXIT.done) return conclude(inv, app, ended, [])
  }
  await app.forget?.(names)
  const ms = terminal.now() - began
  if (isStream(inv)) event(inv, { type: 'result', state: 'done', ms })
  else tell(inv, [plan.steps.length > 0 ? [paint('green', m.demo.gone(seconds(ms)))] : m.demo.nothing])
  return EXIT.done
}
