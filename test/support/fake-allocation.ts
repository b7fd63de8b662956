import type { AllocatedMember, Allocation, Layout } from '../../src/model/member.ts'
import type { Context } from '../../src/ports/context.ts'
import { type FakeCluster, fakeFailure } from './fake-cluster.ts'

const LEAF_MS = 398 * 86_400_000
const BASE_PORT = 10_000

const randomText = (ctx: Context): string => Buffer.from(ctx.random(16)).toString('base64url').slice(0, 22)

/** Adds to what stands what the layout has beyond it; nothing that stands changes. */
export function allot(cluster: FakeCluster, name: string, layout: Layout, ctx: Context): Allocation {
  const before = cluster.allocation ?? {
    cluster: name,
    clusterId: randomText(ctx),
    members: [],
    secrets: {},
    certificates: [],
  }
  const fresh = (role: string, slot: number): AllocatedMember => ({
    cluster: name,
    role,
    slot,
    incarnation: randomText(ctx),
    host: 'h',
    ports: {},
    paths: { home: `/${slot}`, data: `/${slot}/data`, logs: `/${slot}/logs` },
  })
  const members = new Map(before.members.map((member) => [member.slot, member]))
  const taken = before.members.flatMap((member) => Object.values(member.ports))
  const freePort = (): number => {
    const free = Math.max(BASE_PORT, ...taken) + 1
    taken.push(free)
    return free
  }
  for (const { role, slot, ports } of layout.members) {
    const member = members.get(slot) ?? fresh(role, slot)
    const more = ports.filter((port) => member.ports[port] === undefined).map((port) => [port, freePort()])
    members.set(slot, { ...member, ports: { ...member.ports, ...Object.fromEntries(more) } })
  }
  const missing = layout.certificates.filter((one) => !before.certificates.some((have) => have.name === one.name))
  const generated = [
    ...layout.secrets,
    ...missing.flatMap(({ name: leaf }) => ['tls/ca.crt', `tls/${leaf}.crt`, `tls/${leaf}.key`]),
  ].filter((one) => before.secrets[one] === undefined)
  for (const one of generated) cluster.secrets.set(one, randomText(ctx))
  return {
    ...before,
    members: [...members.values()],
    secrets: {
      ...before.secrets,
      ...Object.fromEntries(generated.map((one) => [one, { secretRef: { generated: one } }])),
    },
    certificates: [...before.certificates, ...missing.map((one) => ({ ...one, notAfter: ctx.now() + LEAF_MS }))],
  }
}

/** New certificates under the same names; all of them or, when a name is unknown, none. */
export function renewed(cluster: FakeCluster, names: readonly string[], ctx: Context): Allocation {
  const { allocation } = cluster
  if (!allocation) throw fakeFailure('MQOPS_SECRET_MISSING', 'nothing was allotted')
  const unknown = names.find((name) => !allocation.certificates.some((one) => one.name === name))
  if (unknown !== undefined) throw fakeFailure('MQOPS_SECRET_MISSING', `there is no certificate ${unknown}`)
  for (const name of names)
    for (const part of ['crt', 'key']) cluster.secrets.set(`tls/${name}.${part}`, randomText(ctx))
  return {
    ...allocation,
    certificates: allocation.certificates.map((one) =>
      names.includes(one.name) ? { ...one, notAfter: ctx.now() + LEAF_MS } : one,
    ),
  }
}
