import type { z } from 'zod'
import type { Json, JsonObject } from '../model/json.ts'
import type { Path } from './tree.ts'

type Issue = z.core.$ZodIssue

/** What is left of a document when its wrong fields are left out. */
export type Partial = {
  readonly value: JsonObject
  /** The paths of those fields. */
  readonly without: readonly Path[]
  /** Where something of what is left stands in the whole document: items of lists have moved up. */
  restore(path: Path): Path
}

/** Lists whose items others refer to: these would seem wrong without them. */
const REFERRED = ['exports']

/**
 * So that all errors are told at once, not those of form first: the rest of a document whose form is wrong in places can
 * be checked too. null where the rest would mislead: a whole resource or a number of members is missing.
 */
export function withoutWrong(document: Json, issues: readonly Issue[]): Partial | null {
  const value = structuredClone(document) as Record<string, unknown>
  const without: Path[] = []
  const dropped = new Map<string, Set<number>>()
  for (const issue of issues) {
    const path = issue.path as Path
    const wrong = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path]
    for (const one of wrong) {
      const at = one.findIndex((part) => typeof part === 'number')
      if (one[0] === 'metadata') value['metadata'] = { name: 'unnamed' }
      else if (at > 0) {
        const list = one.slice(0, at)
        const isResource = isMap(lookUp(document, one.slice(0, at + 1)))
        if (REFERRED.includes(String(list.at(-1))) || (!isResource && list.length < 4)) return null
        dropped.set(JSON.stringify(list), (dropped.get(JSON.stringify(list)) ?? new Set()).add(one[at] as number))
        if (!isResource) without.push(list)
        continue
      } else if (!remove(value, one, issue.code === 'unrecognized_keys')) return null
      without.push(one)
    }
  }
  for (const [text, places] of dropped) {
    const path = JSON.parse(text) as Path
    const list = lookUp(value, path)
    if (!Array.isArray(list)) return null
    const left = list.filter((_, place) => !places.has(place))
    if (left.length > 0) list.splice(0, list.length, ...left)
    else delete (lookUp(value, path.slice(0, -1)) as Record<string, unknown>)[path.at(-1) as string]
  }
  return { value: value as JsonObject, without, restore: (path) => restore(path, dropped) }
}

function restore(path: Path, dropped: ReadonlyMap<string, ReadonlySet<number>>): Path {
  const whole: (string | number)[] = []
  for (const part of path) {
    const gone = typeof part === 'number' ? dropped.get(JSON.stringify(whole)) : undefined
    let place = part
    if (gone) for (let i = 0; i <= Number(place); i++) if (gone.has(i)) place = Number(place) + 1
    whole.push(place)
  }
  return whole
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const lookUp = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((here, part) => (here as Record<string, unknown> | null | undefined)?.[part as string], value)

function remove(value: Record<string, unknown>, path: Path, unknown: boolean): boolean {
  const [top, field] = path
  const isDetail = path.length >= 4 || (path.length === 3 && field === 'config') || field === 'version'
  if (!unknown && (top !== 'spec' || !isDetail || field === 'target' || field === 'security')) return false
  const here = lookUp(value, path.slice(0, -1))
  const last = path.at(-1) as string
  if (!isMap(here) || !Object.hasOwn(here, last)) return false
  delete here[last]
  return true
}

/** Settings stand for themselves; anything else may come of what its resource lacks. */
const DEEPEST = 5 // spec, vhosts, NAME, queues, NAME

/** Is it about a resource (['spec', 'topics', 'a']) of which something was left out? Then it may come of that. */
export const isTouched = (path: Path, without: readonly Path[]): boolean =>
  without.some((gone) => {
    if (gone.length <= 3) return false
    const resource = gone.slice(0, Math.max(3, Math.min(DEEPEST, gone.length - 1)))
    return startsWith(path, gone.at(-2) === 'config' ? gone : resource)
  })

const startsWith = (path: Path, begin: Path): boolean => begin.every((part, i) => part === path[i])
