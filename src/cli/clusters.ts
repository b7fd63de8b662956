import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { addressMatcher } from '../model/address.ts'
import type { ClusterSpec } from '../model/spec.ts'
import type { Application } from './application.ts'
import { Failures, usage } from './failures.ts'
import type { Invocation } from './invocation.ts'
import { suggest } from '../spec/suggest.ts'
import { shellWord } from './views/units.ts'

export const DEFAULT_FILE = 'mqops.yaml'

/**
 * Which clusters are also known besides the spec's: those that the state folder remembers. 'never'; 'named': when asked
 * for by name; 'always': also when no name is given. Where there is no spec at all, all but 'never' look there.
 */
export type Remembering = 'never' | 'named' | 'always'

/** Clusters of a command, in the order given. Throws all spec failures (78), or MQOPS_USAGE for a name that isn't there. */
export async function chooseClusters(
  inv: Invocation,
  app: Application,
  names: readonly string[],
  remembering: Remembering,
): Promise<readonly ClusterSpec[]> {
  const fromFile = hasSpec(inv) || remembering === 'never'
  const loaded = fromFile ? await loadClusters(app, inv.options.file ?? []) : []
  const wantsMemory =
    remembering === 'always' ||
    (remembering === 'named' && (!fromFile || names.some((name) => !loaded.some((spec) => spec.name === name))))
  const remembered = wantsMemory && !(inv.options.file && names.length === 0) ? await app.remembered() : []
  const all = [...loaded, ...remembered.filter((spec) => !loaded.some((one) => one.name === spec.name))]
  if (names.length > 0) return narrow(inv, all, names)
  if (all.length === 0 && !fromFile) throw usage(inv.m.usage.noClusters)
  return all
}

export const hasSpec = (inv: Invocation): boolean =>
  (inv.options.file ?? []).length > 0 || existsSync(join(inv.terminal.cwd, DEFAULT_FILE))

/** All clusters of these files. Throws every failure at once. */
export async function loadClusters(app: Application, paths: readonly string[]): Promise<readonly ClusterSpec[]> {
  const loaded = await app.load(paths)
  if (loaded.failures.length > 0) throw new Failures(loaded.failures)
  return loaded.clusters
}

export function narrow(inv: Invocation, all: readonly ClusterSpec[], names: readonly string[]): readonly ClusterSpec[] {
  const known = all.map((spec) => spec.name)
  for (const name of names) {
    if (known.includes(name)) continue
    const near = suggest(name, known)
    const { m } = inv
    const hint =
      near !== null
        ? m.usage.didYouMean(near)
        : known.length > 0
          ? m.usage.clustersAre(known.slice(0, 20).join(', '))
          : m.usage.noClusters
    throw usage(m.usage.unknownCluster(name), hint)
  }
  return all.filter((spec) => names.includes(spec.name))
}

/** The -f flags once more, for the command that is proposed next. */
export const fileFlags = (inv: Invocation): readonly string[] =>
  (inv.options.file ?? []).flatMap((file) => ['-f', shellWord(file)])

/** What --adopt names; its cluster has to be one of these. Throws MQOPS_USAGE. */
export function adoptOption(inv: Invocation, specs: readonly ClusterSpec[]): readonly string[] {
  const adopt = inv.options.adopt ?? []
  for (const text of adopt) {
    const [cluster = '', ...rest] = text.split('/')
    if (cluster === '' || rest.length === 0 || rest.includes('')) {
      const example = `${specs[0]?.name ?? 'orders'}/topic/orders.created`
      throw usage(inv.m.usage.badResource(text), inv.m.usage.resourceHint(example))
    }
    const matches = addressMatcher([cluster])
    if (!specs.some((spec) => matches(spec.name))) narrow(inv, specs, [cluster])
  }
  return adopt
}
