import { describe, expect, test } from 'vitest'
import { rabbitmq } from '../../../src/brokers/rabbitmq/index.ts'
import { planResources } from '../../../src/operations/deploy/resources.ts'
import { seenOf } from '../../support/seen.ts'
import { specOf } from './support.ts'

/** As many queues as a virtual host may have: what comes waits for what goes. */

const KINDS = rabbitmq.kinds.filter(({ name }) => ['vhost-limits', 'queue'].includes(name))
const classic = { type: 'classic' }
const vhost = (queues: Record<string, object>, maxQueues?: number) =>
  specOf({ vhosts: { v: { queues, ...(maxQueues === undefined ? {} : { limits: { maxQueues } }) } } })
type Spec = ReturnType<typeof vhost>

function planned(before: Spec, after: Spec, unmanaged: readonly string[] = []) {
  const { seen, owned } = seenOf(KINDS, before, (one) => !unmanaged.includes(one))
  return planResources(after, seen, owned, new Set(), [])
}
/** What each creation of a queue waits for. */
function waits(...of: Parameters<typeof planned>) {
  const { steps, failures } = planned(...of)
  expect(failures).toEqual([])
  const name = ({ action, address }: (typeof steps)[number]) => `${action.split('.').at(-1)} ${address.key.at(-1)}`
  const names = new Map(steps.map((step) => [step.id, name(step)]))
  return Object.fromEntries(
    steps
      .filter(({ action }) => action === 'rabbitmq.queue.create')
      .map((step) => [name(step), step.needs.map((id) => names.get(id))]),
  )
}
const many = (names: string) => Object.fromEntries([...names].map((name) => [name, classic]))

describe('a virtual host with a limit of queues', () => {
  test('makes each new one beyond the free places when one has gone', () => {
    expect(waits(vhost(many('abc'), 4), vhost(many('cxyz'), 4))).toEqual({
      'create x': [],
      'create y': ['delete a'],
      'create z': ['delete b'],
    })
    expect(waits(vhost(many('abc'), 4), vhost(many('cx'), 4))).toEqual({ 'create x': [] })
    expect(waits(vhost(many('abc')), vhost(many('cxyz')))).toEqual({ 'create x': [], 'create y': [], 'create z': [] })
  })
  test('that is lowered has those that are too many go before all else', () => {
    const anew = { ...many('x'), c: { type: 'quorum' } }
    expect(waits(vhost(many('abc')), vhost(anew, 2))).toEqual({
      'create x': ['delete a', 'delete b'],
      'create c': ['delete c', 'delete a'],
    })
  })
  test('that is raised, or taken away, comes first', () => {
    expect(waits(vhost(many('a'), 1), vhost(many('ab'), 2))).toEqual({ 'create b': ['update v'] })
    expect(waits(vhost(many('a'), 1), vhost(many('ab')))).toEqual({ 'create b': ['delete v'] })
    expect(waits(vhost(many('a'), 2), vhost(many('ab'), 3))).toEqual({ 'create b': [] })
  })
  test('counts queues that are not in the spec', () => {
    const theirs = ['queue/v/t']
    expect(waits(vhost(many('at'), 2), vhost(many('b'), 2), theirs)).toEqual({ 'create b': ['delete a'] })
    expect(planned(vhost(many('at'), 2), vhost(many('ab'), 2), theirs).failures).toMatchObject([
      {
        address: { key: ['v', 'b'] },
        path: ['vhosts', 'v', 'queues', 'b'],
        summary: 'virtual host v may have 2 queues: the spec has 2, and 1 more is there, t for one',
      },
    ])
  })
  test('that is not in the spec is one, too', () => {
    const { failures } = planned(vhost(many('a'), 1), vhost(many('ab')), ['vhost-limits/v'])
    expect(failures).toMatchObject([{ summary: expect.stringMatching(/^virtual host v may have 1 queue, by a limit/) }])
    expect(planned(vhost(many('a'), 1), vhost(many('a')), ['vhost-limits/v']).failures).toEqual([])
  })
})
