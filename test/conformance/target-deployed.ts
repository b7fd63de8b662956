import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, expect } from 'vitest'
import type { NodeState } from '../../src/ports/target.ts'
import type { Lease } from '../../src/ports/session.ts'
import { fakePlace, localPlace, type Operator, type Place } from './target-places.ts'

/** What the suites of the target port share; they run against every target whose members mqops drives. */
export const TARGETS: readonly (readonly [string, (o?: { installed: boolean }) => Promise<Place>])[] = [
  ['fake', fakePlace],
  ['local, with real NATS servers', localPlace],
]

export const TTL_MS = 30_000
export const noFormat = () => ({})
export const APP = { secretRef: { env: 'APP' } }

/** A condition that other processes bring about. */
export async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + 15_000; !(await condition()); await delay(20))
    if (performance.now() > deadline) throw new Error(`still not: ${what}`)
}

export const coded = (code: string) => expect.objectContaining({ code })

/** To be called in a `describe`: places end with each test. */
export function placesFor(makePlace: (o?: { installed: boolean }) => Promise<Place>) {
  const places: Place[] = []
  afterEach(async () => {
    for (const place of places.splice(0)) await place.end()
  })
  const opened = async (o?: { installed: boolean }) => {
    const place = await makePlace(o)
    places.push(place)
    return { place, ...place.open() }
  }
  /** Three members, installed and running. */
  const deployed = async (format: () => Record<string, string> = noFormat) => {
    const { place, target, ctx, secrets } = await opened()
    const allocation = await target.allocate(place.layout(), ctx)
    const nodes = place.nodes(allocation)
    await target.prepare((nodes[0] as (typeof nodes)[number]).software, () => {}, ctx)
    await target.converge(nodes, 'start', format, ctx)
    const observe = () => target.observe(place.layout().members, ctx)
    return { place, target, ctx, secrets, allocation, nodes, observe }
  }
  return { opened, deployed }
}

export const runs = (states: readonly NodeState[]) => states.map((state) => state.running !== null)

export const leaseOf = async ({ target, ctx }: Pick<Operator, 'target' | 'ctx'>, holder: string): Promise<Lease> => {
  const lease = await target.lease(holder, TTL_MS, ctx)
  if (!lease) throw new Error('it has a place of its own')
  return lease
}
