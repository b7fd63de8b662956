import { describe, expect, test } from 'vitest'
import { nats } from '../../../src/brokers/nats/index.ts'
import type { ClusterSpec } from '../../../src/model/spec.ts'
import { planned } from './planned.ts'
import { specOf } from './support.ts'

/** `consumerLimits` of a stream, and consumers that have to come down to them before. */

const specWith = (stream: object): ClusterSpec =>
  specOf({ accounts: { A: { streams: { S: { subjects: ['s.>'], ...stream } } } } })

describe('tighter limits', () => {
  test('come after the consumers that have to come down to them', () => {
    const { steps } = planned(
      specWith({ consumers: { c: {}, d: { maxAckPending: 3 } } }),
      specWith({ consumerLimits: { maxAckPending: 5 }, consumers: { c: {}, d: { maxAckPending: 3 } } }),
    )
    expect(steps).toEqual([['update S consumer_limits', 'update c max_ack_pending'], ['update c max_ack_pending']])
  })

  test('wait for consumers that are removed or made, too', () => {
    const { steps } = planned(
      specWith({ consumers: { old: {} } }),
      specWith({ consumerLimits: { maxAckPending: 5 }, consumers: { new: {} } }),
    )
    expect(steps).toEqual([
      ['update S consumer_limits', 'create new ack_wait max_ack_pending max_waiting', 'delete old'],
      ['create new ack_wait max_ack_pending max_waiting'],
      ['delete old'],
    ])
  })

  test('let all else of the stream go first: consumers may need it', () => {
    const { steps } = planned(
      specWith({ replicas: 1, consumerLimits: { maxAckPending: 5, inactiveThreshold: '1h' }, consumers: { c: {} } }),
      specWith({ replicas: 3, consumerLimits: { maxAckPending: 9, inactiveThreshold: '1m' }, consumers: { c: {} } }),
    )
    expect(steps).toEqual([
      ['update S consumer_limits'],
      ['update S num_replicas', 'update S consumer_limits'],
      ['update S consumer_limits', 'update S num_replicas', 'update c inactive_threshold max_ack_pending'],
      ['update c inactive_threshold max_ack_pending', 'update S consumer_limits', 'update S num_replicas'],
    ])
  })

  test('are refused while a consumer that is not in the spec exceeds them', () => {
    const { failures } = planned(
      specWith({ consumers: { theirs: {} } }),
      specWith({ consumerLimits: { maxAckPending: 5 } }),
      (local) => !local.includes('theirs'),
    )
    expect(failures).toMatchObject([
      { path: ['accounts', 'A', 'streams', 'S', 'consumerLimits'], summary: expect.stringMatching(/theirs.*1000/) },
    ])
  })
})

test('wider limits come before the consumers that use them', () => {
  const { steps } = planned(
    specWith({ consumerLimits: { maxAckPending: 5 }, consumers: { c: {} } }),
    specWith({ consumerLimits: { maxAckPending: 9 }, consumers: { c: {} } }),
  )
  expect(steps).toEqual([['update S consumer_limits'], ['update c max_ack_pending', 'update S consumer_limits']])
})

test('a limit is no default of pushed consumers that acknowledge nothing: the server refuses it of them', () => {
  const pending = (consumer: object, limit = 5) =>
    nats.kinds
      .find(({ name }) => name === 'consumer')
      ?.desired(specWith({ consumerLimits: { maxAckPending: limit }, consumers: { c: consumer } }))
      .map(({ value }) => (value as { max_ack_pending: number }).max_ack_pending)
  expect(pending({ ack: 'none', deliverSubject: 'd' })).toEqual([-1])
  expect(pending({ ack: 'none' })).toEqual([5])
  expect(pending({ deliverSubject: 'd' })).toEqual([5])
})
