import { EXIT } from '../failures.ts'
import { answer, type Invocation } from '../invocation.ts'
import { runLines } from '../views/runs.ts'
import { mustExist } from './resume.ts'

/** One run, as its journal tells it. */
export async function run(inv: Invocation): Promise<number> {
  const app = await inv.application()
  const id = inv.args[0] as string
  await mustExist(inv, app, id)
  const events = await app.runEvents(id)
  await answer(
    inv,
    () => ({ run: id, events }),
    () => runLines(events, inv.style, inv.m),
  )
  return EXIT.done
}
