import { describe, expect, it } from 'vitest'
import { messagesFor } from '../../../src/cli/messages/index.ts'
import { countsOf, entriesOf } from '../../../src/cli/views/changes.ts'
import { planMarkdown } from '../../../src/cli/views/markdown.ts'
import { lossText, planLines } from '../../../src/cli/views/plan.ts'
import { print, widthOf } from '../../../src/cli/views/text.ts'
import { address } from '../../../src/model/address.ts'
import type { Plan } from '../../../src/model/plan.ts'
import { plan, spec, step } from './support.ts'

const en = messagesFor('en')
const zh = messagesFor('zh-CN')

const topic = (name: string) => address('orders', 'topic', name)
const example = plan(
  [
    step({
      address: topic('created'),
      changes: [
        { field: 'partitions', to: 12 },
        { field: 'config.retention.ms', to: 604800000 },
      ],
    }),
    step({
      address: topic('paid'),
      action: 'kafka.topic.update',
      reason: 'it differs',
      changes: [
        { field: 'partitions', from: 6, to: 12 },
        { field: 'config.x', from: 'a' },
      ],
    }),
    step({
      address: topic('old'),
      action: 'kafka.topic.delete',
      reason: 'the spec has it no more',
      risk: 'destructive',
      loses: { messages: 12000, bytes: 3250586 },
    }),
    step({
      id: 'd',
      address: topic('log'),
      action: 'kafka.topic.delete',
      reason: 'fewer partitions',
      risk: 'destructive',
      loses: { messages: 1 },
    }),
    step({ id: 'c', address: topic('log'), action: 'kafka.topic.create', reason: 'fewer partitions', needs: ['d'] }),
    step({
      address: address('orders', 'member', '1'),
      action: 'member.restart',
      reason: 'server.properties changed',
      risk: 'disruptive',
    }),
    step({
      address: address('orders', 'user', 'shop'),
      action: 'kafka.user.create',
      changes: [{ field: 'password', to: { secretRef: { env: 'SHOP' } } }],
    }),
  ],
  {
    notes: [{ address: topic('theirs'), kind: 'unmanaged', text: 'not made by mqops and not in the spec: left alone' }],
  },
)
const show = (of: Plan, more: { columns?: number; m?: typeof en; wide?: boolean; failed?: number } = {}): string => {
  const view = { wide: more.wide ?? false, next: 'mqops apply --confirm orders', failed: more.failed ?? 0 }
  return print(planLines(of, view, more.m ?? en), { color: false, columns: more.columns ?? Number.POSITIVE_INFINITY })
}

