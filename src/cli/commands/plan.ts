import { resolve } from 'node:path'
import { adoptOption, chooseClusters, fileFlags } from '../clusters.ts'
import { missingFlags } from '../consent.ts'
import { takesName } from '../../engine/policy.ts'
import { EXIT, exitFor, Failures } from '../failures.ts'
import { writeText } from '../files.ts'
import { answer, type Invocation, isMachine, isWide, reportFailures, talk } from '../invocation.ts'
import { planJson } from '../views/json.ts'
import { planMarkdown } from '../views/markdown.ts'
import { planLines } from '../views/plan.ts'
import { shellWord } from '../views/units.ts'

/** Compares; changes nothing. */
export async function run(inv: Invocation): Promise<number> {
  const { options, m, terminal } = inv
  const app = await inv.application()
  const specs = await chooseClusters(inv, app, inv.args, 'never')
  const adopt = adoptOption(inv, specs)
  const { plan, failures } = await app.plan(specs, { adopt })
  const empty = plan.steps.length === 0 && plan.later.length === 0
  const keep = failures.length === 0 && !empty ? options.out : undefined
  if (keep !== undefined) await writeText(inv, resolve(terminal.cwd, keep), app.printPlan(plan))
  const confirm = missingFlags(plan.steps.filter(takesName))
  const apply =
    keep !== undefined
      ? ['mqops apply', shellWord(keep)]
      : ['mqops apply', ...inv.args, ...fileFlags(inv), ...adopt.flatMap((one) => ['--adopt', shellWord(one)])]
  const next = [...apply, ...(confirm ? [confirm] : [])].join(' ')
  if (options.output === 'markdown') terminal.out.write(planMarkdown(plan, failures, m))
  else
    await answer(
      inv,
      () => planJson(plan, failures),
      () => planLines(plan, { wide: isWide(inv), next, failed: failures.length }, m),
    )
  if (keep !== undefined) talk(inv, [m.plan.written(keep)])
  if (failures.length > 0) {
    if (!isMachine(inv)) reportFailures(inv, new Failures(failures))
    return exitFor(failures)
  }
  return options.detailedExitcode && !empty ? EXIT.changes : EXIT.done
}
