import type { Json, JsonObject } from '../../../src/model/json.ts'
import { defined, map } from './arbitraries.ts'

/** Makes bindings and parameters of a virtual host lead to what is there. */

export function linked(name: string, raw: JsonObject): JsonObject {
  const { upstreams, sets, shovels, bindings, limits: of, ...fields } = raw
  const queues = map<JsonObject>(fields['queues'])
  const exchanges = map<JsonObject>(fields['exchanges'])
  const upstream = Object.keys(map(upstreams))
  const { maxQueues, ...others } = map<Json>(of)
  return {
    ...fields,
    limits: defined({
      ...others,
      maxQueues: maxQueues === undefined ? undefined : Math.max(Number(maxQueues), Object.keys(queues).length),
    }),
    bindings: linkedBindings(bindings as readonly JsonObject[], exchanges, queues),
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
  return Object.fromEntries(
    Object.entries(shovels)
      .filter(() => names.length > 0)
      .map(([name, { from, to, ...more }]) => [
        name,
        {
          'src-uri': uri,
          'src-queue': names[Number(from) % names.length] as string,
          'dest-uri': uri,
          ...(Number(to) % 2 === 0
            ? { 'dest-exchange': 'amq.fanout' }
            : { 'dest-queue': names[Number(to) % names.length] as string }),
          ...(Number(to) % 2 === 0 ? more : defined({ ...more, 'dest-exchange-key': undefined })),
        },
      ]),
  )
}
