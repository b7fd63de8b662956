import type { ForeignItem, ForeignPath } from '../../../ports/foreign.ts'
import { given, part, type Reading } from '../../shared/foreign.ts'
import type { Context } from './context.ts'

const NO_MIRRORS = 'RabbitMQ 4 has no mirrored classic queues'

/** Of classic mirroring and its time: the server refuses a policy with one of them. */
const OBSOLETE: Readonly<Record<string, readonly [why: string, hint: string]>> = {
  'queue-master-locator': [
    'RabbitMQ 4 has no masters of queues',
    'queue-leader-locator says where new queues are placed.',
  ],
}
const obsolete = (name: string): readonly [string, string] | undefined =>
  name.startsWith('ha-')
    ? [NO_MIRRORS, 'Queues of the type quorum are replicated by themselves: give them that type.']
    : OBSOLETE[name]

/** A policy, or an operator policy: those stand among the parameters, with all but the name in `value`. */
export function readPolicy(vhost: string, name: string, one: Reading, operator: boolean, context: Context): void {
  one.what = `${operator ? 'operator policy' : 'policy'} ${name} in ${vhost}`
  one.ignore('name', 'vhost')
  const value = given({
    pattern: one.text('pattern') ?? '',
    applyTo: one.text('apply-to') ?? one.text('applyTo'),
    priority: one.number('priority') || undefined,
    definition: {},
  })
  const definition = Object.entries(one.table('definition'))
  const parts: ForeignItem[] = []
  const mirrored: string[] = []
  for (const [key, setting] of definition) {
    const path: ForeignPath = ['definition', key]
    const gone = obsolete(key)
    if (gone === undefined) parts.push(part(`${one.what}, ${key}`, path, setting, one.place(...path)))
    else if (key.startsWith('ha-')) mirrored.push(key)
    else one.note(`"${key}" is left out: ${gone[0]}`, gone[1], ...path)
    if (key.startsWith('federation-upstream')) context.plugins.add('rabbitmq_federation')
    if (key === 'shards-per-node' || key === 'routing-key') context.plugins.add('rabbitmq_sharding')
  }
  if (mirrored.length > 0) {
    const [why, hint] = obsolete('ha-mode') as readonly [string, string]
    const rest = parts.length > 0 ? '' : ', and the policy with them: it says nothing else'
    one.note(`${mirrored.join(', ')}: left out${rest}. ${why}`, hint, 'definition', mirrored[0] as string)
  }
  one.end()
  // Nothing but what is gone: the note above says so.
  if (parts.length === 0 && definition.length > 0) return
  const item = part(one.what, [operator ? 'operatorPolicies' : 'policies', name], value, one.at)
  context.vhosts.put(vhost, { ...item, parts }, one.at)
}
