import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import type { Json, JsonObject } from '../../../src/model/json.ts'
import { convertFiles } from '../../../src/spec/index.ts'
import { shapeFiles, shapes } from '../../support/shapes.ts'
import { loadReal, realBrokers, realTargets } from './real.ts'

/** Files of other tools are edited by people: whatever stands in one, what is written is a spec. */

type File = { readonly name: string; readonly documents: readonly Json[] }
const filesOf = (shape: string): readonly File[] =>
  shapeFiles(shape).map(({ name, bytes }) => {
    const text = new TextDecoder().decode(bytes)
    const documents = name.endsWith('.json')
      ? (JSON.parse(`[${text.replaceAll(/^\}\n\{/gm, '},{')}]`) as readonly Json[])
      : parseAllDocuments(text).map((one) => one.toJS() as Json)
    return { name: `${name}.json`, documents }
  })
const all = shapes.map((shape) => ({ shape, files: filesOf(shape) }))

/** Values that no reader asks for in that place, and names that objects of JavaScript have by themselves. */
const strange = fc.constantFrom<Json>(
  ...[null, true, -1, 0, 1.5, 1e300, '', 'constructor', '*', '${env:HOME}', '\u202e', 'a'.repeat(300)],
  ...[[], {}, [null], [[]], [{}], { a: null }, { toString: 1 }, { name: {} }, [1, 'x', {}]],
)

type Pick = (below: number) => number

/** One value, wherever it stands, becomes another one, goes, or stands twice. */
function mutated(value: Json, pick: Pick, other: Json, isDocument = false): Json {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : []
  if (keys.length === 0 || pick(6) === 0) return isDocument ? value : other
  const key = keys[pick(keys.length)] as string
  const what = pick(8)
  if (Array.isArray(value)) {
    const index = Number(key)
    const one = value[index] as Json
    if (what === 0) return value.filter((_, i) => i !== index)
    if (what === 1) return [...value, one]
    return value.map((item: Json, i) => (i === index ? mutated(item, pick, other) : item))
  }
  const { [key]: inner, ...rest } = value as JsonObject
  if (what === 0) return rest
  if (what === 1) return { ...rest, [`${key}x`]: inner as Json }
  return { ...rest, [key]: mutated(inner as Json, pick, other) }
}

it('of files that were changed somewhere comes a spec that is read back without a failure, or none', () => {
  const numbers = fc.array(fc.nat(1_000_000), { minLength: 40, maxLength: 40 })
  fc.assert(
    fc.property(
      fc.constantFrom(...all),
      fc.array(fc.tuple(numbers, strange), { minLength: 1, maxLength: 4 }),
      ({ files }, changes) => {
        let changed = files.map(({ documents }) => documents)
        for (const [each, other] of changes) {
          let next = 0
          const pick: Pick = (below) => (each[next++ % each.length] as number) % below
          const at = pick(changed.length)
          changed = changed.map((documents, i) => {
            const which = pick(documents.length)
            return i === at
              ? documents.map((one, j) => (j === which ? mutated(one, pick, other, true) : one))
              : documents
          })
        }
        const texts = files.map(({ name }, i) => ({
          name,
          folder: '/work',
          bytes: new TextEncoder().encode((changed[i] as readonly Json[]).map((one) => JSON.stringify(one)).join('\n')),
        }))
        const { specs, failures } = convertFiles(texts, {
          ...{ brokers: realBrokers, targets: realTargets, env: {}, format: null, names: [] },
        })
        // Nothing but a document that is of no format any more.
        for (const one of failures) expect(one).toMatchObject({ code: 'MQOPS_SPEC_FORMAT' })
        for (const { text } of specs) expect(loadReal(text).failures, text).toEqual([])
      },
    ),
    { numRuns: Number(process.env['RUNS'] ?? 300) },
  )
})
