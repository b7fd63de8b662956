import { printAddress } from '../../model/address.ts'
import { MqopsError } from '../../model/failure.ts'
import type { ClusterSpec } from '../../model/spec.ts'
import type { Application } from '../application.ts'
import { chooseClusters } from '../clusters.ts'
import { EXIT, exitFor, Failures } from '../failures.ts'
import { interruptible } from '../interrupts.ts'
import { answer, type Invocation, isMachine, reportFailures, talk } from '../invocation.ts'
import { viewRun } from '../live.ts'
import { failureJson } from '../views/json.ts'
import { startProgress } from '../views/progress.ts'
import { table } from '../views/table.ts'

type Taken = { readonly address: string; readonly owner: string }

/** What another spec owns and this one names: taken over only after asking. null: declined. */
async function takeOver(
  inv: Invocation,
  app: Application,
  specs: readonly ClusterSpec[],
): Promise<readonly string[] | null> {
  const { m } = inv
  const { plan } = await app.plan(specs, { adopt: 'all' })
  const others = plan.steps.flatMap(({ action, address, args }): readonly Taken[] => {
    const { from } = args as { readonly from?: string }
    return action.endsWith('.adopt') && from !== undefined ? [{ address: printAddress(address), owner: from }] : []
  })
  const addresses = others.map(({ address }) => address)
  if (others.length === 0 || inv.options.yes) return addresses
  talk(inv, [m.adopt.others, ...others.map(({ address, owner }) => `  ${address}  ${owner}`)])
  if (!inv.terminal.interactive)
    throw new MqopsError({
      code: 'MQOPS_APPROVAL_NEEDED',
      summary: m.consent.needed,
      hint: m.consent.neededHint('--yes'),
    })
  if (await inv.prompts.confirm(m.adopt.question(others.length))) return addresses
  talk(inv, [m.consent.declined])
  return null
}

/** Rebuilds what a lost state folder knew. */
export async function run(inv: Invocation): Promise<number> {
  const { m, terminal } = inv
  const app = await inv.application()
  const specs = await chooseClusters(inv, app, inv.args, 'never')
  const taken = await takeOver(inv, app, specs)
  if (taken === null) return EXIT.failed
  const view = viewRun(terminal, inv.talkStyle, startProgress(null), m)
  const signals = { first: view.stopping, leaving: () => talk(inv, [m.run.leaving]) }
  const adopted = await interruptible(inv, signals, ({ stopping, signal }) =>
    app.adopt(specs, taken, { live: view.live, stopping, signal }),
  ).finally(view.end)
  const failures = adopted.flatMap((one) =>
    one.problem ? [{ address: { cluster: one.cluster, kind: 'cluster', key: [] }, ...one.problem }] : [],
  )
  await answer(
    inv,
    () => ({
      clusters: adopted.map((one) => ({ ...one, ...(one.problem ? { problem: failureJson(one.problem) } : {}) })),
    }),
    () =>
      table(
        [
          { title: m.adopt.cluster },
          { title: m.adopt.clusterId },
          { title: m.adopt.resources, align: 'right' },
          { title: m.adopt.claimed, align: 'right' },
        ],
        adopted
          .filter((one) => !one.problem)
          .map((one) => [one.cluster, one.clusterId ?? '-', String(one.resources), String(one.claimed)]),
        inv.style,
      ),
  )
  if (failures.length === 0) {
    talk(inv, [m.adopt.done(adopted.length)])
    return EXIT.done
  }
  if (!isMachine(inv)) reportFailures(inv, new Failures(failures))
  return failures.length < adopted.length ? EXIT.partly : exitFor(failures)
}
