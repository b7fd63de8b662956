import { resolve } from 'node:path'
import { EXIT, exitFor, Failures, usage } from './failures.ts'
import { writeText } from './files.ts'
import { answer, type Invocation, isMachine, reportFailures, talk } from './invocation.ts'
import { importJson, noteLines } from './views/import.ts'
import { shellWord } from './views/units.ts'

/** A spec of what other tools' files say, and what it could not take over. Asks no broker. */
export async function convert(inv: Invocation, from: readonly string[]): Promise<number> {
  const { m, options, terminal, args } = inv
  if (options.only) throw usage(m.import.onlyOfClusters)
  if (options.file) throw usage(m.import.noFile)
  const app = await inv.application()
  const { specs, failures } = await app.convert(from, { format: options.format ?? null, names: args })
  if (specs.length === 0) {
    reportFailures(inv, new Failures(failures))
    return exitFor(failures)
  }
  const text = specs.map((one) => one.text).join('---\n')
  if (options.out !== undefined)
    await writeText(inv, resolve(terminal.cwd, options.out), text, { exclusive: !options.force, mode: 0o644 })
  if (isMachine(inv)) {
    const value = await importJson(specs)
    await answer(
      inv,
      () => value,
      () => [],
    )
  } else if (options.out === undefined) terminal.out.write(text)
  for (const one of specs) {
    const counts = Object.entries(one.counts).map(([kind, count]) => `${kind} ${count}`)
    talk(inv, [m.import.read(one.spec.name, one.format, counts.join(m.comma) || m.import.nothing)])
    talk(inv, noteLines(one.left, m))
  }
  if (options.out !== undefined)
    talk(inv, [m.init.written(options.out), m.next(`mqops plan -f ${shellWord(options.out)}`)])
  if (failures.length > 0) reportFailures(inv, new Failures(failures))
  return failures.length > 0 ? EXIT.partly : EXIT.done
}
