import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { DEFAULT_FILE } from '../clusters.ts'
import { EXIT, usage } from '../failures.ts'
import { writeText } from '../files.ts'
import { type Invocation, talk } from '../invocation.ts'
import { suggest } from '../../spec/suggest.ts'
import { jsonText } from '../views/json.ts'

const SCHEMA = 'mqops.schema.json'

/** Writes a spec to begin with, and the schema that its first line names for editors. */
export async function run(inv: Invocation): Promise<number> {
  const { options, m, terminal } = inv
  const app = await inv.application()
  const kinds = app.brokers.map((broker) => broker.kind)
  const named = inv.args.map((name) => {
    const kind = kinds.find((one) => one.toLowerCase() === name.toLowerCase())
    if (kind) return kind
    const near = suggest(
      name,
      kinds.map((one) => one.toLowerCase()),
    )
    throw usage(m.init.unknownBroker(name), near !== null ? m.usage.didYouMean(near) : kinds.join(', '))
  })
  const file = resolve(terminal.cwd, options.out ?? DEFAULT_FILE)
  const shown = options.out ?? DEFAULT_FILE
  if (existsSync(file) && !options.force) await writeText(inv, file, '', { exclusive: true }) // says that it exists
  const chosen = named.length > 0 ? named : terminal.interactive ? await inv.prompts.choose(m.init.which, kinds) : kinds
  if (chosen === null || chosen.length === 0) {
    talk(inv, [m.consent.declined])
    return EXIT.failed
  }
  const text = app.starter(chosen)
  await writeText(inv, file, text, { exclusive: !options.force, mode: 0o644 })
  const schema = join(dirname(file), SCHEMA)
  if (text.includes(SCHEMA) && !existsSync(schema))
    await writeText(inv, schema, jsonText(app.schema()), { mode: 0o644 })
  talk(inv, [m.init.written(shown), m.next(options.out === undefined ? 'mqops plan' : `mqops plan -f ${shown}`)])
  return EXIT.done
}