describe('a plan on the terminal', () => {
  it('reads from top to bottom', () => {
    expect(show(example)).toBe(`orders (Kafka 4.3)
  + orders/topic/created  the spec has it
      partitions: 12
      config.retention.ms: 604800000
  ~ orders/topic/paid  it differs
      partitions: 6 → 12
      config.x: "a" removed
  - orders/topic/old  the spec has it no more
      ! destructive: would lose 12,000 messages, 3.1 MiB
  ± orders/topic/log  fewer partitions
      ! destructive: would lose 1 message
      fewer partitions
  ~ orders/member/1  server.properties changed
      ! disruptive: clients will notice
  + orders/user/shop  the spec has it
      password: (env:SHOP)

Left alone:
  orders/topic/theirs  not made by mqops and not in the spec: left alone
  What mqops did not make comes into a spec with: mqops import orders --only 'topic/*'

Plan: 2 to create, 2 to change, 1 to replace, 1 to delete (1 disruptive, 2 destructive)
Would lose 12,001 messages.
Next: mqops apply --confirm orders
`)
  })

  it('40 columns: nothing is wider, nothing is lost', () => {
    const narrow = show(example, { columns: 40 })
    for (const row of narrow.split('\n')) expect(widthOf(row)).toBeLessThanOrEqual(40)
    const letters = (text: string) => text.replaceAll(/\s/g, '')
    expect(letters(narrow)).toBe(letters(show(example)))
  })

  it('speaks Chinese; addresses, fields and commands stay', () => {
    const text = show(example, { m: zh })
    expect(text).toContain('计划：新建 2 项，修改 2 项，替换 1 项，删除 1 项 (1 项有影响，2 项会丢数据)')
    expect(text).toContain('下一步：mqops apply --confirm orders')
    expect(text).toContain('orders/topic/theirs  不是 mqops 建立的，也不在规格中：保持不动')
    expect(text).toContain('partitions: 6 → 12')
  })

  it('what is taken over is told apart from what changes, and from whom', () => {
    const reason = 'the spec names it, it exists and the spec "theirs" owns it: mqops takes it over'
    const taken = (name: string) => step({ id: name, address: topic(name), action: 'kafka.topic.adopt', reason })
    const update = step({ address: topic('b'), action: 'kafka.topic.update', reason: 'it differs', needs: ['b'] })
    const of = plan([taken('a'), taken('b'), update])
    expect(show(of)).toContain(`  = orders/topic/a  ${reason}\n  ~ orders/topic/b  ${reason}\n      it differs\n`)
    expect(show(of)).toContain('Plan: 1 to take over, 1 to change\n')
    expect(show(of, { m: zh })).toContain('  = orders/topic/a  规格中有、已经存在，属于规格 "theirs"：由 mqops 接管\n')
  })

  it('thousands that are left alone: others first, then how many of what, and how to see all', () => {
    const note = (kind: string, i: number) => ({
      address: address('orders', kind, `n${i}`),
      kind: 'unmanaged' as const,
      text: 'not made by mqops and not in the spec: left alone',
    })
    const many = Array.from({ length: 4000 }, (_, i) => note('topic', i)).concat(
      Array.from({ length: 5 }, (_, i) => note('acl', i)),
    )
    const other = { address: topic('z'), kind: 'other-owner' as const, text: 'the spec "theirs" owns it: left alone' }
    const lines = show(plan([], { notes: [...many, other] })).split('\n')
    expect(lines.slice(0, 2)).toEqual(['Left alone:', '  orders/topic/z  the spec "theirs" owns it: left alone'])
    expect(lines.slice(9, 11)).toEqual([
      '  and 3,998 more: topic 3,993, acl 5 (-o wide shows all)',
      "  What mqops did not make comes into a spec with: mqops import orders --only 'topic/*'",
    ])
    expect(show(plan([], { notes: many }), { wide: true }).split('\n').length).toBeGreaterThan(4005)
  })

  it('no changes are said plainly', () => {
    expect(show(plan([]))).toBe('No changes: the cluster is as the spec says.\n')
    expect(show(plan([], {}, [spec('a'), spec('b')]))).toBe('No changes: all 2 clusters are as the spec says.\n')
  })

  it('no changes are not claimed where there were errors', () => {
    expect(show(plan([]), { failed: 2 })).toBe('2 errors: nothing can be applied before they are mended.\n')
    expect(show(example, { failed: 1 })).not.toContain('Next:')
  })

  it('names a hostile topic without obeying it', () => {
    const name = '\u001b[2Ja\u202eb\nc'
    expect(
      show(plan([step({ address: topic(name), reason: name, changes: [{ field: name, to: name }] })])),
    ).toBe(`orders (Kafka 4.3)
  + orders/topic/%1B[2Ja%E2%80%AEb%0Ac  \\x1b[2Ja\\u{202e}b\\nc
      \\x1b[2Ja\\u{202e}b\\nc: "\\u001b[2Ja\\u{202e}b\\nc"

Plan: 1 to create
Next: mqops apply --confirm orders
`)
  })

  it('what can only be planned later is announced', () => {
    expect(show(plan([], { later: [address('orders', 'cluster')] }))).toContain(
      'What is inside can only be seen when its members run',
    )
  })

  it('shows a few of many notes, all with wide', () => {
    const notes = Array.from({ length: 20 }, (_, i) => ({
      address: topic(`t${i}`),
      kind: 'unmanaged' as const,
      text: 'x',
    }))
    expect(show(plan([], { notes }))).toContain('and 12 more')
    expect(show(plan([], { notes }), { wide: true })).toContain('orders/topic/t19')
  })
})

it('a member that starts is new or only stopped', () => {
  const start = (files: null | object) =>
    step({ address: address('orders', 'member', '1'), action: 'member.start', args: { slot: 1, files } as never })
  expect(entriesOf(plan([start(null)]))[0]?.sign).toBe('+')
  expect(entriesOf(plan([start({ a: 'b' })]))[0]?.sign).toBe('~')
})

it('kinds that live in files are counted by what happens to them', () => {
  const configure = (want: unknown, from?: number) =>
    step({
      action: 'nats.user.configure',
      args: { want } as never,
      changes: [{ field: 'x', ...(from === undefined ? {} : { from }), to: 1 }],
    })
  const sign = (one: ReturnType<typeof step>) => entriesOf(plan([one]))[0]?.sign
  expect([sign(configure({})), sign(configure({}, 2)), sign(configure(null))]).toEqual(['+', '~', '-'])
})

