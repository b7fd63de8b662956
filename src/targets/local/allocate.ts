import { MqopsError } from '../../model/failure.ts'
import type { AllocatedMember, Allocation, CertificateRequest, Layout } from '../../model/member.ts'
import { memberKey } from '../../model/member.ts'
import type { Context } from '../../ports/context.ts'
import type { LocalCluster } from './cluster.ts'
import { inCluster, inMadeCluster, memberPaths } from './cluster.ts'
import { readJson, writeJson } from './disk.ts'
import { choosePorts, claimPorts } from './ports.ts'
import type { PortPool } from './ports.ts'
import {
  generatedSecret,
  hasSecret,
  issueCertificate,
  makeAuthority,
  makeDigestKey,
  makeSecret,
  readCertificate,
} from './secrets.ts'

/** allocation.json: ids and ports, decided once. Secrets and certificates stand in files of their own, made if absent. */
type Stored = {
  readonly v: 1
  readonly cluster: string
  readonly clusterId: string
  readonly members: readonly {
    readonly role: string
    readonly slot: number
    readonly incarnation: string
    readonly ports: Record<string, number>
  }[]
  readonly secrets: readonly string[]
  readonly certificates: readonly CertificateRequest[]
}

export const portPool = (cluster: LocalCluster, ctx: Context): PortPool => ({
  cache: cluster.cache,
  range: cluster.options.ports,
  processes: cluster.processes,
  sleep: ctx.sleep,
})

const readStored = (cluster: LocalCluster): Promise<Stored | null> => readJson<Stored>(cluster.files.allocation, 1)

/** What was allotted and really is there: what a crash left unmade is missing, and so will be made. */
export async function readAllocation(cluster: LocalCluster): Promise<Allocation | null> {
  const stored = await readStored(cluster)
  if (!stored) return null
  const made = await Promise.all(
    stored.certificates.map(async (request) => ({ request, pair: await readCertificate(cluster, request.name) })),
  )
  const certificates = made.flatMap(({ request, pair }) =>
    pair ? [{ ...request, notAfter: cluster.authority.notAfter(pair.certificate) }] : [],
  )
  const there = await Promise.all(stored.secrets.map((name) => hasSecret(cluster, name)))
  const authority = await generatedSecret(cluster, 'tls/ca.crt').then(
    () => ['tls/ca.crt'],
    () => [],
  )
  const names = [
    ...stored.secrets.filter((_, i) => there[i]),
    ...authority,
    ...certificates.flatMap(({ name }) => [`tls/${name}.crt`, `tls/${name}.key`]),
  ]
  return {
    cluster: stored.cluster,
    clusterId: stored.clusterId,
    members: stored.members.map((member) => allocated(cluster, stored.cluster, member)),
    secrets: Object.fromEntries(names.map((name) => [name, { secretRef: { generated: name } }])),
    certificates,
  }
}

/** Before members start: their ports are theirs, whatever became of the register. */
export async function claimAllotted(cluster: LocalCluster, ctx: Context): Promise<void> {
  const stored = await readStored(cluster)
  const ports = stored?.members.flatMap((member) => Object.values(member.ports)) ?? []
  await claimPorts(portPool(cluster, ctx), cluster.root, ports)
}

function allocated(cluster: LocalCluster, name: string, member: Stored['members'][number]): AllocatedMember {
  const { home, data, logs } = memberPaths(cluster.root, memberKey(member))
  return { cluster: name, ...member, host: '127.0.0.1', paths: { home, data, logs } }
}

/** Ids and ports first, in one file; then what they name. A crash in between leaves the rest to the next call. */
export async function allocate(cluster: LocalCluster, layout: Layout, ctx: Context): Promise<Allocation> {
  return inMadeCluster(cluster, ctx.sleep, async () => {
    const stored = await decide(cluster, layout, ctx)
    await makeDigestKey(cluster, ctx)
    for (const name of stored.secrets) await makeSecret(cluster, name, ctx)
    if (stored.certificates.length > 0) await certify(cluster, stored.certificates)
    return (await readAllocation(cluster)) as Allocation
  })
}

async function certify(cluster: LocalCluster, requests: readonly CertificateRequest[]): Promise<void> {
  const authority = await makeAuthority(cluster)
  for (const request of requests) {
    if (!(await readCertificate(cluster, request.name))) await issueCertificate(cluster, authority, request)
  }
}

/** Adds to what stands what the layout has beyond it; nothing that stands changes. */
async function decide(cluster: LocalCluster, layout: Layout, ctx: Context): Promise<Stored> {
  const before = await readStored(cluster)
  const base: Stored = before ?? {
    v: 1,
    cluster: cluster.spec.name,
    clusterId: randomId(ctx),
    members: [],
    secrets: [],
    certificates: [],
  }
  const missing = layout.members.flatMap((member) => {
    const known = base.members.find((m) => memberKey(m) === memberKey(member))
    return member.ports
      .filter((port) => known?.ports[port] === undefined)
      .map((port) => ({ key: memberKey(member), port }))
  })
  const after = (ports: readonly number[]): Stored => {
    const fresh = (key: string) =>
      Object.fromEntries(missing.flatMap((want, i) => (want.key === key ? [[want.port, ports[i] as number]] : [])))
    const known = base.members.map((member) => ({ ...member, ports: { ...member.ports, ...fresh(memberKey(member)) } }))
    const added = layout.members.filter((member) => !base.members.some((m) => memberKey(m) === memberKey(member)))
    return {
      ...base,
      members: [
        ...known,
        ...added.map(({ role, slot }) => ({
          role,
          slot,
          incarnation: randomId(ctx),
          ports: fresh(memberKey({ role, slot })),
        })),
      ],
      secrets: [...new Set([...base.secrets, ...layout.secrets])],
      certificates: [
        ...base.certificates,
        ...layout.certificates.filter((want) => !base.certificates.some((have) => have.name === want.name)),
      ],
    }
  }
  const owned = base.members.flatMap((member) => Object.values(member.ports))
  return choosePorts(portPool(cluster, ctx), cluster.root, owned, missing.length, async (ports) => {
    const stored = after(ports)
    if (JSON.stringify(stored) !== JSON.stringify(before)) await writeJson(cluster.files.allocation, stored)
    return stored
  })
}

/** 22 characters of base64url, the first one no '-': tools would take it for an option (as Kafka's Uuid.randomUuid). */
function randomId(ctx: Context): string {
  for (;;) {
    const id = Buffer.from(ctx.random(16)).toString('base64url')
    if (!id.startsWith('-')) return id
  }
}

/** New certificates under the same names. Throws MQOPS_SECRET_MISSING for a name that was never allotted, and renews none. */
export async function renew(cluster: LocalCluster, names: readonly string[], ctx: Context): Promise<void> {
  const stored = await readStored(cluster) // before anything is allotted there is no folder to lock
  const requests = names.map((name) => {
    const request = stored?.certificates.find((one) => one.name === name)
    if (!request)
      throw new MqopsError({
        code: 'MQOPS_SECRET_MISSING',
        summary: `${cluster.spec.name} has no certificate ${name}`,
        hint: 'mqops apply makes what is missing',
      })
    return request
  })
  await inCluster(cluster, ctx.sleep, async () => {
    const authority = await makeAuthority(cluster)
    for (const request of requests) await issueCertificate(cluster, authority, request)
  })
}
