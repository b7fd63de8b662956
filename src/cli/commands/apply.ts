import { resolve } from 'node:path'
import type { Application, Planned } from '../application.ts'
import { adoptOption, chooseClusters } from '../clusters.ts'
import { usage } from '../failures.ts'
import { isFile, readText } from '../files.ts'
import type { Invocation } from '../invocation.ts'
import { runPlanned } from '../running.ts'
import { specsOf } from '../views/changes.ts'

/** Plan, consent, run, verify. */
export async function run(inv: Invocation): Promise<number> {
  const { options, m } = inv
  const app = await inv.application()
  const planned = await planOf(inv, app)
  return runPlanned(inv, app, planned, {
    question: m.consent.question,
    nothing: m.plan.noChanges(specsOf(planned.plan).length),
    // What an operation did is proved by its steps; --verify asks for the rest of the cluster, too.
    verify:
      options.verify === undefined ? (planned.plan.operation ? 'never' : 'always') : options.verify ? 'ever' : 'never',
  })
}

/** One word that is a file, or can only be one, is a plan file; anything else names clusters. */
async function planOf(inv: Invocation, app: Application): Promise<Planned> {
  const [first] = inv.args
  if (first !== undefined && inv.args.length === 1) {
    const file = resolve(inv.terminal.cwd, first)
    if (isFile(file) || /[./]/.test(first)) {
      if (inv.options.file) throw usage(inv.m.usage.oneOf('PLANFILE, -f'))
      if (inv.options.adopt) throw usage(inv.m.usage.oneOf('PLANFILE, --adopt'))
      return app.readPlan(await readText(inv, file))
    }
  }
  const specs = await chooseClusters(inv, app, inv.args, 'never')
  return app.plan(specs, { adopt: adoptOption(inv, specs) })
}
