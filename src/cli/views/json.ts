import { type Address, printAddress } from '../../model/address.ts'
import type { Check } from '../../model/check.ts'
import type { Failure } from '../../model/failure.ts'
import type { Plan, Step } from '../../model/plan.ts'
import type { ClusterStatus, Owned, RunResult } from '../application.ts'
import { countsOf, entriesOf } from './changes.ts'
import { failedChecks } from './verify.ts'

/** The same for machines. Field names are never translated; addresses are in their printed form. */

// JSON leaves DEL, C1 controls and direction overrides as they are; on a terminal they would act.
const LEFT_BY_JSON = /(?![\u200c\u200d])[\u007f-\u009f\p{Cf}\u2028\u2029]/gu
const toEscapes = (text: string): string =>
  text.replace(LEFT_BY_JSON, (character) =>
    [...Array(character.length).keys()]
      .map((i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`)
      .join(''),
  )

/** A document with a line break at its end. */
export const jsonText = (value: unknown): string => `${toEscapes(JSON.stringify(value, null, 2))}\n`
/** One line of NDJSON. */
export const jsonLine = (value: unknown): string => `${toEscapes(JSON.stringify(value))}\n`

export async function yamlText(value: unknown): Promise<string> {
  const { Document, visit, Scalar } = await import('yaml')
  const document = new Document(JSON.parse(JSON.stringify(value)), { aliasDuplicateObjects: false })
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === 'string' && node.value.search(LEFT_BY_JSON) >= 0) node.type = Scalar.QUOTE_DOUBLE
    },
  })
  return toEscapes(document.toString({ lineWidth: 0 }))
}

const printed = <T extends { readonly address?: Address }>(value: T) => ({
  ...value,
  ...(value.address ? { address: printAddress(value.address) } : {}),
})

export const failureJson = (failure: Failure) => printed(failure)
export const failuresJson = (failures: readonly Failure[]) => ({ failures: failures.map(failureJson) })

const stepJson = (step: Step) => printed(step)

export function planJson(plan: Plan, failures: readonly Failure[]) {
  const {
    '=': adopt,
    '+': create,
    '~': change,
    '-': remove,
    '±': replace,
    disruptive,
    destructive,
  } = countsOf(entriesOf(plan))
  return {
    format: plan.format,
    clusters: plan.clusters,
    counts: { adopt, create, change, replace, delete: remove, disruptive, destructive },
    steps: plan.steps.map(stepJson),
    later: plan.later.map(printAddress),
    notes: plan.notes.map(printed),
    failures: failures.map(failureJson),
  }
}

export const checkJson = (check: Check) => ({
  cluster: check.about.cluster,
  ...check,
  about: printAddress(check.about),
})
export const checksJson = (checks: readonly Check[]) => ({
  ok: failedChecks(checks).length === 0,
  checks: checks.map(checkJson),
})

/** `owned`: what was counted in time; `resources` is null where it was not. */
export const statusJson = (statuses: readonly ClusterStatus[], owned?: ReadonlyMap<string, Owned>) =>
  statuses.map(({ problem, ...rest }) => ({
    cluster: rest.spec.name,
    ...rest,
    ...(owned ? { resources: owned.get(rest.spec.name) ?? null } : {}),
    ...(problem ? { problem: failureJson(problem) } : {}),
  }))

export const resultJson = (result: RunResult, ms: number) => ({
  type: 'result',
  run: result.run,
  state: result.state,
  steps: result.steps,
  ms,
  failures: result.failures.map(failureJson),
  uncovered: result.uncovered.map(stepJson),
  todo: result.todo,
  takenBack: result.takenBack.map(({ step, what }) => ({ step: step.id, address: printAddress(step.address), what })),
})
