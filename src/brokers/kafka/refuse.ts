import type { Dict } from '../../model/json.ts'
import type { Broker } from '../../ports/broker.ts'
import type { Problem } from '../../model/spec.ts'
import { memberKey } from '../../model/member.ts'

/** What a restart can't bring about. Pure; refused when the plan is made. */
export const refuse: Broker['refuse'] = ({ allocation, files }, { spec, layout }) => {
  const found: Problem[] = []
  const { pools } = spec.fields
  const path = [pools === undefined ? 'members' : 'pools']
  const asked = new Map(layout.members.map((member) => [member.slot, member]))
  const gone = allocation.members.filter((member) => asked.get(member.slot)?.role !== member.role)
  const names = gone.map((member) => `kafka-${member.slot}`).join(', ')
  if (gone.length > 0) {
    found.push({
      path,
      code: 'MQOPS_SPEC_SHRINK',
      message: `${names} can't just be left out: replicas and votes are on it`,
      hint: 'Keep the number and the roles of members.',
    })
  }
  const votes = (members: readonly { ports: readonly string[] | Dict<number>; slot: number }[]) =>
    members
      .filter((m) => (Array.isArray(m.ports) ? m.ports.includes('controller') : 'controller' in m.ports))
      .map((m) => m.slot)
  const before = votes(allocation.members)
  const after = votes(layout.members)
  if (gone.length === 0 && before.join() !== after.join()) {
    found.push({
      path,
      code: 'MQOPS_SPEC_VOTERS',
      message: `the controllers are ${before.join(', ')} and can't become ${after.join(', ')}`,
      hint: 'Add a pool with the role broker instead.',
    })
  }
  const written = allocation.members
    .map((member) => files[memberKey(member)]?.['server.properties'])
    .find((text) => text !== undefined)
  if (written !== undefined && written.includes('CLIENT:SASL_SSL') !== spec.security.tls) {
    const message = `TLS can't be turned ${spec.security.tls ? 'on' : 'off'} member by member: members of both kinds don't understand each other`
    found.push({
      path: ['security', 'tls'],
      code: 'MQOPS_SPEC_TLS',
      message,
      hint: 'Deploy a second cluster and move to it.',
    })
  }
  return found
}
