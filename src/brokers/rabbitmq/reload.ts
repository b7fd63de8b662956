import tls from 'node:tls'
import { X509Certificate } from 'node:crypto'
import { MqopsError } from '../../model/failure.ts'
import type { NodeSpec } from '../../model/member.ts'
import { holes } from '../../model/secret.ts'
import type { ClusterSpec } from '../../model/spec.ts'
import type { Context } from '../../ports/context.ts'
import type { Exec } from '../../ports/session.ts'
import { within } from './amqp.ts'
import { fieldsOf } from './fields.ts'
import type { RabbitmqSession } from './session.ts'

const SERVED_MS = 20_000
const POLL_MS = 100
const STEP_MS = 5_000

/**
 * Makes a running member take up changed files: one `rabbitmqctl eval` does all of it, as the single commands would, and
 * says 'taken_up' only when each part did. A new certificate is then looked for at the member's own port.
 */
export async function reload(
  spec: ClusterSpec,
  node: NodeSpec,
  files: readonly string[],
  session: RabbitmqSession,
  exec: Exec,
  ctx: Context,
): Promise<void> {
  const parts = [
    ...(files.some((name) => name.startsWith('tls/')) ? ['ok = ssl:clear_pem_cache()'] : []),
    ...(files.includes('conf.d/50-dynamic.conf') ? dynamic(spec) : []),
    ...(files.includes('enabled_plugins')
      ? [`{ok, _, _} = rabbit_plugins:ensure("${node.env.RABBITMQ_ENABLED_PLUGINS_FILE}")`]
      : []),
  ]
  if (parts.length > 0) {
    const { code, stdout, stderr } = await exec(
      node.member,
      ['rabbitmqctl', '--silent', 'eval', `${[...parts, 'taken_up'].join(', ')}.`],
      ctx,
    )
    if (code !== 0 || !stdout.includes('taken_up')) {
      throw new MqopsError({
        code: 'MQOPS_BROKER',
        summary: `${node.name} did not take up ${files.join(', ')}`,
        detail: `${stdout}${stderr}`.trim().slice(0, 500),
        hint: 'Its log says more: mqops logs',
        retryable: true,
      })
    }
  }
  if (files.includes('tls/node.crt')) await served(node, session, ctx)
}

/** What `rabbitmqctl set_vm_memory_high_watermark`, `set_disk_free_limit` and `set_log_level` do. */
function dynamic(spec: ClusterSpec): readonly string[] {
  const { memory, diskFreeLimit, config } = fieldsOf(spec)
  return [
    `ok = vm_memory_monitor:set_vm_memory_high_watermark({absolute, ${memory}})`,
    `ok = rabbit_disk_monitor:set_disk_free_limit(${diskFreeLimit})`,
    `ok = rabbit_prelaunch_logging:set_log_level(${config['log.file.level'] ?? 'info'})`,
  ]
}

/** Waits until the member shows the certificate that stands in its file now. */
async function served(node: NodeSpec, session: RabbitmqSession, ctx: Context): Promise<void> {
  const [reference] = holes(node.files['tls/node.crt']?.text ?? [])
  const endpoint = (session.access.endpoints.client ?? []).find((one) => one.endsWith(`:${node.ports.client}`))
  if (!reference || endpoint === undefined) return
  const wanted = new X509Certificate(await ctx.secret(reference)).fingerprint256
  const deadline = ctx.now() + SERVED_MS
  for (;;) {
    if ((await within(shownBy(endpoint), STEP_MS, endpoint, 'show its certificate', ctx)) === wanted) return
    if (ctx.now() > deadline)
      throw new MqopsError({
        code: 'MQOPS_TIMEOUT',
        summary: `${node.name} still shows its old certificate at ${endpoint}`,
        retryable: true,
      })
    await ctx.sleep(POLL_MS)
  }
}

const shownBy = (endpoint: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const url = new URL(`tls://${endpoint}`)
    // Only looked at: nothing is said over this connection.
    const socket = tls.connect({ host: url.hostname, port: Number(url.port), rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? '')
      socket.destroy()
    })
    socket.on('error', reject)
  })
