import { fieldsOf } from '../fields.ts'
import { CANARY_VHOST } from '../names.ts'
import { limitsFrom, limitsKind, limitsOf } from './limits.ts'

const NAMES = { maxConnections: 'max-connections', maxQueues: 'max-queues' }

/** How many connections and queues a virtual host may have; key: [vhost]. */
export const vhostLimits: ReturnType<typeof limitsKind> = {
  ...limitsKind({
    name: 'vhost-limits',
    path: 'vhost-limits',
    of: 'vhost',
    desired: (spec) =>
      Object.entries(fieldsOf(spec).vhosts).map(([vhost, { limits }]) => ({
        key: [vhost],
        value: limitsFrom(limits ?? {}, NAMES),
        path: ['vhosts', vhost, 'limits'],
      })),
    rows: ({ parameters = [] }) =>
      parameters
        .filter(({ component, vhost }) => component === 'vhost-limits' && vhost !== CANARY_VHOST)
        .map(({ vhost, value }) => [vhost, limitsOf(value)]),
  }),
  clashes: () => [], // but queues clash with some
}
