import { describeError, MqopsError } from '../../model/failure.ts'
import type { Broker } from '../../ports/broker.ts'
import type { Context } from '../../ports/context.ts'
import type { NodeSpec } from '../../model/member.ts'
import { ACCOUNTS_FILE } from './accounts.ts'
import type { Monitor } from './monitor.ts'
import type { NatsSession } from './session.ts'

/** Milliseconds for a server to take up its files: it answers the signal at once, with thousands of users in seconds. */
const RELOAD_MS = 15_000
/** After this long without success the log is asked for a refusal. */
const PATIENCE_MS = 600
const LOG_LINES = 500

/**
 * SIGHUP, then until the server itself says that it loaded its configuration again. Changed accounts are loaded twice: one
 * that was there before and comes back has the JetStream limits that it had then, until the next time (seen with 2.15.1).
 */
export const reload: Broker['reload'] = async (_spec, node, files, session, tools, ctx) => {
  const { monitor } = session as NatsSession
  const endpoint = monitor.endpoints[node.member.slot - 1]
  if (!endpoint) throw new MqopsError({ code: 'MQOPS_INTERNAL', summary: `no monitoring endpoint of ${node.name}` })
  await once(node, monitor, endpoint, tools, ctx)
  if (files.includes(ACCOUNTS_FILE)) await once(node, monitor, endpoint, tools, ctx)
}

type Tools = Parameters<Broker['reload']>[4]

/** A refusal stands only in the log, and one refused item blocks the whole reload: the server goes on with what it had. */
async function once(node: NodeSpec, monitor: Monitor, endpoint: string, tools: Tools, ctx: Context): Promise<void> {
  const before = await monitor.varz(endpoint, ctx)
  const logged = new Set(await refusals(tools, ctx))
  await tools.signal({ role: node.member.role, slot: node.member.slot }, 'SIGHUP')
  const began = ctx.now()
  for (let pause = 20; ctx.now() - began < RELOAD_MS; pause = Math.min(500, pause * 2)) {
    // While it reloads its TLS the server may not answer.
    const vars = await monitor.varz(endpoint, ctx).catch(() => null)
    ctx.signal.throwIfAborted()
    if (vars && vars.config_load_time !== before.config_load_time) return
    if (ctx.now() - began > PATIENCE_MS) {
      const refused = (await refusals(tools, ctx)).find((line) => !logged.has(line))
      if (refused) throw refusal(node, refused)
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

const REFUSED = /Failed to reload server configuration: (.*)$/

const refusal = (node: NodeSpec, line: string): MqopsError =>
  new MqopsError({
    code: 'MQOPS_BROKER',
    summary: `${node.name} refused its changed files: ${REFUSED.exec(line)?.[1]}`,
    detail: 'It goes on with the configuration that it had; one refused item blocks the whole reload.',
    hint: `Mend the spec and apply again, or restart the member. Its log: ${node.logs[0]}`,
  })

/** Lines of the log that refuse a reload, told apart by their times; empty when the log can't be read. */
async function refusals(tools: Tools, ctx: Context): Promise<readonly string[]> {
  const found: string[] = []
  try {
    for await (const line of tools.log(LOG_LINES)) if (REFUSED.test(line)) found.push(line.trimEnd())
  } catch (error) {
    ctx.signal.throwIfAborted()
    ctx.log('nats.reload.log', describeError(error))
  }
  return found
}
