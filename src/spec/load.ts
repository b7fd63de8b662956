import type { z } from 'zod'
import type { Failure, Source } from '../model/failure.ts'
import { describeError, toFailure } from '../model/failure.ts'
import type { Dict, JsonObject } from '../model/json.ts'
import type { ClusterSpec, Problem } from '../model/spec.ts'
import type { Broker } from '../ports/broker.ts'
import type { TargetFactory } from '../ports/target.ts'
import { composeTree } from './compose.ts'
import { type Cluster, identity, joinDocuments } from './documents.ts'
import { errorMap, explainIssues, misread, tidyMessage } from './issues.ts'
import { readPlain } from './plain.ts'
import { printable, printPath, quoted } from './print.ts'
import { isTouched, withoutWrong } from './partial.ts'
import { createReport, type Report } from './report.ts'
import { documentSchema } from './schema.ts'
import { printPlace, sourceAt } from './source.ts'
import { isTeam, joinTeams, ONE_OWNER, sharedAddresses } from './teams.ts'
import { didYouMean } from './suggest.ts'
import { parseYaml } from './syntax.ts'
import { readText, type SpecFile, type SpecText } from './text.ts'
import { lookUp, type MapTree, type Path, toJson, type Tree } from './tree.ts'

export type LoadOptions = {
  readonly brokers: readonly Broker[]
  readonly targets: readonly TargetFactory[]
  readonly env: Dict<string | undefined>
}

export type LoadedSpec = {
  /** In file order. Empty when there are failures: half a spec is not to be acted on. */
  readonly clusters: readonly ClusterSpec[]
  /** All that is wrong, in file order, each with its place (codes MQOPS_SPEC_…). */
  readonly failures: readonly Failure[]
  /** Where a path inside a cluster's `spec:` stands, or what is nearest around it; null: no such cluster. */
  sourceOf(cluster: string, path: Path): Source | null
}

/** Reads a spec: pure, but for the environment handed in. Never throws for what stands in the files. */
export function loadSpec(files: readonly SpecFile[], o: LoadOptions): LoadedSpec {
  const report = createReport()
  const { documents, unreadable } = readDocuments(files, o, report)
  const known = documents.filter((tree) => isKnown(tree, o.brokers, report))
  const whole = joinDocuments(
    known.filter((tree) => !isTeam(tree)),
    report,
  )
  const clusters = joinTeams(whole, known.filter(isTeam), o, report)
  const specs: ClusterSpec[] = []
  for (const cluster of clusters) {
    // What its broken document would have said is not known: what is left may miss it.
    if (cluster.name !== null && unreadable.has(`${cluster.kind} ${cluster.name}`)) continue
    const spec = validate(cluster, o, report)
    if (spec) specs.push(spec)
  }
  const trees = new Map(clusters.map(({ name, tree }) => [name, tree]))
  return {
    clusters: report.count === 0 ? specs : [],
    failures: report.failures(),
    sourceOf: (name, path) => {
      const tree = trees.get(name)
      return tree ? sourceAt(placeOf(tree, ['spec', ...path])) : null
    },
  }
}

function readDocuments(
  files: readonly SpecFile[],
  o: LoadOptions,
  report: Report,
): { documents: MapTree[]; unreadable: Set<string> } {
  const documents: MapTree[] = []
  const unreadable = new Set<string>()
  for (const [order, file] of files.entries()) {
    const text = readText(file, order)
    if (!('text' in text)) {
      report.addFile(order, text)
      continue
    }
    const plain = readPlain(text, o.env)
    if (plain) {
      documents.push(...plain)
      continue
    }
    const parsed = parseYaml(text, report)
    const filled = parsed.documents.filter(
      (document) => document.contents !== null && toText(text, document.contents.range) !== '',
    )
    if (filled.length === 0 && !parsed.broken) {
      report.add({ file: text, offset: 0 }, 'MQOPS_SPEC_EMPTY', `${printable(file.name)} holds no document`, {
        hint: 'mqops init writes a first one',
      })
    }
    for (const document of filled) {
      const tree = composeTree(document, text, o.env, parsed.broken ? createReport() : report)
      if (parsed.broken) {
        const { kind, name, cluster } = identity(tree)
        unreadable.add(`${kind} ${name ?? cluster}`)
      } else if (tree.is === 'map') {
        documents.push(tree)
      } else if (tree.is !== 'scalar' || !tree.broken) {
        report.add(tree, 'MQOPS_SPEC_TYPE', 'a document is a map that begins with apiVersion: mqops/v1')
      }
    }
  }
  return { documents, unreadable }
}

const toText = (file: SpecText, range: readonly number[]): string => file.text.slice(range[0], range[1])

