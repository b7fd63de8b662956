import { policyKind } from './policies.ts'

/** Settings of all queues and exchanges whose names match; the one with the highest priority wins. */
export const policy = policyKind({
  name: 'policy',
  path: 'policies',
  field: 'policies',
  rows: ({ policies = [] }) =>
    policies.map(({ vhost, name, pattern, 'apply-to': applyTo, priority, definition }) => [
      vhost,
      name,
      { pattern, applyTo, priority, definition },
    ]),
})
