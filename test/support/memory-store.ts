import type { RunEvent } from '../../src/model/event.ts'
import type { Json } from '../../src/model/json.ts'
import type { Store } from '../../src/ports/store.ts'

/** A store in memory, held to the real one by test/conformance/store.test.ts. */
export function memoryStore(): Store {
  const events: RunEvent[] = []
  const memory = new Map<string, string>()
  return {
    append: async ({ run, at, epoch, actor, fact }) => {
      const seq = events.filter((event) => event.run === run).length + 1
      const event = structuredClone({ v: 1, run, seq, at, epoch, actor, ...fact }) as RunEvent
      events.push(event)
      return event
    },
    events: async (run) => structuredClone(events.filter((event) => event.run === run)),
    runs: async (limit) => {
      const names = [...new Set(events.map((event) => event.run))]
      return names
        .map((run) => {
          const of = events.filter((event) => event.run === run)
          const first = of[0] as RunEvent
          const last = of.at(-1) as RunEvent
          const { clusters, steps } = first.type === 'planned' ? first.plan : { clusters: {}, steps: [] }
          return {
            run,
            startedAt: first.at,
            endedAt: last.type === 'ended' ? last.at : null,
            state: last.type === 'ended' ? last.state : 'running',
            clusters: Object.keys(clusters),
            actor: first.actor,
            steps: steps.length,
          }
        })
        .sort((a, b) => b.startedAt - a.startedAt || (a.run < b.run ? 1 : -1))
        .slice(0, limit)
    },
    get: async (key) => (memory.has(key) ? (JSON.parse(memory.get(key) as string) as Json) : null),
    put: async (key, value) => {
      if (value === null) memory.delete(key)
      else memory.set(key, JSON.stringify(value))
    },
    keys: async (prefix) => [...memory.keys()].filter((key) => key.startsWith(prefix)).sort(),
    forget: async (clusters) => {
      const concerns = (run: string) => {
        const first = events.find((event) => event.run === run)
        return first?.type === 'planned' ? Object.keys(first.plan.clusters) : []
      }
      const kept = events.filter((event) => !concerns(event.run).every((name) => clusters.includes(name)))
      events.splice(0, events.length, ...kept)
      for (const name of clusters) memory.delete(`cluster/${name}`)
      return events.length === 0 && memory.size === 0
    },
    close: async () => {},
  }
}