/** Says what is wrong with the kind; without one nothing else can be judged. */
function isKnown(tree: MapTree, brokers: readonly Broker[], report: Report): boolean {
  const kinds = brokers.map((broker) => broker.kind)
  const here = lookUp(tree, ['kind'])
  if (!here.found) {
    const first = [...tree.entries.values()][0]?.keyAt ?? tree
    report.add(first, 'MQOPS_SPEC_MISSING', `kind: is missing: expected one of ${kinds.join(', ')}`)
    return false
  }
  const { kind } = identity(tree)
  if (kind !== null && kinds.includes(kind)) return true
  if (here.tree.is === 'scalar' && here.tree.broken) return false
  const hint = kind === null ? undefined : didYouMean(kind, kinds)
  report.add(
    here.tree,
    'MQOPS_SPEC_VALUE',
    `kind: expected one of ${kinds.join(', ')}${kind === null ? '' : `, got ${quoted(kind)}`}`,
    { hint },
  )
  return false
}

/** What a cluster's tree says, or null: then all that is wrong has been reported, at the places that its values know. */
export function validate({ kind, tree, teams }: Cluster, o: LoadOptions, report: Report): ClusterSpec | null {
  const broker = o.brokers.find((each) => each.kind === kind) as Broker
  const schema = documentSchema(broker, o.targets)
  const parse = (swapped?: ReadonlySet<Tree>) => schema.safeParse(toJson(tree, swapped), { error: errorMap })
  const before = report.count
  let parsed = parse()
  if (!parsed.success) {
    const swapped = new Set<Tree>(misread(parsed.error.issues, tree))
    if (swapped.size > 0) parsed = parse(swapped)
  }
  if (!parsed.success) {
    const { issues } = parsed.error
    explainIssues(issues, tree, report)
    const rest = hasBroken(tree) ? null : withoutWrong(toJson(tree), issues)
    const again = rest && schema.safeParse(rest.value)
    if (rest && again?.success) {
      for (const problem of problemsIn(normalise(again.data, tree), broker, o)) {
        const path = rest.restore(['spec', ...problem.path])
        if (!isTouched(path, rest.without)) reportProblem({ ...problem, path: path.slice(1) }, tree, report)
      }
    }
    return null
  }
  // A broken value leaves a hole that the checks would stumble over.
  if (hasBroken(tree)) return null
  const normalised = normalise(parsed.data, tree)
  const shared = teams ? sharedAddresses(normalised, broker, (path) => placeOf(tree, ['spec', ...path])) : []
  for (const { path, address, first } of shared)
    report.add(placeOf(tree, ['spec', ...path]), 'MQOPS_SPEC_OWNER', `${printable(address)} has two owners`, {
      detail: `also at ${printPlace(first)}`,
      hint: ONE_OWNER,
    })
  const told = new Set(shared.map(({ path }) => printPath(path)))
  for (const problem of problemsIn(normalised, broker, o))
    if (!told.has(printPath(problem.path))) reportProblem(problem, tree, report)
  return report.count === before ? normalised : null
}

type Valid = z.infer<ReturnType<typeof documentSchema>>

function normalise({ kind, metadata, spec }: Valid, tree: MapTree): ClusterSpec {
  const { version, target, security, ...fields } = spec as typeof spec & JsonObject
  const [name, options] = Object.entries(target)[0] as [string, JsonObject]
  return {
    broker: kind,
    name: metadata.name,
    labels: metadata.labels,
    version,
    target: { name, options },
    security,
    folder: tree.file.folder,
    fields,
  }
}

function problemsIn(spec: ClusterSpec, broker: Broker, o: LoadOptions): readonly Problem[] {
  const factory = o.targets.find((each) => each.name === spec.target.name) as TargetFactory
  return [...targetProblems(factory, spec), ...problemsOf(broker, spec)]
}

function problemsOf(broker: Broker, spec: ClusterSpec): readonly Problem[] {
  try {
    return broker.check(spec)
  } catch (error) {
    return [{ path: [], code: 'MQOPS_INTERNAL', message: `checking failed: ${describeError(error)}` }]
  }
}

/** A target that can't be made of these options says so now, where the place is known; making one touches nothing. */
function targetProblems(factory: TargetFactory, spec: ClusterSpec): readonly Problem[] {
  try {
    factory.create(spec, spec.target.options)
    return []
  } catch (error) {
    const { code, summary, hint } = toFailure(error)
    const message = summary
      .replace(/^target\.\w+: /, '')
      .replace(/✖ /g, '')
      .replace(/\s*\n\s*/g, ' ')
    return [{ path: ['target', factory.name], code, message, ...(hint ? { hint } : {}) }]
  }
}

function reportProblem({ path, code, message, hint }: Problem, tree: Tree, report: Report) {
  const whole = ['spec', ...path]
  const words = tidyMessage(message, lookUp(tree, whole).tree, whole)
  report.add(placeOf(tree, whole), code, `${printPath(whole)}: ${words}`, { hint: hint && printable(hint) })
}

const placeOf = (tree: Tree, path: Path) => {
  const here = lookUp(tree, path)
  return here.found && here.tree.is === 'scalar' ? here.tree : here.keyAt
}

const hasBroken = (tree: Tree): boolean =>
  tree.is === 'scalar'
    ? tree.broken === true
    : tree.is === 'list'
      ? tree.items.some(hasBroken)
      : [...tree.entries.values()].some(({ value }) => hasBroken(value))
