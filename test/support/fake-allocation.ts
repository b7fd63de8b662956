import type { Allocation, Layout } from '../../src/model/member.ts'
import type { Context } from '../../src/ports/context.ts'
import { type FakeCluster, fakeFailure } from './fake-cluster.ts'

const LEAF_MS = 398 * 86_400_000
const BASE_PORT = 10_000

const randomText = (ctx: Context): string => Buffer.from(ctx.random(16)).toString('base64url').slice(0, 22)

/** Adds to what stands what the layout has beyond it; nothing that stands changes. */
export function allot(cluster: FakeCluster, name: string, layout: Layout, ctx: Context): Allocation {
  const before = cluster.allocation
  const known = before?.members ?? []
  const usedPorts = new Set(known.flatMap((member) => Object.values(member.ports)))
  const port = (): number => {
    let free = BASE_PORT
    while (usedPorts.has(free)) free += 1
    usedPorts.add(free)
    return free
  }
  const wanted = layout.members.map(({ role, slot, ports }) => {
    const have = known.find((member) => member.role === role && member.slot === slot)
    const more = ports.filter((one) => have?.ports[one] === undefined).map((one) => [one, port()])
    return {
      cluster: name,
      role,
      slot,
      incarnation: have?.incarnation ?? randomText(ctx),
      host: 'h',
      ports: { ...have?.ports, ...Object.fromEntries(more) },
      paths: { home: `/${slot}`, data: `/${slot}/data`, logs: `/${slot}/logs` },
    }
  })
  const missing = layout.certificates.filter((one) => !before?.certificates.some((have) => have.name === one.name))
  const generated = [
    ...layout.secrets,
    ...(layout.certificates.length > 0 ? ['tls/ca.crt'] : []),
    ...layout.certificates.flatMap(({ name: leaf }) => [`tls/${leaf}.crt`, `tls/${leaf}.key`]),
  ]
  for (const one of generated) if (!cluster.secrets.has(one)) cluster.secrets.set(one, randomText(ctx))
  return {
    cluster: name,
    clusterId: before?.clusterId ?? randomText(ctx),
    members: [
      ...wanted,
      ...known.filter((member) => !wanted.some((one) => one.role === member.role && one.slot === member.slot)),
    ],
    secrets: {
      ...before?.secrets,
      ...Object.fromEntries(generated.map((one) => [one, { secretRef: { generated: one } }])),
    },
    certificates: [
      ...(before?.certificates ?? []),
      ...missing.map((request) => ({ ...request, notAfter: ctx.now() + LEAF_MS })),
    ],
  }
}

/** New certificates under the same names; all of them or, when a name is unknown, none. */
export function renewed(cluster: FakeCluster, names: readonly string[], ctx: Context): Allocation {
  const { allocation } = cluster
  const unknown = names.find((name) => !allocation?.certificates.some((one) => one.name === name))
  if (!allocation || unknown !== undefined)
    throw fakeFailure('MQOPS_SECRET_MISSING', `there is no certificate ${unknown ?? names.join(', ')}`)
  for (const name of names)
    for (const part of ['crt', 'key']) cluster.secrets.set(`tls/${name}.${part}`, randomText(ctx))
  return {
    ...allocation,
    certificates: allocation.certificates.map((one) =>
      names.includes(one.name) ? { ...one, notAfter: ctx.now() + LEAF_MS } : one,
    ),
  }
}
