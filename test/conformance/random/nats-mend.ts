import { z } from 'zod'
import { check } from '../../../src/brokers/nats/check.ts'
import { fields as natsFields } from '../../../src/brokers/nats/fields.ts'
import type { Json, JsonObject } from '../../../src/model/json.ts'
import type { ClusterSpec } from '../../../src/model/spec.ts'

/** Leaves out what `validate` refuses: what it lets through the server must take. */
export function mended(fields: JsonObject): JsonObject {
  let of = fields
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const problems = check(specOf(of))
    if (problems.length === 0) return of
    const all = of
    const faults = new Map(
      problems.map(({ path }) => standing(all, atFault(path))).map((path) => [JSON.stringify(path), path]),
    )
    // Later ones first: the places in lists that come before stay as they are.
    for (const path of [...faults.values()].sort(laterFirst)) of = without(of, path) as JsonObject
  }
  throw new Error(`what is left of ${JSON.stringify(of)} is still refused: ${JSON.stringify(check(specOf(of)))}`)
}
const MOST_ROUNDS = 100

type Path = readonly (string | number)[]

/** Too many streams are named all together: it is the limit that gives way. */
const atFault = (path: Path): Path =>
  path.length === 3 && path[2] === 'streams' ? [...path.slice(0, 2), 'jetstream', 'streams'] : path

/** What is missing is missing to what it should stand in. */
function standing(of: Json, path: Path): Path {
  let at: Json | undefined = of
  for (const [i, name] of path.entries()) {
    at = (at as Readonly<Record<string, Json>> | undefined)?.[name]
    if (at === undefined) return path.slice(0, i)
  }
  return path
}

const laterFirst = (a: Path, b: Path): number => {
  const i = a.findIndex((name, j) => name !== b[j])
  if (i < 0) return 1
  const [mine, theirs] = [a[i], b[i]]
  return typeof mine === 'number' && typeof theirs === 'number' ? theirs - mine : 0
}

const specOf = (fields: JsonObject): ClusterSpec => ({
  broker: 'Nats',
  name: 'suite',
  labels: {},
  version: '2.15',
  target: { name: 'local', options: {} },
  security: { tls: true },
  folder: '/',
  fields: z.strictObject(natsFields).parse(fields),
})

/** Without what stands there; of what is gone already there is nothing to leave out. */
function without(of: Json | undefined, [name, ...rest]: Path): Json | undefined {
  if (name === undefined || typeof of !== 'object' || of === null) return of
  if (Array.isArray(of)) {
    const less = rest.length === 0 ? undefined : without(of[Number(name)] as Json, rest)
    const others = of.flatMap((one: Json, i) => (i !== Number(name) ? [one] : less === undefined ? [] : [less]))
    return others.length === 0 ? undefined : others
  }
  const all = of as JsonObject
  const less = rest.length === 0 ? undefined : without(all[name], rest)
  const { [name]: _, ...others } = all
  return less === undefined ? others : { ...all, [name]: less }
}
