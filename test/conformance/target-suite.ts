import { afterEach, describe } from 'vitest'
import type { NodeSpec } from '../../src/model/member.ts'
import type { NodeState } from '../../src/ports/target.ts'
import { TARGETS } from './target-deployed.ts'
import type { Operator, Place } from './target-places.ts'

/** An operator at a place of its own, and what it does again and again. */
export type Site = Operator & {
  readonly place: Place
  /** Allotted and installed, not started. */
  built(): Promise<readonly [NodeSpec, ...NodeSpec[]]>
  /** Of the member in slot 1. */
  state(): Promise<NodeState>
}

/** One suite for the port, run against every target whose members mqops drives. */
export function targetSuite(about: string, tests: (open: () => Promise<Site>) => void): void {
  describe.each(TARGETS)(`${about}: %s`, (_name, makePlace) => {
    const places: Place[] = []
    afterEach(async () => {
      for (const place of places.splice(0)) await place.end()
    })
    tests(async () => {
      const place = await makePlace()
      places.push(place)
      return siteOf(place)
    })
  })
}

function siteOf(place: Place): Site {
  const operator = place.open()
  const { target, ctx } = operator
  return {
    ...operator,
    place,
    built: async () => {
      const nodes = place.nodes(await target.allocate(place.layout(), ctx))
      const [first, ...rest] = nodes
      if (!first) throw new Error('a place has members')
      await target.prepare(first.software, () => {}, ctx)
      return [first, ...rest]
    },
    state: async () => {
      const [state] = await target.observe([{ role: 'server', slot: 1 }], ctx)
      if (!state) throw new Error('a member that is asked for is told of')
      return state
    },
  }
}
