import { resolve } from 'node:path'
import { chooseClusters } from '../clusters.ts'
import { convert } from '../converting.ts'
import { EXIT, exitFor, Failures, usage } from '../failures.ts'
import { writeText } from '../files.ts'
import { answer, type Invocation, isMachine, reportFailures, talk } from '../invocation.ts'
import { importJson, leftLines } from '../views/import.ts'
import { shellWord } from '../views/units.ts'

/** Writes a spec of what is in clusters that run, or of what other tools' files say. Changes nothing in them. */
export async function run(inv: Invocation): Promise<number> {
  const { m, options, terminal } = inv
  if (options.from) return convert(inv, options.from)
  if (options.format !== undefined) throw usage(m.import.formatAlone)
  const app = await inv.application()
  const specs = await chooseClusters(inv, app, inv.args, 'named')
  const imports = await app.import(specs, options.only ?? [])
  const failures = imports.flatMap((one) => one.problem ?? [])
  const good = imports.filter((one) => !one.problem)
  // A file of nothing would plan to remove all that is ours.
  const none = good.find((one) => one.unmatched.length > 0 && one.unmatched.length === options.only?.length)
  if (none) throw usage(m.import.unmatched(none.unmatched.join(m.comma)))
  const text = good.map((one) => one.text).join('---\n')
  const toFile = good.length > 0 && options.out !== undefined
  if (toFile) await writeText(inv, resolve(terminal.cwd, options.out), text, { exclusive: !options.force, mode: 0o644 })
  if (isMachine(inv)) {
    const value = await importJson(good)
    await answer(
      inv,
      () => value,
      () => [],
    )
  } else if (!toFile) terminal.out.write(text)
  for (const one of good) {
    const counts = Object.entries(one.counts).map(([kind, count]) => `${kind} ${count}`)
    talk(inv, [m.import.found(one.spec.name, counts.join(m.comma) || m.import.nothing)])
    for (const pattern of one.unmatched) talk(inv, [m.import.unmatched(pattern)])
    talk(inv, leftLines(one.left, m))
  }
  const wrong = good.flatMap((one) => one.failures)
  if (failures.length + wrong.length > 0) reportFailures(inv, new Failures([...failures, ...wrong]))
  if (failures.length > 0) return good.length > 0 ? EXIT.partly : exitFor(failures)
  if (options.out !== undefined) {
    talk(inv, [m.init.written(options.out), m.next(`mqops plan -f ${shellWord(options.out)}`)])
  }
  return wrong.length > 0 ? EXIT.partly : EXIT.done
}
