import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Application } from '../../../src/cli/application.ts'
import { check, cli, folder, plan, result, spec, status, step } from './support.ts'

describe('verify', () => {
  it('0 when everything holds, 1 when something does not or could not be judged', async () => {
    const verify = async (checks: ReturnType<typeof check>[]) =>
      (await cli(['verify'], { app: { verify: async () => checks } })).code
    expect([
      await verify([check()]),
      await verify([check({ ok: false })]),
      await verify([check({ ok: null })]),
      await verify([]),
    ]).toEqual([0, 1, 1, 1])
  })

  it('-o json and junit', async () => {
    const app = { verify: async () => [check({ ok: false })] }
    expect(JSON.parse((await cli(['verify', '-o', 'json'], { app })).out)).toMatchObject({
      ok: false,
      checks: [{ cluster: 'orders', about: 'orders/cluster' }],
    })
    expect((await cli(['verify', '-o', 'junit'], { app })).out).toMatch(/^<\?xml/)
  })

  it('--json: each check as it comes, then all of them', async () => {
    const app: Partial<Application> = {
      verify: async (_, { seen }) => {
        seen(check())
        return [check()]
      },
    }
    const lines = (await cli(['verify', '--json'], { app })).out.trim().split('\n')
    expect(lines.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual(['check', 'result'])
  })

  it('after a run goes on although nobody reads any more: its exit code counts', async () => {
    let gone = () => {}
    const ran = await cli(['apply', '--yes', '--json'], {
      app: {
        plan: async () => ({ plan: plan([step()]), failures: [] }),
        run: async () => {
          gone()
          return result()
        },
        verify: async (_, { signal }) => {
          signal.throwIfAborted()
          return [check()]
        },
      },
      onTerminal: (_, unread) => {
        gone = unread
      },
    })
    expect(ran.code).toBe(0)
  })

  it('--watch ends when nobody reads any more', async () => {
    let gone = () => {}
    let rounds = 0
    const ran = await cli(['verify', '--watch'], {
      app: {
        verify: async () => {
          if (++rounds === 3) gone()
          return [check()]
        },
      },
      onTerminal: (_, unread) => {
        gone = unread
      },
    })
    expect([ran.code, rounds]).toEqual([0, 3])
  })
})

describe('status', () => {
  it('clusters of the spec and those remembered, each once', async () => {
    const cwd = folder()
    writeFileSync(join(cwd, 'mqops.yaml'), '')
    const asked: string[] = []
    const app = {
      remembered: async () => [spec('orders'), spec('demo-nats')],
      status: async (specs: readonly ReturnType<typeof spec>[]) => {
        asked.push(...specs.map((one) => one.name))
        return specs.map((one) => status({ spec: one }))
      },
    }
    expect((await cli(['status'], { app, cwd })).code).toBe(0)
    expect(asked).toEqual(['orders', 'demo-nats'])
  })

  it('without a spec: what is remembered; nothing at all is said so', async () => {
    const ran = await cli(['status'], { app: { load: undefined as never, remembered: async () => [] } })
    expect([ran.code, ran.err]).toEqual([64, expect.stringMatching(/mqops init/)])
  })

  it('1 unless all is healthy; JSON has a row for each cluster', async () => {
    const app = { remembered: async () => [spec('orders')], status: async () => [status({ state: 'stopped' })] }
    const ran = await cli(['status', '-o', 'json'], { app })
    expect(ran.code).toBe(1)
    expect(JSON.parse(ran.out)).toMatchObject([{ cluster: 'orders', state: 'stopped', spec: { name: 'orders' } }])
  })

  it('counts what the spec owns and what nobody does, where a cluster says so in time', async () => {
    const two = [spec('orders'), spec('stock')]
    const app = {
      remembered: async () => two,
      status: async () => two.map((one) => status({ spec: one })),
      owned: async () => new Map([['orders', { ours: 12, others: 3, unmanaged: 4000 }]]),
    }
    const { out } = await cli(['status'], { app })
    expect(out).toMatch(/TARGET +RESOURCES +UNMANAGED\norders .* 12 +4,000\nstock .* \? +\?\n/)
    const none = { ...app, owned: async () => new Map() }
    expect((await cli(['status'], { app: none })).out).toMatch(/RESOURCES +UNMANAGED\norders .* \? +\?\n/)
    const stopped = { ...none, status: async () => two.map((one) => status({ spec: one, state: 'stopped' })) }
    expect((await cli(['status'], { app: stopped })).out).not.toMatch(/RESOURCES/)
    const json = JSON.parse((await cli(['status', '-o', 'json'], { app })).out) as { resources?: unknown }[]
    expect(json.map(({ resources }) => resources)).toEqual([{ ours: 12, others: 3, unmanaged: 4000 }, null])
  })
})
