import { X509Certificate } from 'node:crypto'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { MqopsError } from '../../model/failure.ts'
import { isSecretRef, type Text } from '../../model/secret.ts'
import type { Broker } from '../../ports/broker.ts'
import type { Context } from '../../ports/context.ts'
import { type Call, parseEndpoint } from './client.ts'
import { api, OPERATION, RESOURCE } from './protocol.ts'
import type { KafkaSession } from './session.ts'

const HANDSHAKE_MS = 3000
const WAIT_MS = 20_000
const PAUSE_MS = 100

/**
 * Certificates are read again when the setting that names their file is set, to the same path too: per listener, since
 * the unprefixed setting can't be changed. Resolves when each listener shows the new certificate.
 */
export const reload: Broker['reload'] = async (_spec, node, files, session, _tools, ctx) => {
  const kafka = session as KafkaSession
  const slot = node.member.slot
  const place = kafka.nodes.find((one) => one.id === slot)
  const home = (node.argv[1] ?? '').replace(/\/server\.properties$/, '')
  const listeners = (['client', 'internal', 'controller'] as const).filter(
    (name) => place?.endpoints[name] !== undefined,
  )
  const settings = listeners.flatMap((listener) => [
    ...(files.includes('node.pem') ? [[`listener.name.${listener}.ssl.keystore.location`, `${home}/node.pem`]] : []),
    ...(files.includes('ca.crt') ? [[`listener.name.${listener}.ssl.truststore.location`, `${home}/ca.crt`]] : []),
  ]) as [string, string][]
  if (settings.length === 0) return
  const configs = settings.map(([name, value]) => ({ name, configOperation: OPERATION.set, value }))
  // A broker takes settings of its own only. Those of a controller, standing by or active, are the active one's to take.
  const resource = { resourceType: RESOURCE.broker, resourceName: String(slot), configs }
  const set: Call<unknown> = (connection) => api.incrementalAlterConfigs(connection, [resource], false)
  await (place?.role === 'controller' ? kafka.atController(set, ctx) : kafka.at(slot, set, ctx))
  const text = node.files['node.pem']?.text
  if (!files.includes('node.pem') || !text) return
  const wanted = fingerprint(await certificateIn(text, ctx))
  const deadline = ctx.now() + WAIT_MS
  for (const listener of listeners) {
    const endpoint = place?.endpoints[listener] as string
    while ((await shown(endpoint, kafka.clientTls ?? {}, ctx)) !== wanted) {
      if (ctx.now() > deadline) {
        throw new MqopsError({
          code: 'MQOPS_TIMEOUT',
          summary: `${endpoint} still shows its old certificate`,
          hint: "See the member's log: mqops logs",
          retryable: true,
        })
      }
      await ctx.sleep(PAUSE_MS)
    }
  }
}

/** The file as the member reads it: the certificate is what follows the key. */
async function certificateIn(text: Text, ctx: Context): Promise<string> {
  const parts = await Promise.all(text.map(async (part) => (isSecretRef(part) ? ctx.secret(part) : part)))
  const whole = parts.join('')
  return whole.slice(whole.indexOf('-----BEGIN CERTIFICATE-----'))
}

const fingerprint = (pem: string): string => new X509Certificate(pem).fingerprint256

/** Fingerprint of the certificate that a port shows; null when it shows none in time. */
function shown(endpoint: string, tls: ConnectionOptions, ctx: Context): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>()
  const { host, port } = parseEndpoint(endpoint)
  const socket = connectTls({ ...tls, host, port, rejectUnauthorized: false, timeout: HANDSHAKE_MS })
  const end = (found: string | null) => {
    resolve(found)
    socket.destroy()
  }
  ctx.signal.addEventListener('abort', () => end(null), { once: true })
  socket.once('secureConnect', () => end(socket.getPeerCertificate().fingerprint256 ?? null))
  socket.once('timeout', () => end(null))
  socket.once('error', () => end(null))
  return promise
}
