import { MqopsError } from '../../model/failure.ts'
import type { NodeSpec } from '../../model/member.ts'
import type { Context } from '../../ports/context.ts'
import type { Exec } from '../../ports/session.ts'

/** Seconds that the member may take to hand its queues over. */
const PATIENCE_S = 30

/**
 * Maintenance mode before a restart: the member hands the leaders of quorum queues, streams and the metadata store to
 * others and closes its clients' connections, so that nobody waits for an election. It has no HTTP, and the member's own
 * HTTP closes with it. A start ends maintenance mode. Who hangs can't be drained: it is restarted all the same.
 */
export async function drain(node: NodeSpec, exec: Exec, ctx: Context): Promise<void> {
  try {
    const argv = ['rabbitmq-upgrade', '--silent', '--timeout', String(PATIENCE_S), 'drain']
    const { code, stdout, stderr } = await exec(node.member, argv, ctx)
    if (code !== 0) ctx.log('rabbitmq.drain.failed', { member: node.name, said: `${stdout}${stderr}`.slice(0, 500) })
  } catch (error) {
    ctx.signal.throwIfAborted()
    if (!(error instanceof MqopsError)) throw error
    ctx.log('rabbitmq.drain.failed', { member: node.name, said: error.failure.summary })
  }
}
