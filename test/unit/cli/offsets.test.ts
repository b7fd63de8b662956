import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { address } from '../../../src/model/address.ts'
import type { Application } from '../../../src/cli/application.ts'
import { cli, failure, folder, plan } from './support.ts'
import { asked, skips, standing } from './offsets-support.ts'

describe('a plan', () => {
  it('says what each partition and all together read again and skip, never more than up to', async () => {
    const { app } = asked()
    const { out, code } = await cli(['offsets', 'orders', 'billing', '--to', 'latest', '--plan-only'], { app })
    expect(code).toBe(0)
    for (const line of [
      'partition 0: 1500 → 500  up to 1,000 records again',
      'partition 1: 10 → 11  skips up to 1 record, it had no offset',
      '! disruptive: up to 1,000 records read again',
      '! destructive: this group would skip up to 1 record',
      'Would read up to 1,000 records again.',
      'Would skip up to 1 record: they stay in the topic',
      'compaction, transactions and gaps leave fewer',
      'Next: mqops offsets orders billing --to latest --confirm orders',
    ])
      expect(out).toContain(line)
    expect(out).not.toMatch(/would lose|Would lose/)
  })

  it('in Chinese', async () => {
    const { app } = asked()
    const { out } = await cli(['--lang', 'zh-CN', 'offsets', 'orders', 'billing', '--to', 'latest', '--plan-only'], {
      app,
    })
    for (const words of ['到最新的偏移量', '最多 1,000 条记录再读', '跳过最多 1 条记录，此前没有偏移量'])
      expect(out).toContain(words)
  })

  it('a time that was written as a duration is proposed as the moment that it meant', async () => {
    const { app } = asked()
    const { out } = await cli(['offsets', 'orders', 'billing', '--to-time', '2h', '--plan-only'], { app })
    expect(out).toMatch(/Next: .* --to-time \d{4}-\d\d-\d\dT[\d:.]+Z --confirm orders/)
  })

  it('is kept for apply, unless something is wrong with it', async () => {
    const cwd = folder()
    const good = await cli(['offsets', 'orders', 'billing', '--to', 'latest', '--out', 'a.plan'], {
      app: asked().app,
      cwd,
    })
    expect([good.code, readFileSync(join(cwd, 'a.plan'), 'utf8')]).toEqual([0, 'the plan'])
    expect(good.out).toContain('Next: mqops apply a.plan --confirm orders')
    const { app } = asked({ failures: [failure('MQOPS_GROUP_ACTIVE')] })
    const bad = await cli(['offsets', 'orders', 'billing', '--to', 'latest', '--out', 'b.plan'], { app, cwd })
    expect([bad.code, bad.err]).toEqual([1, expect.stringContaining('MQOPS_GROUP_ACTIVE')])
    expect(() => readFileSync(join(cwd, 'b.plan'))).toThrow(/ENOENT/)
  })
})

