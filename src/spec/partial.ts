import type { z } from 'zod'
import type { Json, JsonObject } from '../model/json.ts'
import type { Path } from './tree.ts'

type Issue = z.core.$ZodIssue

/** What is left of a document when its wrong fields are left out, and the paths of those fields. */
export type Partial = { readonly value: JsonObject; readonly without: readonly Path[] }

/**
 * So that all errors are told at once, not those of form first: the rest of a document whose form is wrong in places can
 * be checked too. null where the rest would mislead: a whole resource, a list's item or a number of members is missing.
 */
export function withoutWrong(document: Json, issues: readonly Issue[]): Partial | null {
  const value = structuredClone(document) as Record<string, unknown>
  const without: Path[] = []
  for (const issue of issues) {
    const path = issue.path as Path
    const wrong = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path]
    for (const one of wrong) {
      if (one[0] === 'metadata') value['metadata'] = { name: 'unnamed' }
      else if (!remove(value, one, issue.code === 'unrecognized_keys')) return null
      without.push(one)
    }
  }
  return { value: value as JsonObject, without }
}

function remove(value: Record<string, unknown>, path: Path, unknown: boolean): boolean {
  const [top, field] = path
  const isDetail = path.length >= 4 || (path.length === 3 && field === 'config') || field === 'version'
  if (!unknown && (top !== 'spec' || !isDetail || field === 'target' || field === 'security')) return false
  let here: unknown = value
  for (const part of path.slice(0, -1)) {
    if (typeof here !== 'object' || here === null || Array.isArray(here)) return false
    here = (here as Record<string, unknown>)[part]
  }
  const last = path.at(-1) as string
  if (typeof here !== 'object' || here === null || Array.isArray(here) || !Object.hasOwn(here, last)) return false
  delete (here as Record<string, unknown>)[last]
  return true
}

/** Is it about a resource (['spec', 'topics', 'a']) of which something was left out? Then it may come of that. */
export const isTouched = (path: Path, without: readonly Path[]): boolean =>
  without.some((gone) => gone.length > 3 && gone.slice(0, 3).every((part, i) => part === path[i]))
