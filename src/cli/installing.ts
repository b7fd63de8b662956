import type { LiveEvent, RunFact } from '../model/event.ts'
import { address } from '../model/address.ts'
import { failed, type Outcome, type Step, yes } from '../model/plan.ts'
import { toFailure } from '../model/failure.ts'
import type { InstallProgress, Software } from '../ports/runtimes.ts'
import { suggest } from '../spec/suggest.ts'
import type { Application } from './application.ts'
import { EXIT, exitFor, Failures, usage } from './failures.ts'
import { interruptible } from './interrupts.ts'
import { answer, type Invocation, isMachine, talk } from './invocation.ts'
import { viewRun } from './live.ts'
import type { Messages } from './messages/index.ts'
import { startProgress } from './views/progress.ts'
import { paint } from './views/text.ts'

export type SoftwareWish = { readonly software: Software; readonly version: string }

const SOFTWARE: readonly Software[] = ['kafka', 'nats', 'rabbitmq']

/** 'nats', 'nats@2.14'. Throws MQOPS_USAGE. */
export function wishOf(arg: string, app: Application, m: Messages): SoftwareWish {
  const [name = '', version] = arg.split('@')
  const software = SOFTWARE.find((one) => one === name)
  if (software !== undefined) return { software, version: version ?? app.runtimes.versions(software)[0] ?? '' }
  const near = suggest(name, SOFTWARE)
  throw usage(m.doctor.unknownSoftware(name), near !== null ? m.usage.didYouMean(near) : SOFTWARE.join(', '))
}

/** Installs what is named, else all that a report finds missing or damaged. Side by side; the others go on when one fails. */
export async function installSoftware(inv: Invocation, app: Application): Promise<number> {
  const { m } = inv
  const wishes = await wished(inv, app)
  const steps = wishes.map(stepOf)
  const view = isMachine(inv) ? null : viewRun(inv.terminal, inv.talkStyle, startProgress({ ...NO_PLAN, steps }), m)
  const seen = (event: LiveEvent) => view?.live(event)
  const fact = (f: RunFact) => seen({ type: 'journal', event: { ...f, ...NO_RUN, at: inv.terminal.now() } })
  const one = async (wish: SoftwareWish, step: Step, signal: AbortSignal) => {
    const began = inv.terminal.now()
    const ended = (outcome: Outcome) =>
      fact({ type: 'outcome', outcomes: [{ step: step.id, outcome, ms: inv.terminal.now() - began }] })
    fact({ type: 'intent', steps: [step.id] })
    try {
      const progress = (p: InstallProgress) => seen(progressOf(step.id, p))
      const found = await app.runtimes.ensure({ ...wish, allowPath: false }, { signal, progress, repair: true })
      ended(yes)
      return { ...found, failure: null }
    } catch (error) {
      const failure = toFailure(error)
      ended(failed(failure))
      return { ...wish, from: null, failure }
    }
  }
  const words = { first: () => talk(inv, [m.doctor.stopping]), leaving: () => view?.end() }
  const results = await interruptible(inv, words, ({ stopping }) =>
    Promise.all(wishes.map((wish, i) => one(wish, steps[i] as Step, stopping))),
  ).finally(() => view?.end())
  const failures = results.flatMap((result) => result.failure ?? [])
  await answer(
    inv,
    () => results.map(({ software, version, from, failure }) => ({ software, version, from, failure })),
    () =>
      results.length === 0
        ? [m.doctor.nothingToInstall]
        : results.flatMap(({ software, version, from }) =>
            from === null ? [] : [[paint('green', '✓'), ` ${m.doctor.installedNow(`${software} ${version}`, from)}`]],
          ),
  )
  if (failures.length === 0) return EXIT.done
  if (isMachine(inv)) return exitFor(failures)
  throw new Failures(failures)
}

async function wished(inv: Invocation, app: Application): Promise<readonly SoftwareWish[]> {
  if (inv.args.length > 0) return inv.args.map((arg) => wishOf(arg, app, inv.m))
  const found = (await app.runtimes.report({ whole: true }))
    .filter(({ state }) => state === 'missing' || state === 'broken')
    // Java comes with the Kafka that wants it
    .map(({ software, version }) => (software === 'java' ? wishOf('kafka', app, inv.m) : { software, version }))
  return [...new Map(found.map((wish) => [`${wish.software}@${wish.version}`, wish])).values()]
}

const NO_PLAN = { format: 1, clusters: {}, spec: [], later: [], notes: [] } as const
const NO_RUN = { v: 1, run: '', seq: 0, epoch: 0, actor: '' } as const

const stepOf = ({ software, version }: SoftwareWish): Step => ({
  id: `${software}@${version}`,
  address: address(software, version),
  action: 'software.prepare',
  args: null,
  reads: '',
  needs: [],
  reason: '',
  risk: 'safe',
  reversible: true,
  changes: [],
})

const progressOf = (step: string, { part, note, doneBytes, totalBytes }: InstallProgress): LiveEvent =>
  note === undefined
    ? {
        type: 'progress',
        step,
        text: part,
        done: doneBytes,
        unit: 'bytes',
        ...(totalBytes === null ? {} : { of: totalBytes }),
      }
    : { type: 'progress', step, text: `${part}: ${note}` }
