import type { Problem } from '../../model/spec.ts'
import type { Broker } from '../../ports/broker.ts'
import { fieldsOf } from './fields.ts'

/** What no restart of members can bring about. Pure. */
export const refuse: Broker['refuse'] = (before, after) => {
  const problems: Problem[] = []
  const { members } = fieldsOf(after.spec)
  const have = before.allocation.members.length
  if (members < have) {
    problems.push({
      path: ['members'],
      code: 'MQOPS_SPEC_SHRINK',
      message: `${after.spec.name}: ${have} members can't become ${members} by leaving some away`,
      hint: 'Queues must move off a member first, and the cluster must forget it.',
    })
  }
  const running = Object.values(before.files).find((files) => files['rabbitmq.conf'] !== undefined)?.['rabbitmq.conf']
  const tls = running?.includes('listeners.ssl.1')
  if (tls !== undefined && tls !== after.spec.security.tls) {
    problems.push({
      path: ['security', 'tls'],
      code: 'MQOPS_SPEC_TLS',
      message: `${after.spec.name}: TLS can't be turned ${after.spec.security.tls ? 'on' : 'off'} in a running cluster: members with and without it don't see each other`,
      hint: 'Build a second cluster and move over, or destroy this one.',
    })
  }
  return problems
}
