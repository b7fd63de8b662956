import { describe, expect, it } from 'vitest'
import type { Broker } from '../../../src/ports/broker.ts'
import { referenceOf } from '../../../src/spec/index.ts'
import { realBrokers, realTargets } from '../spec/real.ts'
import { cli } from './support.ts'

const app = {
  brokers: realBrokers,
  reference: (kind: string) => referenceOf(realBrokers.find((one) => one.kind === kind) as Broker, realTargets),
}
const explain = (...line: readonly string[]) => cli(['explain', ...line], { app })

describe('explain', () => {
  it('a map: its settings, with what each takes', async () => {
    const ran = await explain('kafka.topics.config')
    expect([ran.code, ran.err]).toEqual([0, ''])
    expect(ran.out).toMatch(/^kafka\.topics\.config\n {2}Settings of the topic[\s\S]*retention\.ms +long, at least -1/)
  })

  it('names of resources may stand in the path or not', async () => {
    const plain = await explain('kafka.topics.partitions')
    expect(plain.out).toContain('only upwards')
    for (const path of [
      'kafka.topics.NAME.partitions',
      'kafka.spec.topics.*.partitions',
      'Kafka.topics.<name>.partitions',
    ])
      expect((await explain(path)).out).toBe(plain.out)
  })

  it("one of the broker's own settings, dots and all", async () => {
    expect((await explain('kafka.topics.config.retention.ms')).out).toMatch(
      /long, at least -1[\s\S]*default +604800000[\s\S]*https:.*retention\.ms/,
    )
    expect((await explain('rabbitmq.vhosts.policies.definition.max-length')).out).toMatch(
      /a whole number[\s\S]*meaning +Messages[\s\S]*maxlength/,
    )
    expect((await explain('kafka.topics.config')).out).toMatch(/NAME +TYPE +DEFAULT\n/)
  })

  it.each([
    ['kafka.topics.partitons', /there is no field "partitons" here[\s\S]*Did you mean partitions/],
    ['kafka.topics.config.retention.sm', /Did you mean retention\.ms/],
    ['kakfa', /Did you mean kafka/],
    ['nats.accounts.streams.zzzzzzzzzz', /See: mqops explain nats\.accounts\.streams/],
  ])('%s: 64, with what was probably meant', async (path, message) => {
    const ran = await explain(path)
    expect([ran.code, ran.out]).toEqual([64, ''])
    expect(ran.err).toMatch(message)
  })

  it('without a path: where to begin; a broker alone: its fields', async () => {
    expect((await explain()).out).toMatch(/kafka[\s\S]*nats[\s\S]*rabbitmq/)
    expect((await explain('rabbitmq')).out).toMatch(/vhosts[\s\S]*users/)
    expect((await explain('nats.metadata.name')).out).toContain('unique across brokers')
  })

  it('-o json, and Chinese', async () => {
    expect(JSON.parse((await explain('nats.accounts.streams.maxAge', '-o', 'json')).out)).toMatchObject({
      path: 'nats.accounts.streams.maxAge',
      type: 'duration',
      mutability: 'live',
    })
    expect((await explain('rabbitmq.vhosts.queues', '--lang', 'zh-CN')).out).toMatch(/类型[\s\S]*通过替换变更/)
  })
})
