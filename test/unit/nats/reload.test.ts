import { expect, test } from 'vitest'
import { reload } from '../../../src/brokers/nats/reload.ts'
import type { NatsSession } from '../../../src/brokers/nats/session.ts'
import type { NodeSpec } from '../../../src/model/member.ts'
import type { Context } from '../../../src/ports/context.ts'
import { specOf } from './support.ts'

const LINE =
  '[1] 2026/11/25 02:15:56.726721 [ERR] Failed to reload server configuration: config reload not supported for X'

/** A server whose log is `log` and that took up its files at `taken()`, by the signals it has had; the clock runs by pauses. */
async function run(
  log: (signals: number) => readonly string[],
  taken: (signals: number) => string,
  files: readonly string[] = [],
) {
  let now = 0
  let signals = 0
  const session = {
    monitor: { endpoints: ['m:1'], varz: async () => ({ config_load_time: taken(signals) }) },
  } as unknown as NatsSession
  const ctx = {
    signal: new AbortController().signal,
    now: () => now,
    sleep: async (ms: number) => void (now += ms),
    log: () => {},
  } as unknown as Context
  const node = { name: 'nats-1', member: { role: 'server', slot: 1 }, logs: ['/l'] } as unknown as NodeSpec
  const tools = {
    exec: async () => ({ code: 1, stdout: '', stderr: '' }),
    signal: async () => void (signals += 1),
    log: async function* () {
      yield* log(signals)
    },
  }
  await reload(specOf({}), node, files, session, tools, ctx)
  return { now, signals }
}

test('the server says that it has loaded its files', async () => {
  const { now, signals } = await run(
    () => [LINE],
    (had) => (had > 0 ? 'b' : 'a'),
  )
  expect(now).toBeLessThan(100)
  expect(signals).toBe(1)
})
test('accounts are loaded twice: one that comes back has its former limits after the first time', async () => {
  const { signals } = await run(() => [], String, ['routes.conf', 'accounts.conf'])
  expect(signals).toBe(2)
  expect((await run(() => [], String, ['routes.conf'])).signals).toBe(1)
})
test('a refusal that stands only in the log is told in its words; an older one is not taken for it', async () => {
  const again = LINE.replace('56.7', '57.7')
  await expect(
    run(
      (signals) => (signals > 0 ? [LINE, again] : [LINE]),
      () => 'a',
    ),
  ).rejects.toMatchObject({
    code: 'MQOPS_BROKER',
    message: 'nats-1 refused its changed files: config reload not supported for X',
  })
  await expect(
    run(
      () => [LINE],
      () => 'a',
    ),
  ).rejects.toMatchObject({ code: 'MQOPS_TIMEOUT' })
})
