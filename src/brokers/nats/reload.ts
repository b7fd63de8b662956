import { MqopsError } from '../../model/failure.ts'
import type { Broker } from '../../ports/broker.ts'
import type { Context } from '../../ports/context.ts'
import type { Exec } from '../../ports/session.ts'
import type { NodeSpec } from '../../model/member.ts'
import type { NatsSession } from './session.ts'

/** Milliseconds for a server to take up its files: it answers the signal at once, with thousands of users in seconds. */
const RELOAD_MS = 15_000
/** After this long without success the log is asked for a refusal. */
const PATIENCE_MS = 600
const LOG_BYTES = '20000'

/**
 * SIGHUP, then until the server itself says that it loaded its configuration again. A refusal stands only in its log, and
 * one refused item blocks the whole reload: the server goes on with what it had.
 */
export const reload: Broker['reload'] = async (_spec, node, _files, session, tools, ctx) => {
  const { monitor } = session as NatsSession
  const endpoint = monitor.endpoints[node.member.slot - 1]
  if (!endpoint) throw new MqopsError({ code: 'MQOPS_INTERNAL', summary: `no monitoring endpoint of ${node.name}` })
  const before = await monitor.varz(endpoint, ctx)
  const logged = (await refusals(node, tools.exec, ctx)).length
  await tools.signal({ role: node.member.role, slot: node.member.slot }, 'SIGHUP')
  const began = ctx.now()
  for (let pause = 20; ctx.now() - began < RELOAD_MS; pause = Math.min(500, pause * 2)) {
    // While it reloads its TLS the server may not answer.
    const vars = await monitor.varz(endpoint, ctx).catch(() => null)
    ctx.signal.throwIfAborted()
    if (vars && vars.config_load_time !== before.config_load_time) return
    if (ctx.now() - began > PATIENCE_MS) {
      const refused = await refusals(node, tools.exec, ctx)
      if (refused.length > logged) throw refusal(node, refused.at(-1) as string)
    }
    await ctx.sleep(pause)
  }
  throw new MqopsError({
    code: 'MQOPS_TIMEOUT',
    summary: `${node.name} (${endpoint}) has not taken up its changed files after ${RELOAD_MS / 1000} s`,
    hint: `Its log says why: ${node.logs[0]}. One refused item blocks the whole reload.`,
    retryable: true,
  })
}

const refusal = (node: NodeSpec, line: string): MqopsError =>
  new MqopsError({
    code: 'MQOPS_BROKER',
    summary: `${node.name} refused its changed files: ${line}`,
    detail: 'It goes on with the configuration that it had; one refused item blocks the whole reload.',
    hint: `Mend the spec and apply again, or restart the member. Its log: ${node.logs[0]}`,
  })

/** Lines of the log that refuse a reload; empty when the log can't be read. */
async function refusals(node: NodeSpec, exec: Exec, ctx: Context): Promise<readonly string[]> {
  try {
    const { code, stdout } = await exec(
      { role: node.member.role, slot: node.member.slot },
      ['tail', '-c', LOG_BYTES, node.logs[0] as string],
      ctx,
    )
    if (code !== 0) return []
    return stdout.split('\n').flatMap((line) => /Failed to reload server configuration: (.*)$/.exec(line)?.[1] ?? [])
  } catch {
    ctx.signal.throwIfAborted()
    return []
  }
}
