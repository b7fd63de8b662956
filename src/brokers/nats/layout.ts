import type { Access, Allocation, Layout } from '../../model/member.ts'
import type { Dict } from '../../model/json.ts'
import type { ClusterSpec, Problem } from '../../model/spec.ts'
import { ACCOUNTS_FILE } from './accounts.ts'
import { fieldsOf } from './fields.ts'
import { tighterLimits } from './kinds/account-clashes.ts'
import { entries, generated, hasJetStream, managerSecret, OWN_USER, SYSTEM_USER, userSecret } from './names.ts'
import { membersOf, ROUTES_FILE } from './nodes.ts'

/** What members need to have allotted. Pure. */
export function layout(spec: ClusterSpec): Layout {
  const fields = fieldsOf(spec)
  const slots = Array.from({ length: fields.members }, (_, i) => i + 1)
  const accounts = entries(fields.accounts)
  return {
    members: slots.map((slot) => ({
      role: 'server',
      slot,
      ports: fields.members > 1 ? ['client', 'cluster', 'monitor'] : ['client', 'monitor'],
    })),
    secrets: [
      SYSTEM_USER,
      OWN_USER,
      ...(spec.security.tls || fields.members === 1 ? [] : ['cluster']),
      ...accounts.filter(([, account]) => hasJetStream(account)).map(([name]) => managerSecret(name)),
      ...accounts.flatMap(([name, account]) =>
        entries(account.users)
          .filter(([, user]) => !user.password)
          .map(([user]) => userSecret(name, user)),
      ),
    ],
    certificates: spec.security.tls
      ? slots.map((slot) => ({ name: `nats-${slot}`, commonName: `nats-${slot}`, organizationalUnit: 'nats', slot }))
      : [],
  }
}

/** Endpoints by slot, in the order of slots: `client`, `management` (monitoring) and `cluster` (routes). */
export function access(spec: ClusterSpec, allocation: Allocation): Access {
  const fields = fieldsOf(spec)
  const members = membersOf(fields, allocation)
  const by = (port: string): readonly string[] =>
    members.filter((m) => m.ports[port] !== undefined).map((m) => `${m.host}:${m.ports[port]}`)
  return {
    tls: spec.security.tls,
    endpoints: {
      client: by('client'),
      management: by('monitor'),
      ...(fields.members > 1 ? { cluster: by('cluster') } : {}),
    },
    user: SYSTEM_USER,
    password: allocation.secrets[SYSTEM_USER] ?? generated(SYSTEM_USER),
    ...(spec.security.tls ? { ca: allocation.secrets['tls/ca.crt'] ?? generated('tls/ca.crt') } : {}),
  }
}

/** Changes that no rolling restart can make. */
export function refuse(
  before: { readonly allocation: Allocation; readonly files: Dict<Dict<string>>; readonly stopped?: boolean },
  after: { readonly spec: ClusterSpec; readonly layout: Layout },
): readonly Problem[] {
  const built = Object.keys(before.files).filter((key) => Object.keys(before.files[key] ?? {}).length > 0)
  if (built.length === 0) return []
  const found: Problem[] = []
  const refused = (path: readonly string[], message: string, hint: string): void =>
    void found.push({ path, code: 'MQOPS_SPEC_IMPOSSIBLE', message, hint })
  const files = before.files[built[0] as string] ?? {}
  const had = { tls: files['tls/server.crt'] !== undefined, clustered: files[ROUTES_FILE] !== undefined }
  const { tls } = after.spec.security
  if (had.tls !== tls)
    refused(
      ['security', 'tls'],
      `TLS can't be turned ${tls ? 'on' : 'off'} while the cluster runs: members with and without it don't reach each other`,
      'Build a second cluster and move the clients.',
    )
  const { members } = fieldsOf(after.spec)
  if (had.clustered !== members > 1)
    refused(
      ['members'],
      "a single server can't become a cluster, nor a cluster a single server: streams of the one don't exist in the other",
      'Build a second cluster and move the streams.',
    )
  // Members beyond the spec are not looked at: what was allotted tells that they are there.
  else if (before.allocation.members.length > members)
    refused(
      ['members'],
      `it has ${before.allocation.members.length} members and the spec asks for ${members}: removing one wants its replicas moved off first`,
      `Say members: ${before.allocation.members.length}.`,
    )
  if (before.stopped)
    for (const { account, limit } of tighterLimits(files[ACCOUNTS_FILE], fieldsOf(after.spec)))
      refused(
        ['accounts', account, 'jetstream', limit],
        'members are down, and one that starts with a tighter limit does not load the streams and consumers that are beyond it',
        'Apply with the limit as it was, which starts them; then tighten it.',
      )
  return found
}
