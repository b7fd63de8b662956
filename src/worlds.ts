import { address } from './model/address.ts'
import { MqopsError } from './model/failure.ts'
import type { ClusterSpec } from './model/spec.ts'
import type { ClusterWorld } from './ports/action.ts'
import type { Broker } from './ports/broker.ts'
import type { Context } from './ports/context.ts'
import type { Session } from './ports/session.ts'
import type { TargetFactory } from './ports/target.ts'

/** One cluster as steps see it: broker and target joined, sessions opened at first use. */
export function openWorld(
  spec: ClusterSpec,
  brokers: readonly Broker[],
  targets: readonly TargetFactory[],
  outer: Context,
): ClusterWorld {
  const broker = brokers.find((b) => b.kind === spec.broker)
  const factory = targets.find((t) => t.name === spec.target.name)
  if (!broker || !factory) {
    throw new MqopsError({
      code: 'MQOPS_SPEC_VALUE',
      summary: `no ${broker ? `target "${spec.target.name}"` : `broker "${spec.broker}"`} here`,
      address: address(spec.name, 'cluster'),
    })
  }
  const target = factory.create(spec, spec.target.options)
  const ctx: Context = {
    ...outer,
    secret: (reference) =>
      reference.secretRef.generated === undefined
        ? outer.secret(reference)
        : target.secret(reference.secretRef.generated, outer),
  }
  let session: Promise<Session> | null = null
  const open = async (): Promise<Session> => {
    const given = await target.access(ctx)
    if (given) return broker.connect(spec, given, null, ctx)
    const allocation = await target.allocation(ctx)
    if (!allocation) {
      throw new MqopsError({
        code: 'MQOPS_NOT_BUILT',
        summary: `the cluster ${spec.name} is not built yet`,
        address: address(spec.name, 'cluster'),
        hint: 'Build it with: mqops apply',
      })
    }
    return broker.connect(spec, broker.access(spec, allocation), target.exec, ctx)
  }
  return {
    ctx,
    spec,
    broker,
    target,
    allocation: () => target.allocation(ctx),
    nodes: async () => {
      const allocation = await target.allocation(ctx)
      return allocation ? broker.nodes(spec, allocation) : []
    },
    session: () => {
      if (!session) {
        const opening = open()
        session = opening
        opening.catch(() => {
          if (session === opening) session = null // a failed attempt is not kept
        })
      }
      return session
    },
    dropSession: async () => {
      const open = session
      session = null
      await open?.then((s) => s.close()).catch(() => {})
    },
  }
}
