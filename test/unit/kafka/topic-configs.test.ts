import { Writer } from '@platformatic/kafka'
import { expect, test } from 'vitest'
import type { Wire } from '../../../src/brokers/kafka/client.ts'
import { createLanes } from '../../../src/brokers/kafka/lanes.ts'
import { parseTopicConfigs } from '../../../src/brokers/kafka/topic-configs.ts'
import { MqopsError } from '../../../src/model/failure.ts'
import type { Context } from '../../../src/ports/context.ts'

type Config = { readonly name: string; readonly value: string | null; readonly source: number }
const [OF_TOPIC, OF_BROKER, DEFAULT] = [1, 4, 5]

/** DescribeConfigs v4 as a broker writes it. */
const answer = (topics: readonly { name: string; code?: number; why?: string; configs: readonly Config[] }[]) =>
  Writer.create()
    .appendInt32(0)
    .appendArray([...topics], (w, { name, code = 0, why = null, configs }) =>
      w
        .appendInt16(code)
        .appendString(why)
        .appendInt8(2)
        .appendString(name)
        .appendArray([...configs], (w, { name, value, source }) =>
          w
            .appendString(name)
            .appendString(value)
            .appendBoolean(false)
            .appendInt8(source)
            .appendBoolean(false)
            .appendArray([{ name, value }], (w, synonym) =>
              w.appendString(synonym.name).appendString(synonym.value).appendInt8(source),
            )
            .appendInt8(5)
            .appendString('What it does.'),
        ),
    )
    .appendTaggedFields().buffer

test('of the settings of a topic only its own are kept', () => {
  const long = 'x'.repeat(300)
  const bytes = answer([
    {
      name: 'a',
      configs: [
        { name: 'retention.ms', value: '1', source: OF_TOPIC },
        { name: 'segment.ms', value: null, source: DEFAULT },
        { name: 'cleanup.policy', value: 'delete', source: OF_BROKER },
        { name: 'x', value: long, source: OF_TOPIC },
        { name: 'secret', value: null, source: OF_TOPIC },
      ],
    },
    { name: 'gone', code: 3, why: 'not here', configs: [] },
    { name: '\u00e9', configs: [{ name: 'k', value: '', source: OF_TOPIC }] },
  ])
  expect(parseTopicConfigs(bytes)).toEqual([
    {
      name: 'a',
      errorCode: 0,
      errorMessage: null,
      configs: [
        { name: 'retention.ms', value: '1' },
        { name: 'x', value: long },
        { name: 'secret', value: null },
      ],
    },
    { name: 'gone', errorCode: 3, errorMessage: 'not here', configs: [] },
    { name: '\u00e9', errorCode: 0, errorMessage: null, configs: [{ name: 'k', value: '' }] },
  ])
})

test('an answer that ends too early is an error, wherever it ends', () => {
  const bytes = answer([{ name: 'a', configs: [{ name: 'retention.ms', value: '1', source: OF_TOPIC }] }])
  for (let length = 0; length < bytes.length - 1; length++)
    expect(() => parseTopicConfigs(bytes.subarray(0, length))).toThrow(RangeError)
})

const ctx = {} as Context
const unreachable = new MqopsError({ code: 'MQOPS_UNREACHABLE', summary: 'gone', retryable: true })
const refused = new MqopsError({ code: 'MQOPS_FORBIDDEN', summary: 'no', retryable: false })

/** Notes which endpoints were asked at the same time. */
function world(fails: Readonly<Record<string, MqopsError>> = {}) {
  const asked: string[] = []
  const closed: string[] = []
  let together = 0
  let most = 0
  const wire = (name: string): Wire => {
    const at: Wire['at'] = async (endpoint, call) => {
      asked.push(`${name} ${endpoint}`)
      const fault = fails[endpoint]
      if (fault) throw fault
      together += 1
      most = Math.max(most, together)
      await new Promise((resolve) => setImmediate(resolve))
      together -= 1
      return call(name as never)
    }
    return {
      at,
      any: (_, call, context) => at('any', call, context),
      close: async () => void closed.push(name),
    }
  }
  let made = 0
  const lanes = createLanes(wire('work'), () => wire(`extra${++made}`))
  return { lanes, asked, closed, most: () => most, made: () => made }
}
const double = async (_: unknown, part: number) => part * 2
const parts = Array.from({ length: 20 }, (_, i) => i)

test('parts are asked side by side over several connections, and answered in order', async () => {
  const { lanes, asked, closed, most } = world()
  expect(await lanes.spread(['a', 'b', 'c'], parts, double, ctx)).toEqual(parts.map((part) => part * 2))
  expect(most()).toBe(4)
  expect(new Set(asked)).toEqual(new Set(['work any', 'extra1 b', 'extra2 c', 'extra3 a']))
  await lanes.close()
  expect(closed).toEqual(['extra1', 'extra2', 'extra3'])
})

test('one part needs no connection more', async () => {
  const { lanes, made } = world()
  expect(await lanes.spread(['a'], [1], double, ctx)).toEqual([2])
  expect(await lanes.spread(['a'], [], double, ctx)).toEqual([])
  expect(made()).toBe(0)
})

test('what a broker that is gone was to answer another one does; a refusal stays one', async () => {
  const { lanes } = world({ b: unreachable })
  expect(await lanes.spread(['a', 'b'], parts, double, ctx)).toEqual(parts.map((part) => part * 2))
  await expect(world({ b: refused }).lanes.spread(['a', 'b'], parts, double, ctx)).rejects.toBe(refused)
})
