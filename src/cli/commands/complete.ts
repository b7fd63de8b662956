import { chooseClusters } from '../clusters.ts'
import { EXIT } from '../failures.ts'
import type { Invocation } from '../invocation.ts'
import { escapeControls } from '../views/text.ts'

/** What shells ask while somebody types: names, one a line. Never an error: a completion has nobody to tell it to. */
export async function run(inv: Invocation): Promise<number> {
  try {
    const app = await inv.application()
    const names =
      inv.args[0] === 'runs'
        ? (await app.runs(50)).map((one) => one.run)
        : (await chooseClusters(inv, app, [], 'always')).map((spec) => spec.name)
    inv.terminal.out.write(names.map((name) => `${escapeControls(name)}\n`).join(''))
  } catch {
    // nothing to propose
  }
  return EXIT.done
}
