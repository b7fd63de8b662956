import type { Json, JsonObject } from '../../../src/model/json.ts'
import { defined, map } from './arbitraries.ts'

/** Makes bindings and parameters of a virtual host lead to what is there. */

export function linked(name: string, raw: JsonObject): JsonObject {
  const { upstreams, sets, shovels, bindings, policies, limits: of, ...fields } = raw
  const queues = Object.fromEntries(
    Object.entries(map<JsonObject>(fields['queues'])).map(([queue, of]) => [
      queue,
      of['type'] === 'stream' && name.length + queue.length > 234 ? {} : of, // no folder can be named so
    ]),
  )
  const exchanges = map<JsonObject>(fields['exchanges'])
  const upstream = Object.keys(map(upstreams))
  const { maxQueues, ...others } = map<Json>(of)
  return {
    ...fields,
    queues,
    limits: defined({
      ...others,
      maxQueues: maxQueues === undefined ? undefined : Math.max(Number(maxQueues), Object.keys(queues).length),
    }),
    bindings: linkedBindings(bindings as readonly JsonObject[], exchanges, queues),
    policies: linkedPolicies(map<JsonObject>(policies), upstream, upstream.length > 0 ? Object.keys(map(sets)) : []),
    parameters: {
      'federation-upstream': upstreams ?? {},
      'federation-upstream-set': Object.fromEntries(
        Object.entries(map<readonly JsonObject[]>(sets))
          .filter(() => upstream.length > 0)
          .map(([set, all]) => [
            set,
            all.slice(0, upstream.length).map((one, i) => ({ upstream: upstream[i] as string, ...one })),
          ]),
      ),
      shovel: linkedShovels(name, map<JsonObject>(shovels), queues),
    },
  }
}

function linkedBindings(
  bindings: readonly JsonObject[],
  exchanges: Readonly<Record<string, JsonObject>>,
  queues: Readonly<Record<string, JsonObject>>,
): readonly JsonObject[] {
  const sources = [...Object.keys(exchanges), 'amq.topic', 'amq.headers']
  const all = bindings.flatMap(({ source, destination, toExchange, routingKey, ...more }): readonly JsonObject[] => {
    const ends = toExchange === true ? [...Object.keys(exchanges), 'amq.fanout'] : Object.keys(queues)
    if (ends.length === 0) return []
    const end = ends[Number(destination) % ends.length] as string
    const from = sources[Number(source) % sources.length] as string
    const type = exchanges[from]?.['type']
    const isLocal = type === 'x-local-random'
    if (isLocal && (toExchange === true || queues[end]?.['type'] !== 'classic')) return []
    const key = isLocal ? '' : type === 'x-consistent-hash' ? String(1 + Number(destination)) : (routingKey ?? '')
    return [
      {
        source: from,
        ...(toExchange === true ? { destinationExchange: end } : { destination: end }),
        routingKey: key,
        ...more,
      },
    ]
  })
  return [...new Map(all.map((one) => [JSON.stringify({ ...one }), one])).values()]
}

/** A policy federates from one of the upstreams, a set or a pattern of them. */
function linkedPolicies(
  policies: Readonly<Record<string, JsonObject>>,
  upstreams: readonly string[],
  sets: readonly string[],
): JsonObject {
  const ways: readonly (readonly [string, readonly string[]])[] = [
    ['federation-upstream', upstreams],
    ['federation-upstream-set', ['all', ...sets]],
    ['federation-upstream-pattern', ['^orders', '.*']],
  ]
  return Object.fromEntries(
    Object.entries(policies).map(([name, { definition, ...policy }]) => {
      const { federated, ...of } = map<Json>(definition)
      const [way, names] = ways[Number(federated) % ways.length] ?? ['', []]
      const one = names[Number(federated) % Math.max(1, names.length)]
      const all = one === undefined ? of : { ...of, [way]: one }
      return [name, { ...policy, definition: Object.keys(all).length === 0 ? { 'max-length': 5 } : all }]
    }),
  )
}

function linkedShovels(
  vhost: string,
  shovels: Readonly<Record<string, JsonObject>>,
  queues: Readonly<Record<string, JsonObject>>,
): JsonObject {
  // A queue that goes with its last consumer would go with the shovel.
  const names = Object.keys(queues).filter(
    (name) => queues[name]?.['autoDelete'] !== true && queues[name]?.['type'] !== 'stream',
  )
  const uri = `amqp:///${encodeURIComponent(vhost)}`
  const nameOf = (index: Json): string => names[Number(index) % names.length] as string
  return Object.fromEntries(
    Object.entries(shovels)
      .filter(([, { from, to }]) => names.length > 0 || (from === undefined && to === undefined))
      .map(([name, { from, to, 'dest-exchange-key': routingKey, ...more }]) => [
        name,
        {
          ...(from === undefined ? {} : { 'src-uri': uri, 'src-queue': nameOf(from) }),
          ...(to === undefined
            ? {}
            : Number(to) % 2 === 0
              ? defined({ 'dest-uri': uri, 'dest-exchange': 'amq.fanout', 'dest-exchange-key': routingKey })
              : { 'dest-uri': uri, 'dest-queue': nameOf(to) }),
          ...more,
        },
      ]),
  )
}
