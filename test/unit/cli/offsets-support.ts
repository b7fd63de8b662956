import { address } from '../../../src/model/address.ts'
import type { Application, GroupStanding, OffsetsAsk } from '../../../src/cli/application.ts'
import { messagesFor } from '../../../src/cli/messages/index.ts'
import { plan, runs, step } from './support.ts'

export const m = messagesFor('en')
export const skips = step({
  address: address('orders', 'group', 'billing', 'orders.created'),
  action: 'group.reset',
  reason: 'to the latest offset',
  risk: 'destructive',
  changes: [
    { field: 'partition 0', from: 1500, to: 500, rereads: { messages: 1000, atMost: true } },
    {
      field: 'partition 1',
      from: 10,
      to: 11,
      loses: { messages: 1, atMost: true, skipped: true },
      note: 'it had no offset',
    },
  ],
  rereads: { messages: 1000, atMost: true },
  loses: { messages: 1, atMost: true, skipped: true },
})
export const standing: GroupStanding = {
  name: 'billing',
  type: 'consumer',
  state: 'Stable',
  members: [{ id: 'm', clientId: 'app', host: '10.0.0.7', instance: 'one' }],
  partitions: [
    { topic: 'orders.created', partition: 0, committed: 5, start: 10, end: 1234567, lag: 1234562 },
    { topic: 'orders.created', partition: 1, committed: null, start: 0, end: 9, lag: null },
    { topic: 'orders.created', partition: 2, committed: 3, start: 0, end: 0, lag: null, problem: 'it has no leader' },
  ],
  gone: ['old'],
}

/** Keeps what is asked for. */
export function asked(planned: Partial<Awaited<ReturnType<Application['planOffsets']>>> = {}) {
  const asks: OffsetsAsk[] = []
  const { app, approvals } = runs()
  const whole: Partial<Application> = {
    ...app,
    planOffsets: async (_, ask) => {
      asks.push(ask)
      return { plan: plan([skips]), failures: [], ...planned }
    },
    printPlan: () => 'the plan',
    standing: async () => standing,
  }
  return { app: whole, asks, approvals }
}