describe('a run', () => {
  it('skipping takes the name, whatever --yes says; the question speaks of skipping', async () => {
    const { app, approvals } = asked()
    const line = ['offsets', 'orders', 'billing', '--to', 'latest']
    expect(await cli([...line, '--yes'], { app })).toMatchObject({
      code: 1,
      err: expect.stringMatching(/--confirm orders/),
    })
    expect(approvals).toEqual([])
    const ran = await cli(line, { app, person: { text: 'orders' } })
    expect([ran.code, ran.asked]).toEqual([
      0,
      ['A consumer group of orders would skip up to 1 record. Type orders to go on:'],
    ])
    expect(approvals).toMatchObject([{ confirmed: ['orders'] }])
  })

  it('shows where the group stands afterwards, read again; a machine gets one document', async () => {
    const { app } = asked()
    const line = ['offsets', 'orders', 'billing', '--to', 'latest', '--confirm', 'orders']
    expect((await cli(line, { app })).out).toMatch(/Done[^]*PARTITION +COMMITTED/)
    expect(JSON.parse((await cli([...line, '-o', 'json'], { app })).out)).toMatchObject({
      type: 'result',
      state: 'done',
    })
  })

  it('where there is nothing to do it says so, with what was cut short', async () => {
    const note = {
      address: address('orders', 'group', 'billing', 'a'),
      kind: 'info' as const,
      text: "partition 0: 9 is beyond the log's end: 5",
    }
    const { app, approvals } = asked({ plan: plan([], { notes: [note] }) })
    const { out, code } = await cli(['offsets', 'orders', 'billing', '--to-offset', '9'], { app })
    expect([code, approvals]).toEqual([0, []])
    expect(out).toContain("orders/group/billing/a  partition 0: 9 is beyond the log's end: 5")
    expect(out).toContain('billing stands there already')
  })

  it('applied from a file, and resumed, it is not followed by a check of the whole cluster', async () => {
    const cwd = folder()
    writeFileSync(join(cwd, 'a.plan'), '{}')
    const filed = plan([skips], { operation: { name: 'offsets', request: {} } })
    const verify: Application['verify'] = async () => {
      throw new Error('asked')
    }
    const { app } = asked()
    const applied = await cli(['apply', './a.plan', '--confirm', 'orders'], {
      app: { ...app, verify, readPlan: async () => ({ plan: filed, failures: [] }) },
      cwd,
    })
    expect([applied.code, applied.err]).toEqual([0, expect.not.stringContaining('asked')])
    const events = [
      {
        v: 1,
        run: 'run-1',
        seq: 1,
        at: 0,
        epoch: 1,
        actor: 'a',
        type: 'planned',
        plan: filed,
        approval: { all: true, confirmed: [] },
      },
    ] as const
    const resumed = await cli(['resume', 'run-1'], {
      app: {
        ...app,
        verify,
        runEvents: async () => events,
        resume: async () => ({
          run: 'run-1',
          state: 'done',
          failures: [],
          uncovered: [],
          takenBack: [],
          todo: [],
          steps: 1,
        }),
      },
    })
    expect([resumed.code, resumed.err]).toEqual([0, expect.not.stringContaining('asked')])
  })
})

describe('reading', () => {
  it('groups, those that lag most first; share groups without numbers that nobody has', async () => {
    const groups: Application['groups'] = async () => ({
      silent: [],
      groups: [
        { name: 'a', type: 'classic', state: 'Empty', members: [], topics: 1, lag: 3 },
        { name: 'b', type: 'consumer', state: 'Stable', members: standing.members, topics: 2, lag: 12345 },
        { name: 'c', type: 'share', state: 'Stable', members: null, topics: 0, lag: null },
      ],
    })
    const { out, code } = await cli(['offsets', 'orders'], { app: { groups } })
    expect(out.trimEnd().split('\n')).toEqual([
      'GROUP  STATE   MEMBERS  TOPICS     LAG',
      'b      Stable        1       2  12,345',
      'a      Empty         0       1       3',
      'c      Stable        -       -       -',
    ])
    expect(code).toBe(0)
    expect(JSON.parse((await cli(['offsets', 'orders', '-o', 'json'], { app: { groups } })).out)).toMatchObject({
      cluster: 'orders',
      groups: [{ name: 'a', lag: 3 }, { lag: 12345 }, { members: null, lag: null }],
    })
  })

  it('a broker that does not answer is said, and no success', async () => {
    const groups: Application['groups'] = async () => ({ silent: ['kafka-2'], groups: [] })
    expect(await cli(['offsets', 'orders'], { app: { groups } })).toMatchObject({
      code: 1,
      err: expect.stringContaining('kafka-2 did not answer'),
    })
  })

  it('one group: who reads, and where it stands; a part of it when topics are named', async () => {
    const { app } = asked()
    const { out } = await cli(['offsets', 'orders', 'billing'], { app })
    for (const words of [
      'Stable, consumer, 1 member:',
      'app · 10.0.0.7 · one',
      '1,234,567  1,234,562  older records are deleted: the log begins at 10',
      'it has no leader',
      'Lag: not known in all',
      'offsets for old, a topic that is gone',
    ])
      expect(out).toContain(words)
    const known = ['offsets', 'orders', 'billing', '--topic', 'orders.created:0-1']
    expect((await cli(known, { app })).out).toContain('Lag: 1,234,562 in all')
    const part = await cli(['offsets', 'orders', 'billing', '--topic', 'orders.created:1', '-o', 'json'], { app })
    expect(JSON.parse(part.out)).toMatchObject({ group: 'billing', partitions: [{ partition: 1, lag: null }], lag: 0 })
  })
})
