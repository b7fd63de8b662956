import type { Check } from '../../model/check.ts'
import { chooseClusters } from '../clusters.ts'
import { EXIT } from '../failures.ts'
import { watching } from '../interrupts.ts'
import { answer, event, type Invocation, isStream, show } from '../invocation.ts'
import { checksJson, jsonLine } from '../views/json.ts'
import { junitText } from '../views/junit.ts'
import { failedChecks, verifyLines } from '../views/verify.ts'
import { moment } from '../views/units.ts'
import { verifyClusters } from '../verifying.ts'

const EVERY_MS = 2000

/** Proves that clusters work; 1 when any check does not hold, or a cluster had none. */
export async function run(inv: Invocation): Promise<number> {
  const { options, terminal, m } = inv
  const app = await inv.application()
  const specs = await chooseClusters(inv, app, inv.args, 'named')
  const names = specs.map((spec) => spec.name)
  const print = async (checks: readonly Check[]) => {
    if (isStream(inv)) event(inv, { type: 'result', ...checksJson(checks) })
    else if (options.output === 'junit') terminal.out.write(junitText(checks, names))
    else
      await answer(
        inv,
        () => checksJson(checks),
        () => verifyLines(checks, names, inv.style, m),
      )
  }
  if (options.watch) {
    return watching(inv, EVERY_MS, async (signal) => {
      const checks = await app.verify(specs, { seen: () => {}, signal })
      if (options.output === 'json' || isStream(inv)) terminal.out.write(jsonLine(checksJson(checks)))
      else show(inv, [m.live.refreshed(moment(terminal.now())), ...verifyLines(checks, names, inv.style, m), ''])
    })
  }
  const checks = await verifyClusters(inv, app, specs)
  await print(checks)
  const all = names.every((name) => checks.some((check) => check.about.cluster === name))
  return failedChecks(checks).length === 0 && all ? EXIT.done : EXIT.failed
}
