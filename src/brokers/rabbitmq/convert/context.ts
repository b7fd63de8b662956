import type { Notes } from '../../shared/foreign.ts'
import type { Users } from './users.ts'
import type { Vhosts } from './vhosts.ts'

/** What the readers of definitions share. */
export type Context = {
  readonly cluster: string
  readonly notes: Notes
  readonly vhosts: Vhosts
  readonly users: Users
  readonly plugins: Set<string>
  /** An export of a cluster that mqops made: what it keeps there is no news. */
  readonly ofMqops: boolean
}