it('counts entries, not steps', () => {
  expect(countsOf(entriesOf(example))).toEqual({
    '=': 0,
    '+': 2,
    '~': 2,
    '-': 1,
    '±': 1,
    disruptive: 1,
    destructive: 2,
  })
})

describe('a plan for a pull request', () => {
  it('has its counts in the first line, details that unfold, and what would be lost', () => {
    const text = planMarkdown(example, [], en)
    expect(text.split('\n')[0]).toBe(
      '**mqops: Plan: 2 to create, 2 to change, 1 to replace, 1 to delete (1 disruptive, 2 destructive)**',
    )
    expect(text).toContain('> [!CAUTION]\n> Would lose 12,001 messages.')
    expect(text).toContain('<details><summary><code>orders</code> (Kafka 4.3)')
    expect(text).toContain('+ + orders/topic/created  # the spec has it\n    partitions: 12')
    expect(text.match(/<details>/g)?.length).toBe(text.match(/<\/details>/g)?.length)
  })

  it('no name breaks out of it', () => {
    const name = '```\n</details>@everyone<img src=x>[a](b)'
    const hostile = plan([step({ reason: name, changes: [{ field: name, to: name }] })], {}, [
      spec(name),
      spec('orders'),
    ])
    const text = planMarkdown(hostile, [{ code: 'MQOPS_X', summary: name, hint: name, retryable: false }], en)
    const [, fence] = /\n(`{3,})diff\n/.exec(text) as RegExpExecArray
    const outside = text.replace(new RegExp(`\n${fence}diff\n[^]*?\n${fence}\n`), '')
    expect(fence).toBe('````')
    expect(outside).not.toMatch(/<img|@everyone|\]\(/)
  })

  it('fits into a comment, and says how much does not', () => {
    const many = plan(
      Array.from({ length: 5000 }, (_, i) =>
        step({ address: topic(`topic-${i}`), changes: [{ field: 'partitions', to: i }] }),
      ),
    )
    const text = planMarkdown(many, [], en)
    expect(text.length).toBeLessThan(65_536)
    expect(text).toMatch(/# and \d+ more: see mqops plan\n```\n\n<\/details>\n$/)
  })
})

describe('a member whose files change', () => {
  const reload = (slot: string) =>
    step({
      id: slot,
      address: address('orders', 'member', slot),
      action: 'member.reload',
      reason: 'accounts.conf changed, taken up without restart',
      changes: [
        {
          field: 'accounts.conf',
          from: '    {"user":"a","password":"${secretRef:generated:user/A/a|bcrypt|salt}"},',
          to: '    {"user":"a","password":"${secretRef:generated:user/A/a|bcrypt|salt}"}',
        },
        { field: 'accounts.conf', from: '    {"user":"b","password":"${secretRef:env:B|bcrypt|salt}"}' },
        { field: 'server.conf', from: 'max_payload: 1', to: 'max_payload: 2' },
      ],
    })
  const rolled = plan([reload('1'), reload('3'), { ...reload('2'), changes: [] }])

  it('shows lines that go and come once, secrets by name, and nothing that is only a comma', () => {
    const text = print(planLines(rolled, { wide: false, next: null, failed: 0 }, en), {
      color: false,
      columns: Number.POSITIVE_INFINITY,
    })
    expect(text).toContain(`  ~ orders/member/1  accounts.conf changed, taken up without restart
      accounts.conf
        - {"user":"b","password":"(env:B)"}
      server.conf
        - max_payload: 1
        + max_payload: 2
  ~ orders/member/3  accounts.conf changed, taken up without restart
      as orders/member/1
  ~ orders/member/2  accounts.conf changed, taken up without restart

`)
    expect(text).not.toContain('salt')
  })

  it('in Markdown too', () => {
    const text = planMarkdown(rolled, [], en)
    expect(text).toContain('    server.conf\n-     max_payload: 1\n+     max_payload: 2\n! ~ orders/member/3')
    expect(text).toContain('    as orders/member/1')
  })
})

it('what is lost at most is said so, and nothing of offsets', () => {
  expect(lossText({ messages: 80, atMost: true }, en)).toBe('up to 80 messages')
  expect(lossText({ messages: 80 }, en)).toBe('80 messages')
})
