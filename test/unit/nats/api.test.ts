import { errors, type NatsConnection, TimeoutError } from '@nats-io/transport-node'
import { describe, expect, test } from 'vitest'
import { call, read } from '../../../src/brokers/nats/api.ts'
import type { Links } from '../../../src/brokers/nats/client.ts'
import { MqopsError } from '../../../src/model/failure.ts'
import type { Context } from '../../../src/ports/context.ts'

/** What a server does with one request: an answer, silence, or nobody there. */
type Reply = object | 'silence' | 'nobody'

/** Members that answer in turn, on a clock that runs as far as each time-out and pause. */
function cluster(replies: (asked: number, now: number) => Reply) {
  let now = 0
  let asked = 0
  let moved = 0
  const link = (): NatsConnection =>
    ({
      isClosed: () => false,
      getServer: () => `member:${(moved % 3) + 1}`,
      request: async (_subject: string, _payload: string, { timeout }: { timeout: number }) => {
        const reply = replies(asked++, now)
        if (reply === 'nobody')
          throw new errors.RequestError('no responders', { cause: new errors.NoRespondersError('$JS.API') })
        if (reply === 'silence') {
          now += timeout
          throw new TimeoutError()
        }
        return { json: () => reply }
      },
    }) as unknown as NatsConnection
  let current = link()
  const links = {
    access: { endpoints: { client: ['member:1', 'member:2', 'member:3'] } },
    account: async () => current,
    moveOn: async (_account: string, from: NatsConnection) => {
      if (from !== current) return
      moved++
      current = link()
    },
  } as unknown as Links
  const ctx = {
    signal: new AbortController().signal,
    now: () => now,
    sleep: async (ms: number) => {
      now += ms
    },
  } as unknown as Context
  return { links, ctx, seen: () => ({ asked, moved, now }) }
}
const info = (of: ReturnType<typeof cluster>) =>
  read(of.links, 'APP', 'STREAM.INFO.S', undefined, 'read stream', of.ctx)

describe('reads of the JetStream API', () => {
  test('silence during an election is asked again, each time through another member', async () => {
    const of = cluster((_, now) => (now < 9000 ? 'silence' : { state: 1 }))
    await expect(info(of)).resolves.toEqual({ state: 1 })
    expect(of.seen()).toMatchObject({ asked: 6, moved: 5 })
  })

  test('a group that stays without a leader ends in bounded time, naming whom was asked', async () => {
    const of = cluster(() => 'silence')
    const error = await info(of).catch((thrown: MqopsError) => thrown)
    expect(error).toMatchObject({ code: 'MQOPS_TIMEOUT', failure: { retryable: true } })
    expect((error as MqopsError).message).toMatch(/member:1, member:2, member:3/)
    expect(of.seen().now).toBeLessThan(26_000)
  })

  test('an account without JetStream is told soon', async () => {
    const of = cluster(() => 'nobody')
    await expect(info(of)).rejects.toMatchObject({ code: 'MQOPS_UNREACHABLE' })
    expect(of.seen().now).toBeLessThan(4000)
  })

  test('a refusal that passes is asked again, any other is final', async () => {
    const busy = { error: { code: 503, err_code: 10008, description: 'unavailable' } }
    await expect(info(cluster((asked) => (asked < 3 ? busy : { state: 1 })))).resolves.toMatchObject({ state: 1 })
    const absent = cluster(() => ({ error: { code: 404, err_code: 10059, description: 'stream not found' } }))
    await expect(info(absent)).rejects.toMatchObject({ errCode: 10059 })
    expect(absent.seen().asked).toBe(1)
  })

  test('a change is sent once: whether it was made is for the engine to see', async () => {
    const of = cluster(() => 'silence')
    await expect(call(of.links, 'APP', 'STREAM.CREATE.S', {}, 'create', of.ctx)).rejects.toMatchObject({
      code: 'MQOPS_TIMEOUT',
    })
    expect(of.seen()).toMatchObject({ asked: 1, moved: 1 })
  })
})
