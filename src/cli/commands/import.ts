import { resolve } from 'node:path'
import { chooseClusters } from '../clusters.ts'
import { EXIT, exitFor, Failures, usage } from '../failures.ts'
import { writeText } from '../files.ts'
import { type Invocation, reportFailures, talk } from '../invocation.ts'
import { shellWord } from '../views/units.ts'

/** Left-out resources that are named on the terminal; the file names all of them. */
const SHOWN = 10

/** Writes a spec of what is in clusters that run. Changes nothing in them. */
export async function run(inv: Invocation): Promise<number> {
  const { m, options, terminal } = inv
  const app = await inv.application()
  const specs = await chooseClusters(inv, app, inv.args, 'named')
  const imports = await app.import(specs, options.only ?? [])
  const failures = imports.flatMap((one) => one.problem ?? [])
  const good = imports.filter((one) => !one.problem)
  // A file of nothing would plan to remove all that is ours.
  const none = good.find((one) => one.unmatched.length > 0 && one.unmatched.length === options.only?.length)
  if (none) throw usage(m.import.unmatched(none.unmatched.join(m.comma)))
  const text = good.map((one) => one.text).join('---\n')
  if (good.length > 0 && options.out !== undefined)
    await writeText(inv, resolve(terminal.cwd, options.out), text, { exclusive: !options.force, mode: 0o644 })
  else terminal.out.write(text)
  for (const one of good) {
    const counts = Object.entries(one.counts).map(([kind, count]) => `${kind} ${count}`)
    talk(inv, [m.import.found(one.spec.name, counts.join(m.comma) || m.import.nothing)])
    for (const pattern of one.unmatched) talk(inv, [m.import.unmatched(pattern)])
    if (one.left.length === 0) continue
    talk(inv, [
      m.import.left(one.left.length),
      ...one.left.slice(0, SHOWN).map(({ address, why }) => `  ${address}${m.run.colon}${why}`),
      ...(one.left.length > SHOWN ? [`  ${m.import.more(one.left.length - SHOWN)}`] : []),
    ])
  }
  const wrong = good.flatMap((one) => one.failures)
  if (failures.length + wrong.length > 0) reportFailures(inv, new Failures([...failures, ...wrong]))
  if (failures.length > 0) return good.length > 0 ? EXIT.partly : exitFor(failures)
  if (options.out !== undefined) {
    talk(inv, [m.init.written(options.out), m.next(`mqops plan -f ${shellWord(options.out)}`)])
  }
  return wrong.length > 0 ? EXIT.partly : EXIT.done
}
