import type { ClusterSpec } from '../../model/spec.ts'
import type { Field } from '../../spec/index.ts'
import { printLocal } from '../../model/address.ts'
import type { Application } from '../application.ts'
import { chooseClusters } from '../clusters.ts'
import { ASKED, type Asked } from '../definitions.ts'
import { EXIT } from '../failures.ts'
import type { Invocation } from '../invocation.ts'
import { escapeControls } from '../views/text.ts'

/** Milliseconds that a cluster has to answer while somebody waits for a proposal. */
const DEADLINE_MS = 1000

/**
 * What shells ask while somebody types: `__complete WHAT CURRENT WORDS…`, where WORDS stand before the current one. Answers
 * what begins with CURRENT, one a line; what ends in '/' or '.' goes on. Never an error: a completion has nobody to tell
 * it to.
 */
export async function run(inv: Invocation): Promise<number> {
  const [what = '', current = '', ...words] = inv.args
  try {
    const asked = ASKED.find((one) => one === what)
    const found = asked ? await propose(asked, { inv, app: await inv.application(), current, words }) : []
    inv.terminal.out.write(
      found
        .filter((one) => one.startsWith(current))
        .map((one) => `${escapeControls(one)}\n`)
        .join(''),
    )
  } catch {
    // nothing to propose
  }
  return EXIT.done
}

type Typing = {
  readonly inv: Invocation
  readonly app: Application
  readonly current: string
  readonly words: readonly string[]
}

async function propose(what: Asked, typing: Typing): Promise<readonly string[]> {
  const { app, current, words } = typing
  if (what === 'runs') return (await app.runs(50)).map((one) => one.run)
  if (what === 'fields') return fields(app, current)
  const file = filesIn(words)
  const inv = file.length > 0 ? { ...typing.inv, options: { file } } : typing.inv
  const specs = await chooseClusters(inv, app, [], 'always')
  const named = specs.filter(({ name }) => words.includes(name))
  if (what === 'members') return specs.flatMap((spec) => [spec.name, ...membersOf(app, spec)])
  if (what === 'users') return named.flatMap((spec) => usersOf(app, spec))
  if (what === 'resources') return resources(app, specs, current)
  if (what === 'patterns') {
    const asked = named.length > 0 ? named : specs
    return [...new Set((await Promise.all(asked.map((spec) => locals(app, spec, current)))).flat())]
  }
  return specs.map(({ name }) => name)
}

/** The files that -f gives; bash has '=' as a word of its own. */
function filesIn(words: readonly string[]): readonly string[] {
  const all = words.filter((word) => word !== '=')
  return all.flatMap((word, i) => {
    if (word === '-f' || word === '--file') return all[i + 1] ?? []
    return word.startsWith('--file=') ? word.slice('--file='.length) : []
  })
}

const brokerOf = (app: Application, spec: ClusterSpec) => app.brokers.find(({ kind }) => kind === spec.broker)

const membersOf = (app: Application, spec: ClusterSpec): readonly string[] =>
  (brokerOf(app, spec)?.layout(spec).members ?? []).map(({ slot }) => `${spec.name}/member/${slot}`)

const usersOf = (app: Application, spec: ClusterSpec): readonly string[] =>
  (brokerOf(app, spec)?.kinds ?? [])
    .filter(({ name }) => name === 'user')
    .flatMap((kind) => kind.desired(spec).map(({ key }) => key.at(-1) as string))

/** Part by part, as paths are: clusters, their kinds, and only then names, of one kind of one cluster. */
async function resources(app: Application, specs: readonly ClusterSpec[], current: string): Promise<readonly string[]> {
  const end = current.indexOf('/')
  if (end < 0) return specs.map(({ name }) => `${name}/`)
  const spec = specs.find(({ name }) => name === current.slice(0, end))
  return spec ? (await locals(app, spec, current.slice(end + 1))).map((local) => `${spec.name}/${local}`) : []
}

async function locals(app: Application, spec: ClusterSpec, current: string): Promise<readonly string[]> {
  const kinds = brokerOf(app, spec)?.kinds ?? []
  const [kindName = '', ...rest] = current.split('/')
  if (rest.length === 0) return kinds.map(({ name }) => `${name}/`)
  const kind = kinds.find(({ name }) => name === kindName)
  if (!kind) return []
  const wanted = kind.desired(spec).map(({ key }) => printLocal({ kind: kindName, key }))
  // A cluster that is down, or slow, or not built yet: what its spec says is better than nothing.
  const live = await app.names(spec, kindName, DEADLINE_MS).catch(() => [])
  return [...new Set([...live, ...wanted])].sort()
}

/** Paths of the reference: 'kafka.topics.' has fields inside. */
function fields(app: Application, current: string): readonly string[] {
  const [software = '', ...parts] = current.split('.')
  if (parts.length === 0) return app.brokers.map((broker) => `${broker.software}.`)
  const broker = app.brokers.find((one) => one.software === software)
  if (!broker) return []
  let here = app.reference(broker.kind).children.find((child) => child.path.at(-1) === 'spec')
  let depth = 0
  // The broker's own settings have dots in their names: what is no field any more is the beginning of one.
  for (const part of parts.slice(0, -1)) {
    const next: Field | undefined = here?.children.find((child) => child.path.at(-1) === part)
    if (!next) break
    here = next
    depth++
  }
  const before = [software, ...parts.slice(0, depth)].join('.')
  const names = [...(here?.children ?? []).map((child) => child.path.at(-1)), ...Object.keys(here?.keys ?? {})]
  return names.map((name) => `${before}.${name}`)
}
