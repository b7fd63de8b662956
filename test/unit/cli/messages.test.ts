import { describe, expect, it } from 'vitest'
import { COMMANDS, type CommandDefinition, COMMON_OPTIONS } from '../../../src/cli/definitions.ts'
import { COMMANDS as LOADERS } from '../../../src/cli/commands/index.ts'
import { languageFrom, languageOf, messagesFor } from '../../../src/cli/messages/index.ts'

const en = messagesFor('en')
const zh = messagesFor('zh-CN')

/** Every leaf with its path. */
function leaves(value: unknown, path = ''): readonly (readonly [string, unknown])[] {
  if (typeof value !== 'object' || value === null) return [[path, value]]
  return Object.entries(value).flatMap(([key, one]) => leaves(one, `${path}.${key}`))
}

describe('catalogues', () => {
  it('have the same keys and kinds of words', () => {
    const shape = (of: unknown) => leaves(of).map(([path, value]) => `${path} ${typeof value}`)
    expect(shape(zh)).toEqual(shape(en))
  })

  // The same in both: commands, placeholders, names.
  const SAME = /^\.(help\.commands\..*\.examples\.\d+\.0|help\.examples\.\d+\.0|help\.usage\w+|doctor\.node)$/

  it('Chinese is Chinese, down to its punctuation', () => {
    for (const [path, value] of leaves(zh)) {
      if (typeof value !== 'string' || SAME.test(path)) continue
      expect(value, path).toMatch(/[\u4e00-\u9fff，：]/)
      expect(value, path).not.toMatch(/[\u4e00-\u9fff][,;:?!(]|[,;:!][\u4e00-\u9fff]/)
    }
  })

  it('配置 is configuration; a spec is 规格', () => {
    const words = (of: unknown) => leaves(of).map(([, value]) => String(value))
    const english = words(en)
    const called = words(zh).filter(
      (text, i) => text.includes('配置') && !/configur|properties/i.test(english[i] ?? ''),
    )
    expect(called).toEqual([])
    expect(words(zh).join('\n')).toContain('规格')
  })

  it('commands and options stand in translations as they are', () => {
    const names = COMMANDS.map((one) => one.name).join('|')
    const pattern = new RegExp(`mqops (?:${names})\\b|--[a-z][a-z-]+`, 'g')
    const words = (text: unknown) => (typeof text === 'string' ? (text.match(pattern) ?? []) : [])
    const translated = new Map(leaves(zh))
    for (const [path, value] of leaves(en)) expect(words(translated.get(path)), path).toEqual(words(value))
  })
})

const commands = (
  of: readonly CommandDefinition[],
  path: readonly string[] = [],
): readonly (readonly [string, CommandDefinition])[] =>
  of.flatMap((one) => [
    [[...path, one.name].join(' '), one] as const,
    ...commands(one.subcommands, [...path, one.name]),
  ])

it.each(commands(COMMANDS))('%s has words, examples that it understands, and code', async (path, definition) => {
  const words = en.help.commands[path as keyof typeof en.help.commands]
  expect(words.examples.length).toBeGreaterThan(0)
  for (const option of [...definition.options, ...COMMON_OPTIONS]) expect(en.help.options[option.key]).toBeTruthy()
  expect(typeof (await LOADERS[path]?.())?.run).toBe('function')
  const flags = [...definition.options, ...COMMON_OPTIONS].flatMap(
    (option) => option.flags.match(/--?[a-z][\w-]*/g) ?? [],
  )
  for (const [command] of words.examples)
    for (const flag of command.match(/(?<= )--?[a-z][\w-]*/g) ?? []) expect(flags, command).toContain(flag)
})

it('the language comes from tags and locales', () => {
  expect(['zh', 'zh-CN', 'zh_TW.UTF-8', 'en', 'EN-gb', 'C', 'de'].map(languageOf)).toEqual([
    'zh-CN',
    'zh-CN',
    'zh-CN',
    'en',
    'en',
    null,
    null,
  ])
  expect(languageFrom({ LANG: 'zh_CN.UTF-8' })).toBe('zh-CN')
  expect(languageFrom({ LC_ALL: 'C', LANG: 'zh_CN.UTF-8' })).toBe('en')
  expect(languageFrom({ MQOPS_LANG: 'zh-CN', LC_ALL: 'en_US' })).toBe('zh-CN')
  expect(languageFrom({})).toBe('en')
})

it.each([
  ['a new Kafka cluster of 3', '新建 Kafka 集群，3 个成员'],
  ['nats.conf changed, taken up without restart', 'nats.conf 有变更，无需重启即可生效'],
  ['accounts.conf edited by someone else, written again', 'accounts.conf 被他人改动，将重新写入'],
  ['member 2 is not up: no answer', '成员 2 不可用：没有应答'],
  ['wrong password refused', '拒绝错误密码'],
  ['spec.members: expected 1, 3 or 5, got the number 4', 'spec.members：应为 1, 3 或 5，实为 数字 4'],
  ['spec.topics["a: b"].partitions: must be at least 1', 'spec.topics["a: b"].partitions：必须不小于 1'],
  ['topics.a has two owners', 'topics.a 有两个所有者'],
  ['also at a.yaml:5:13', '另一处在 a.yaml:5:13'],
  [
    "members belongs to the document of the cluster, not to a team's",
    'members 属于集群自己的文档，不能写在团队的文档里',
  ],
  ['the spec "b" has taken it over: this one no longer owns it', '规格 "b" 已经接管它：它不再属于这份规格'],
  ['"a.b" overlaps "a.*" of stream S, which is not in the spec', '“a.b”与 stream S 的“a.*”重叠，而后者不在规格中'],
  ['there is no orders/topic/a', '没有 orders/topic/a'],
  ['Did you mean a/topic/b? Kinds are: acl, topic', '是不是想写 a/topic/b？种类有：acl, topic'],
  ['spec: unknown key "membrs"', 'spec：未知的键 "membrs"'],
  ['did you mean members? allowed: version, members', '是否想写 members？可用：version, members'],
  [
    "it has 12 partitions and can't have 3: partitions can't be taken away",
    '现有 12 个分区，不能变为 3 个：分区不能减少',
  ],
  ["127.0.0.1:1 can't be reached", '无法连接 127.0.0.1:1'],
  ['to the first record at or after 2026-11-25T04:00:00.000Z', '到 2026-11-25T04:00:00.000Z 起的第一条记录'],
  ["partition 0: -5 is before the log's start: 0", '分区 0：-5 在日志起点之前：取 0'],
  ['partition 2 has no committed offset to shift from: left alone', '分区 2 没有可供移动的已提交偏移量：保持不动'],
  ['it is read by 1 member now (Stable)', '它有 1 个成员正在读取（Stable）'],
  [
    'somebody has committed since the plan was made: partition 1 is at no offset, the plan found 5',
    '计划生成之后有人提交过：分区 1 在 （无），计划时为 5',
  ],
  ['left out: it names no operation', '已略去：它没有写明 操作'],
  ['it has no appId: it is left out', '它没有 appId：已略去'],
  ['it has 2 consumers, of which these files tell 0', '它有 2 个消费者，文件中只有 0 个'],
  ['spec.members: nobody foresaw this', 'spec.members: nobody foresaw this'],
  ['constructor', 'constructor'],
  ['something that nobody foresaw', 'something that nobody foresaw'],
])('the phrase %j', (text, chinese) => {
  expect(zh.phrase(text)).toBe(chinese)
  expect(en.phrase(text)).toBe(text)
})
