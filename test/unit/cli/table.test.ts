import { expect, it } from 'vitest'
import { table } from '../../../src/cli/views/table.ts'
import { print, widthOf } from '../../../src/cli/views/text.ts'

const columns = [{ title: 'NAME' }, { title: 'MS', align: 'right' as const }, { title: 'SEEN' }]
const rows = [
  ['orders', '7', 'all of it'],
  ['集群', '1,200', 'the quorum has three voters and a leader, nobody lags behind'],
]
const at = (width: number): string =>
  print(table(columns, rows, { color: false, columns: width }), { color: false, columns: width })

it('is aligned by columns, wide characters counted', () => {
  expect(at(Number.POSITIVE_INFINITY)).toBe(
    [
      'NAME       MS  SEEN',
      'orders      7  all of it',
      '集群    1,200  the quorum has three voters and a leader, nobody lags behind',
      '',
    ].join('\n'),
  )
})

it('at 40 columns the widest column is wrapped, nothing is lost', () => {
  expect(at(40)).toBe(
    [
      'NAME       MS  SEEN',
      'orders      7  all of it',
      '集群    1,200  the quorum has three',
      '               voters and a leader,',
      '               nobody lags behind',
      '',
    ].join('\n'),
  )
})

it('where columns would be too narrow to read, rows become blocks', () => {
  expect(at(20)).toBe(
    [
      'NAME: orders',
      'MS: 7',
      'SEEN: all of it',
      '',
      'NAME: 集群',
      'MS: 1,200',
      'SEEN: the quorum has',
      '  three voters and a',
      '  leader, nobody',
      '  lags behind',
      '',
    ].join('\n'),
  )
})

it('a row that becomes a block keeps its mark, and no word is broken', () => {
  const shown = print(
    table(
      [{ title: ' ' }, { title: 'CHECK' }, { title: 'ABOUT' }, { title: 'SEEN' }],
      [['✓', 'configuration', 'orders/member/1', 'ERR_CERTIFICATE_REQUIRED']],
      { color: false, columns: 40 },
    ),
    { color: false, columns: 40 },
  )
  expect(shown).toBe('✓ CHECK: configuration\nABOUT: orders/member/1\nSEEN: ERR_CERTIFICATE_REQUIRED\n')
})

it('no row is wider than the terminal', () => {
  for (let width = 12; width < 90; width++)
    for (const row of at(width).split('\n')) expect(widthOf(row)).toBeLessThanOrEqual(width)
})

it('an empty column is left out', () => {
  expect(
    print(table([{ title: 'A' }, { title: 'B' }, { title: 'C' }], [['1', '', '3']], { color: false, columns: 80 }), {
      color: false,
      columns: 80,
    }),
  ).toBe('A  C\n1  3\n')
})
