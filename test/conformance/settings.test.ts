import { afterAll, beforeAll, expect, it } from 'vitest'
import { BROKER_SETTINGS } from '../../src/brokers/kafka/broker-settings.ts'
import { api, RESOURCE } from '../../src/brokers/kafka/protocol.ts'
import type { KafkaSession } from '../../src/brokers/kafka/session.ts'
import type { Setting } from '../../src/brokers/kafka/settings.ts'
import { TOPIC_SETTINGS } from '../../src/brokers/kafka/topic-settings.ts'
import type { Dict } from '../../src/model/json.ts'
import { RealCluster } from './real.ts'

/** DEFAULT_CONFIG of DescribeConfigs. */
const DEFAULT = 5
const told = (table: Dict<Setting>): Dict<string> =>
  Object.fromEntries(
    Object.entries(table).flatMap(([name, of]) => (of.default === undefined ? [] : [[name, of.default]])),
  )

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
