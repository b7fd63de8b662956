import { describe, expect, it } from 'vitest'
import { address } from '../../../src/model/address.ts'
import type { Application } from '../../../src/cli/application.ts'
import { cli, destructive, plan, runs, spec, step } from './support.ts'

describe('destroy', () => {
  const app = (bytes: number) => ({
    ...runs().app,
    remembered: async () => [spec('orders')],
    planDestroy: async () => ({
      plan: plan([
        step({
          address: address('orders', 'cluster'),
          action: 'cluster.destroy',
          risk: 'destructive',
          loses: { bytes },
        }),
      ]),
      failures: [],
    }),
  })

  it('takes the name where there is data, whatever --yes says', async () => {
    const ran = await cli(['destroy', '--yes'], { app: app(5000) })
    expect([ran.code, ran.err]).toEqual([1, expect.stringMatching(/--confirm orders/)])
    expect((await cli(['destroy', '--confirm', 'orders'], { app: app(5000) })).code).toBe(0)
    expect((await cli(['destroy'], { app: app(5000), person: { text: 'orders' } })).code).toBe(0)
  })

  it('a yes is enough where there is none', async () => {
    expect((await cli(['destroy', '--yes'], { app: app(0) })).code).toBe(0)
  })
})

describe('start', () => {
  it('starts members as they were last applied, and does nothing else', async () => {
    const { app, approvals } = runs()
    const member = step({
      id: 'm',
      address: address('orders', 'member', '1'),
      action: 'member.start',
      needs: ['topic'],
    })
    const planned: unknown[] = []
    const ran = await cli(['start', '--yes', '--json'], {
      app: {
        ...app,
        remembered: async () => [spec('orders', { version: '4.2' })],
        plan: async (specs) => {
          planned.push(specs[0]?.version)
          return {
            plan: plan([step({ id: 'topic' }), destructive, member], { later: [address('orders', 'cluster')] }),
            failures: [],
          }
        },
        run: async (started, approval, o) => {
          planned.push(
            started.steps.map((one) => [one.id, one.needs]),
            started.later,
          )
          return (app.run as Application['run'])(started, approval, o)
        },
      },
    })
    expect([ran.code, planned, approvals.length]).toEqual([0, ['4.2', [['m', []]], []], 1])
  })

  it('what was never built is not started', async () => {
    const ran = await cli(['start', '--yes'], {
      app: {
        remembered: async () => [spec('orders')],
        plan: async () => ({ plan: plan([step()], { clusters: { orders: null } }), failures: [] }),
      },
    })
    expect([ran.code, ran.err]).toEqual([1, expect.stringMatching(/mqops apply/)])
  })
})

describe('resume', () => {
  it('says when there is nothing, and knows which runs there are', async () => {
    expect((await cli(['resume'], { app: { resume: async () => null, runs: async () => [] } })).out).toMatch(
      /Nothing to resume/,
    )
    const app = { runEvents: async () => [], runs: async () => [{ run: 'run-1' } as never] }
    const ran = await cli(['resume', 'run-2'], { app })
    expect([ran.code, ran.err]).toEqual([64, expect.stringMatching(/Did you mean run-1/)])
  })
})
