import type { Failure } from '../../../model/failure.ts'
import { failed, type Outcome } from '../../../model/plan.ts'
import type { Context } from '../../../ports/context.ts'
import type { Call } from '../client.ts'
import { answerOf } from '../errors.ts'
import { api, OPERATION, RESOURCE, SOURCE } from '../protocol.ts'
import type { KafkaSession } from '../session.ts'
import type { Scalar } from '../settings.ts'
import { canStep, isThreads } from '../threads.ts'
import { noAnswer, outcomeOf } from './answers.ts'

/** The resource name that stands for all brokers; that of one broker is its id. */
export const ALL_BROKERS = ''

/** Settings with what they shall be; null: what is behind them. */
export type Settings = readonly (readonly [name: string, value: Scalar | null])[]

/**
 * Of all brokers or of one; an outcome for each. Threads go first: a broker that started with too few or too many of
 * them for what it was told later refuses all else.
 */
export async function alterSettings(
  where: string,
  settings: Settings,
  session: KafkaSession,
  ctx: Context,
): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes = new Map<string, Outcome>()
  for (const [name, value] of settings)
    if (isThreads(name))
      outcomes.set(
        name,
        // The common one and a broker's own move together: what is behind a step must not change under it.
        await session.serially(() => resize(where, name, value === null ? null : Number(value), session, ctx)),
      )
  const plain = settings.filter(([name]) => !isThreads(name))
  if (plain.length > 0) {
    const together = await alter(where, plain, session, ctx)
    // One refused setting refuses the request: then each gets its own answer.
    const apart = together.is === 'failed' && plain.length > 1
    for (const one of plain) outcomes.set(one[0], apart ? await alter(where, [one], session, ctx) : together)
  }
  return outcomes
}

async function alter(where: string, settings: Settings, session: KafkaSession, ctx: Context): Promise<Outcome> {
  const configs = settings.map(([name, value]) => {
    if (value !== null) return { name, configOperation: OPERATION.set, value: String(value) }
    // With eligible leader replicas on, the controller won't have this one removed: its default is set in its place.
    if (where === ALL_BROKERS && name === 'min.insync.replicas')
      return { name, configOperation: OPERATION.set, value: '1' }
    return { name, configOperation: OPERATION.unset }
  })
  const resource = { resourceType: RESOURCE.broker, resourceName: where, configs }
  const call: Call<Awaited<ReturnType<typeof api.incrementalAlterConfigs>>> = (connection) =>
    answerOf(api.incrementalAlterConfigs(connection, [resource], false))
  // A broker takes settings of its own only.
  const answer = await (where === ALL_BROKERS ? session.call(call, ctx) : session.at(Number(where), call, ctx))
  return answer.responses[0] ? outcomeOf(answer.responses[0]) : noAnswer
}

const RESIZE_PAUSE_MS = 50
const RESIZE_STEPS = 200

/**
 * To the wanted number of threads (null: what each broker falls back to) in steps that all of them take, whatever they run
 * with; each waits until all brokers that it is about have taken the last. A broker that takes two at once may refuse both.
 */
async function resize(
  where: string,
  name: string,
  want: number | null,
  session: KafkaSession,
  ctx: Context,
): Promise<Outcome> {
  let told: number | null = null
  let last: Outcome | null = null
  for (let i = 0; i < RESIZE_STEPS; i++) {
    const all = await effective(where, name, session, ctx)
    // Where each has a number of its own the common one counts nowhere.
    const now = all.filter(({ isHidden }) => !isHidden)
    const never = session.built || want === null ? undefined : now.find((one) => !canStart(one, want))
    if (never) return failed(unstartable(name, never.file))
    if (last !== null) {
      if (all.every((one) => hasTaken(one, want))) return last
    } else if (told === null || now.every(({ value }) => value === told)) {
      const next: number | null = now.length === 0 ? want : nextStep(now, want)
      const outcome = await alter(where, [[name, next]], session, ctx)
      if (outcome.is !== 'yes') return outcome
      if (next === want) last = outcome
      else told = next
    }
    await ctx.sleep(RESIZE_PAUSE_MS)
  }
  return last ?? { is: 'not-yet', why: `the brokers have not all taken up ${name}` }
}

/** Does it run with what was wanted, or at least know it, where it has a number of its own? */
const hasTaken = ({ value, fallback, common, isHidden }: Threads, want: number | null): boolean =>
  isHidden ? common === want : value === (want ?? fallback)

/** Null: from here each may go on to what is behind the setting. */
function nextStep(now: readonly Threads[], want: number | null): number | null {
  if (want === null && now.every(({ value, fallback }) => canStep(value, fallback))) return null
  const values = now.map((one) => one.value)
  const [least, most] = [Math.ceil(Math.max(...values) / 2), 2 * Math.min(...values)]
  const goal = want ?? between(now.map((one) => one.fallback))
  return Math.min(Math.max(goal, least), most)
}

/** From where each of these can be gone on to. */
const between = (fallbacks: readonly number[]): number =>
  Math.min(Math.max(...fallbacks), Math.max(2 * Math.min(...fallbacks), Math.ceil(Math.max(...fallbacks) / 2)))

/** Of a cluster that somebody else built: its members' files can't be changed from here. */
const unstartable = (name: string, file: number): Failure => ({
  code: 'MQOPS_BROKER',
  summary: `a broker that is started again begins with the ${name}=${file} of its file, and would not go on to this number in one change: then it refuses all others`,
  hint: `Say ${Math.ceil(file / 2)} to ${2 * file}, or first write another number into the brokers' files.`,
  retryable: false,
})

/** `file`: what it is started with. `common`: what all brokers were told; `isHidden`: where it is that which is asked about, and a number of its own stands before it. */
type Threads = {
  readonly value: number
  readonly fallback: number
  readonly file: number
  readonly common: number | null
  readonly isHidden: boolean
}

/** From its file, where it may be given what is behind the setting first (the common number; or else the file's again). */
const canStart = ({ file, fallback }: Threads, want: number): boolean =>
  canStep(file, want) && (!canStep(file, fallback) || canStep(fallback, want))

/** What each broker that it is about runs with now, and would run with without this setting. */
async function effective(
  where: string,
  name: string,
  session: KafkaSession,
  ctx: Context,
): Promise<readonly Threads[]> {
  const ask = (node: string): Call<Awaited<ReturnType<typeof api.describeConfigs>>> => {
    const resource = { resourceType: RESOURCE.broker, resourceName: node, configurationKeys: [name] }
    return (connection) => api.describeConfigs(connection, [resource], true, false)
  }
  const isCommon = where === ALL_BROKERS
  const answers = isCommon
    ? [...(await session.everyBroker((connection, node) => ask(String(node))(connection), ctx)).values()]
    : [await session.at(Number(where), ask(where), ctx)]
  const own = isCommon ? SOURCE.clusterDefault : SOURCE.broker
  return answers.map(({ results }) => {
    const found = results[0]?.configs[0]
    const common = found?.synonyms.find(({ source }) => source === SOURCE.clusterDefault)?.value
    const first = (fits: (source: number) => boolean): number =>
      Number(found?.synonyms.find(({ source }) => fits(source))?.value ?? found?.value)
    return {
      value: Number(found?.value),
      fallback: first((source) => source !== own),
      file: first((source) => source >= SOURCE.file),
      common: common === undefined || common === null ? null : Number(common),
      isHidden: isCommon && found?.configSource === SOURCE.broker,
    }
  })
}
