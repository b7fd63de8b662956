import { EXIT } from '../failures.ts'
import type { Invocation } from '../invocation.ts'
import { jsonText } from '../views/json.ts'

/** The JSON Schema of the spec, for editors. */
export async function run(inv: Invocation): Promise<number> {
  inv.terminal.out.write(jsonText((await inv.application()).schema()))
  return EXIT.done
}
