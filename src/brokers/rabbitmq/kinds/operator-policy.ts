import type { PolicyDefinition } from '../definitions.ts'
import { policyKind } from './policies.ts'

/** Limits that operators set over what policies and clients say: of two limits the lower one holds. */
export const operatorPolicy = policyKind({
  name: 'operator-policy',
  path: 'operator-policies',
  field: 'operatorPolicies',
  rows: ({ parameters = [] }) =>
    parameters
      .filter(({ component }) => component === 'operator_policy')
      .map(({ vhost, name, value }) => {
        const { pattern, 'apply-to': applyTo, priority, definition } = value as unknown as PolicyDefinition
        return [vhost, name, { pattern, applyTo, priority, definition }]
      }),
})
