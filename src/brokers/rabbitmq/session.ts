import { MqopsError } from '../../model/failure.ts'
import type { Access } from '../../model/member.ts'
import type { ClusterSpec } from '../../model/spec.ts'
import type { Context } from '../../ports/context.ts'
import type { Session } from '../../ports/session.ts'
import { apiPath, type ManagementClient } from './client.ts'
import { OPERATOR } from './nodes.ts'

/** What the parts of a session share. */
export type RabbitmqSession = Session & {
  readonly spec: ClusterSpec
  readonly http: ManagementClient
  readonly access: Access
  readonly credentials: { readonly user: string; readonly password: string; readonly ca?: string }
  /** May mqops give itself permissions? Only as the user that it made for itself. */
  readonly ownOperator: boolean
}

/**
 * Work inside a virtual host. The user that makes one may do everything in it, but others' virtual hosts are closed to
 * mqops's own user until it lets itself in.
 */
export async function inVhost<T>(
  session: RabbitmqSession,
  vhost: string,
  work: () => Promise<T>,
  ctx: Context,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const refused = error instanceof MqopsError && error.code === 'MQOPS_FORBIDDEN'
    if (!refused || !session.ownOperator) throw error
    const own = apiPath('permissions', vhost, OPERATOR)
    const { status } = await session.http.ask(own, ctx, { accept: [404] })
    if (status !== 404) throw error // it is in already: the refusal means something else
    await session.http.ask(own, ctx, { method: 'PUT', body: { configure: '.*', write: '.*', read: '.*' } })
    return work()
  }
}
