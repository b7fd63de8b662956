import { MqopsError } from '../../model/failure.ts'
import { address } from '../../model/address.ts'
import type { Json } from '../../model/json.ts'
import { printSecretRef, type SecretRef } from '../../model/secret.ts'
import type { ClusterWorld } from '../../ports/action.ts'

export type Connection = {
  readonly cluster: string
  readonly broker: string
  readonly endpoints: readonly string[]
  readonly username: string | null
  readonly password: Json // the text with `secrets`, else the reference
  readonly ca: string | null // PEM
  readonly caFile: string | null
  readonly managementUrl: string | null
  readonly properties: { readonly file: string; readonly text: string }
  readonly environment: Readonly<Record<string, string>>
}

/** What a client needs. The password's text only with `secrets`; else its reference. `user` null: the administrator. */
export async function connectionOf(
  world: ClusterWorld,
  o: { user: string | null; secrets: boolean },
  keep: (name: string, text: string) => Promise<string>,
): Promise<Connection> {
  const { spec, broker, target, ctx } = world
  const allocation = await target.allocation(ctx)
  const access = (await target.access(ctx)) ?? (allocation ? broker.access(spec, allocation) : null)
  if (!access)
    throw new MqopsError({
      code: 'MQOPS_NOT_BUILT',
      summary: `the cluster ${spec.name} is not built yet`,
      address: address(spec.name, 'cluster'),
      hint: 'Build it with: mqops apply',
    })
  const { user, password } =
    o.user === null
      ? (access.admin ?? { user: access.user ?? null, password: access.password })
      : credentialsOf(world, o.user)
  const ca = access.ca ? await ctx.secret(access.ca) : null
  const caFile = ca === null ? null : await keep(`${spec.name}-ca.crt`, ca)
  const shown =
    password === undefined ? null : o.secrets ? await ctx.secret(password) : `\${secretRef:${printSecretRef(password)}}`
  const client = broker.client(spec, access)
  const endpoints = access.endpoints['client'] ?? []
  const name = spec.name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')
  return {
    cluster: spec.name,
    broker: spec.broker,
    endpoints,
    username: user,
    password: o.secrets ? shown : (password ?? null),
    ca,
    caFile,
    managementUrl: client.managementUrl ?? null,
    properties: { file: client.file, text: client.render({ user: user ?? '', password: shown ?? '', caFile }) },
    environment: Object.fromEntries(
      Object.entries({ ENDPOINTS: endpoints.join(','), USERNAME: user, PASSWORD: shown, CA_FILE: caFile }).flatMap(
        ([key, value]) => (value === null ? [] : [[`${name}_${key}`, value]]),
      ),
    ),
  }
}

function credentialsOf(world: ClusterWorld, wanted: string): { user: string; password: SecretRef | undefined } {
  const users = world.broker.kinds
    .filter((kind) => kind.name === 'user')
    .flatMap((kind) =>
      kind.desired(world.spec).map((d) => ({ user: d.key.at(-1) as string, password: kind.secret?.(d.value) })),
    )
  const found = users.find((u) => u.user === wanted)
  if (found) return found
  throw new MqopsError({
    code: 'MQOPS_SPEC_REFERENCE',
    summary: `the cluster ${world.spec.name} has no user "${wanted}"`,
    hint: users.length > 0 ? `It has: ${users.map((u) => u.user).join(', ')}` : 'Its spec has no users.',
  })
}

export async function* logsOf(
  world: ClusterWorld,
  slot: number,
  o: { lines: number; follow: boolean },
): AsyncIterable<string> {
  const node = (await world.nodes()).find((n) => n.member.slot === slot)
  if (!node)
    throw new MqopsError({
      code: 'MQOPS_SPEC_REFERENCE',
      summary: `the cluster ${world.spec.name} has no member ${slot}`,
      address: address(world.spec.name, 'member', String(slot)),
    })
  yield* world.target.logs(node, o, world.ctx)
}
