import { afterAll, beforeAll, expect, it } from 'vitest'
import { BROKER_SETTINGS } from '../../src/brokers/kafka/broker-settings.ts'
import { api, RESOURCE } from '../../src/brokers/kafka/protocol.ts'
import type { KafkaSession } from '../../src/brokers/kafka/session.ts'
import { alterSettings, ALL_BROKERS } from '../../src/brokers/kafka/kinds/alter-settings.ts'
import { readBehind } from '../../src/brokers/kafka/kinds/broker-overrides.ts'
import { check } from '../../src/brokers/kafka/check.ts'
import { canonicalSetting, type Scalar, type Setting } from '../../src/brokers/kafka/settings.ts'
import { isThreads } from '../../src/brokers/kafka/threads.ts'
import { TOPIC_SETTINGS } from '../../src/brokers/kafka/topic-settings.ts'
import type { Dict } from '../../src/model/json.ts'
import { RealCluster } from './real.ts'

/** DEFAULT_CONFIG of DescribeConfigs. */
const DEFAULT = 5
const told = (table: Dict<Setting>): Dict<string> =>
  Object.fromEntries(
    Object.entries(table).flatMap(([name, of]) => (of.default === undefined ? [] : [[name, of.default]])),
  )

const LARGEST: Dict<Scalar> = { int: 2 ** 31 - 1, long: '9223372036854775807' }
const MANY_THREADS = 40

/** The ends of what the table lets through. */
function ends(name: string, { type, min, max, also, oneOf }: Setting): ReadonlySet<Scalar> {
  const asked: readonly (Scalar | undefined)[] =
    type === 'boolean'
      ? [true, false]
      : oneOf
        ? oneOf
        : isThreads(name)
          ? [1, MANY_THREADS]
          : type === 'string'
            ? ['']
            : [min ?? -2, -1, 0, 1, max ?? LARGEST[type] ?? 1e300, also]
  return new Set(asked.filter((value) => value !== undefined))
}

const fields = { members: 1, topics: { t: {} } }
let cluster: RealCluster
beforeAll(async () => {
  cluster = await RealCluster.open('Kafka')
  expect(await cluster.run(await cluster.plan(fields))).toBe('done')
})
afterAll(() => cluster.end())

it("the tables' defaults are what a broker of Kafka tells", async () => {
  const { session, ctx } = await cluster.world(fields)
  const kafka = (await session()) as KafkaSession
  const asked = [
    { resourceType: RESOURCE.broker, resourceName: '1' },
    { resourceType: RESOURCE.topic, resourceName: 't' },
  ]
  const { results } = await kafka.at(1, (connection) => api.describeConfigs(connection, asked, true, false), ctx)
  await kafka.close()
  const [broker, topic] = results.map(({ configs }) => {
    const all = configs.map(({ name, value, configSource, synonyms }) => {
      const own = configSource === DEFAULT ? value : undefined
      return [name, synonyms.find(({ source }) => source === DEFAULT)?.value ?? own] as const
    })
    return Object.fromEntries(all.filter(([, value]) => typeof value === 'string')) as Dict<string>
  })
  expect(broker).toMatchObject(told(BROKER_SETTINGS))
  expect(topic).toMatchObject(told(TOPIC_SETTINGS))
})

it('brokers take up, and let go of, whatever the table and the check of a spec let through', {
  timeout: 300_000,
}, async () => {
  const { session, ctx, spec } = await cluster.world(fields)
  const kafka = (await session()) as KafkaSession
  const said = (config: Dict<Scalar>) => check({ ...spec, fields: { ...spec.fields, config } })
  const alter = async (name: string, value: Scalar | null) =>
    (await alterSettings(ALL_BROKERS, [[name, value]], kafka, ctx)).get(name)
  const wrong: unknown[] = []
  for (const [name, setting] of Object.entries(BROKER_SETTINGS))
    for (const value of setting.mode === 'cluster' && !name.startsWith('max.connection') ? ends(name, setting) : []) {
      if (said({ [name]: value }).length > 0) continue
      const outcome = await alter(name, value)
      const wanted = new Map([[name, canonicalSetting(name, value, BROKER_SETTINGS)]])
      const taken = async () => (await readBehind(kafka, wanted, ctx)).size === 0
      if (outcome?.is !== 'yes') wrong.push([name, value, outcome])
      else await expect.poll(taken, { message: `${name}=${value} is taken up`, timeout: 10_000 }).toBe(true)
      expect(await alter(name, null)).toEqual({ is: 'yes' })
    }
  await kafka.close()
  expect(wrong).toEqual([])
})
