import { chooseClusters } from '../clusters.ts'
import type { Invocation } from '../invocation.ts'
import { runPlanned } from '../running.ts'

/** Members end, data stays. */
export async function run(inv: Invocation): Promise<number> {
  const { m } = inv
  const app = await inv.application()
  const specs = await chooseClusters(inv, app, inv.args, 'named')
  return runPlanned(inv, app, await app.planStop(specs), {
    question: m.consent.question,
    nothing: m.lifecycle.alreadyStopped,
    verify: 'never',
  })
}
