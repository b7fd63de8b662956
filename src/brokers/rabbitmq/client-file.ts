import type { Access } from '../../model/member.ts'
import type { ClusterSpec } from '../../model/spec.ts'
import { fieldsOf } from './fields.ts'

/** What a client needs to know, as a shell and most libraries read it. */

const first = (access: Access, purpose: string): string => access.endpoints[purpose]?.[0] ?? ''

export const managementUrl = (access: Access): string =>
  `${access.tls ? 'https' : 'http'}://${first(access, 'management')}/`

/** The virtual host that a user of the spec may enter: '/' if it may, else the first; others (the administrator): '/'. */
export function vhostFor(spec: ClusterSpec, user: string): string {
  const vhosts = Object.keys(fieldsOf(spec).users[user]?.permissions ?? {})
  return vhosts.includes('/') ? '/' : (vhosts[0] ?? '/')
}

/** Values in single quotes, so that a shell takes any password as it is. */
const quoted = (value: string): string => `'${value.replaceAll("'", "'\\''")}'`

/** `NAME='value'` lines: `set -a; . FILE` makes them a client's environment. AMQP_URL names the first member. */
export function clientFile(
  access: Access,
  secrets: { readonly user: string; readonly password: string; readonly caFile: string | null },
  vhost: string,
): string {
  const { user, password, caFile } = secrets
  const scheme = access.tls ? 'amqps' : 'amqp'
  const query = access.tls && caFile !== null ? `?cacertfile=${encodeURIComponent(caFile)}&verify=verify_peer` : ''
  const url = `${scheme}://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${first(access, 'client')}/${encodeURIComponent(vhost)}${query}`
  const rows: readonly (readonly [string, string])[] = [
    ['AMQP_URL', url],
    ['RABBITMQ_HOSTS', (access.endpoints.client ?? []).join(',')],
    ['RABBITMQ_USER', user],
    ['RABBITMQ_PASSWORD', password],
    ['RABBITMQ_VHOST', vhost],
    ['RABBITMQ_MANAGEMENT_URL', managementUrl(access)],
    ...(access.tls && caFile !== null ? ([['RABBITMQ_CA_FILE', caFile]] as const) : []),
    ...(access.endpoints.stream ? ([['RABBITMQ_STREAM_HOSTS', access.endpoints.stream.join(',')]] as const) : []),
  ]
  return `${rows.map(([name, value]) => `${name}=${quoted(value)}`).join('\n')}\n`
}
