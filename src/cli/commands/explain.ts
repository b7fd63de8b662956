import { EXIT, usage } from '../failures.ts'
import { answer, type Invocation } from '../invocation.ts'
import { suggest } from '../../spec/suggest.ts'
import type { Field } from '../../spec/index.ts'
import { explainJson, explainLines, keyLines, overviewLines } from '../views/explain.ts'

/** A field of the spec, by its path: 'kafka.topics.config'; asks no broker. */
export async function run(inv: Invocation): Promise<number> {
  const { m, args } = inv
  const app = await inv.application()
  const [path] = args
  const names = app.brokers.map((broker) => broker.software)
  if (path === undefined) {
    await answer(
      inv,
      () => names,
      () => overviewLines(app.brokers, inv.style, m),
    )
    return EXIT.done
  }
  const [first = '', ...parts] = path.split('.').filter((part) => part !== '')
  const broker = app.brokers.find((one) => one.software === first.toLowerCase())
  if (!broker) throw unknown(inv, first, names, 'mqops explain')
  const { field, key } = find(inv, app.reference(broker.kind), parts, broker.software)
  if (key === null)
    await answer(
      inv,
      () => explainJson(broker.software, field),
      () => explainLines(broker.software, field, inv.style, m),
    )
  else
    await answer(
      inv,
      () => ({ path: path, link: field.link, ...field.keys[key] }),
      () => keyLines(path, field, key, inv.style, m),
    )
  return EXIT.done
}

/** Stands for the name of a topic, a user … in a path, where it may also be left out. */
const ANY = /^([A-Z_]+|\*|<.*>|\[.*\])$/

/** `spec` may be left out; names of maps and places in lists, too. */
function find(
  inv: Invocation,
  root: Field,
  parts: readonly string[],
  software: string,
): { readonly field: Field; readonly key: string | null } {
  const child = (of: Field, name: string) => of.children.find((one) => one.path.at(-1) === name)
  const spec = child(root, 'spec') as Field
  if (parts.length === 0) return { field: spec, key: null }
  let here = child(spec, parts[0] as string) ? spec : child(root, parts[0] as string) ? root : spec
  for (const [at, part] of parts.entries()) {
    const next = child(here, part)
    if (next) {
      here = next
      continue
    }
    const rest = parts.slice(at).join('.')
    if (rest in here.keys) return { field: here, key: rest }
    if (here.items && ANY.test(part)) continue
    const known = [...here.children.map((one) => one.path.at(-1) as string), ...Object.keys(here.keys)]
    const among = here.children.length === 0 ? rest : part
    throw unknown(inv, among, known, `mqops explain ${[software, ...parts.slice(0, at)].join('.')}`)
  }
  return { field: here, key: null }
}

function unknown(inv: Invocation, name: string, known: readonly string[], see: string) {
  const near = suggest(name, known)
  const { m } = inv
  return usage(m.explain.unknown(name), near === null ? m.usage.seeHelp(see) : m.usage.didYouMean(near))
}
