import { fieldsOf } from '../fields.ts'
import { limitsFrom, limitsKind, limitsOf } from './limits.ts'
import { isOwnUser } from './user.ts'

const NAMES = { maxConnections: 'max-connections', maxChannels: 'max-channels' }

/** How many connections and channels a user may have at once; key: [user]. */
export const userLimits = limitsKind({
  name: 'user-limits',
  path: 'user-limits',
  of: 'user',
  desired: (spec) =>
    Object.entries(fieldsOf(spec).users).map(([user, { limits }]) => ({
      key: [user],
      value: limitsFrom(limits ?? {}, NAMES),
      path: ['users', user, 'limits'],
    })),
  rows: ({ users }, session) =>
    users.filter(({ name }) => !isOwnUser(session, name)).map(({ name, limits }) => [name, limitsOf(limits)]),
})
