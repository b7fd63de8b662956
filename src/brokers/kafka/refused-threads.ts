import { MqopsError } from '../../model/failure.ts'
import type { Context } from '../../ports/context.ts'
import { BROKER_SETTINGS } from './broker-settings.ts'
import { describeBrokers } from './describe-brokers.ts'
import { answerOf } from './errors.ts'
import { api, itemError, OPERATION, RESOURCE, SOURCE } from './protocol.ts'
import type { KafkaSession } from './session.ts'
import { isThreads } from './threads.ts'

/**
 * A number of threads on one broker. `key`: of the setting that it is told by, as JSON of the broker's id, or '' for all
 * brokers, and the name.
 */
type Threads = { readonly key: string; readonly told: number; readonly runs: number }

const NAMES = Object.keys(BROKER_SETTINGS).filter((name) => isThreads(name))

async function threadsOf(session: KafkaSession, ctx: Context): Promise<readonly Threads[]> {
  return [...(await describeBrokers(session, NAMES, ctx))].flatMap(([node, result]) =>
    (result?.configs ?? []).flatMap(({ name, value, configSource, synonyms }): readonly Threads[] => {
      if (configSource !== SOURCE.broker && configSource !== SOURCE.clusterDefault) return []
      const key = JSON.stringify([configSource === SOURCE.broker ? String(node) : '', name])
      return [{ key, told: Number(synonyms[0]?.value), runs: Number(value) }]
    }),
  )
}

const isRefused = ({ told, runs }: Threads): boolean => told !== runs

/**
 * Does every broker run with what it was told? One that started too far from it (its file may have been written for other
 * numbers meanwhile) has refused it, and from then on refuses every change of its settings.
 */
export const threadsTakenUp = async (session: KafkaSession, ctx: Context): Promise<boolean> =>
  !(await threadsOf(session, ctx)).some(isRefused)

const PAUSE_MS = 50
const ROUNDS = 200

/**
 * From the numbers that brokers run with to those that they were told, in steps that they take: all together, and by the
 * controller's own port, since brokers refuse the mending change, too. Built clusters only. Leaves them told as they were.
 */
export async function takeUpThreads(session: KafkaSession, ctx: Context): Promise<void> {
  const goals = new Map<string, number>()
  for (let round = 0; round < ROUNDS; round++) {
    const all = await threadsOf(session, ctx)
    for (const one of all.filter(isRefused)) goals.set(one.key, goals.get(one.key) ?? one.told)
    const steps = [...goals].flatMap(([key, goal]) => {
      const runs = all.filter((one) => one.key === key).map((one) => one.runs)
      return runs.every((count) => count === goal) ? [] : [[key, stepTowards(goal, runs)] as const]
    })
    if (steps.length === 0) return
    await tell(session, steps, ctx)
    await ctx.sleep(PAUSE_MS)
  }
  await tell(session, [...goals], ctx)
}

/** As near as brokers that run with these numbers may come in one change. */
const stepTowards = (goal: number, runs: readonly number[]): number =>
  Math.min(Math.max(goal, Math.ceil(Math.max(...runs) / 2)), 2 * Math.min(...runs))

type Numbers = readonly (readonly [key: string, value: number])[]

async function tell(session: KafkaSession, numbers: Numbers, ctx: Context): Promise<void> {
  const parsed = numbers.map(([key, value]) => [...(JSON.parse(key) as [string, string]), value] as const)
  const resources = [...Map.groupBy(parsed, ([where]) => where)].map(([resourceName, settings]) => ({
    resourceType: RESOURCE.broker,
    resourceName,
    configs: settings.map(([, name, value]) => ({ name, configOperation: OPERATION.set, value: String(value) })),
  }))
  const call = (connection: Parameters<typeof api.incrementalAlterConfigs>[0]) =>
    answerOf(api.incrementalAlterConfigs(connection, resources, false))
  const { responses } = await session.atController(call, ctx)
  const error = responses.map(({ errorCode, errorMessage }) => itemError(errorCode, errorMessage)).find((one) => one)
  if (error)
    throw new MqopsError({ code: 'MQOPS_BROKER', summary: `threads: ${error.message}`, retryable: error.canRetry })
}
