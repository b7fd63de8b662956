import { EXIT } from '../failures.ts'
import { answer, type Invocation } from '../invocation.ts'
import { runsLines } from '../views/runs.ts'

const USUAL = 20

/** Runs, newest first. */
export async function run(inv: Invocation): Promise<number> {
  const runs = await (await inv.application()).runs(inv.options.limit ?? USUAL)
  await answer(
    inv,
    () => runs,
    () => runsLines(runs, inv.style, inv.m),
  )
  return EXIT.done
}
