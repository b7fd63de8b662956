/** A broker that takes replicas. `load`: replicas that it holds already, of all topics. */
export type Place = { readonly id: number; readonly rack: string | null; readonly load: number }
/** One partition as it is; `leader` -1: none. The first of `replicas` is the preferred leader. */
export type Placed = {
  readonly index: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly leader: number
}

/**
 * New replica lists, by partition. Pure and deterministic. What stays keeps its order, so the preferred leader stays the
 * preferred one. More replicas: each new one goes to the rack that the partition has fewest of, there to the broker with
 * the fewest replicas. Fewer: the leader stays; what is out of sync goes first, then what shares its rack, then what is on
 * the fullest broker. A partition that has as many as wanted keeps its list.
 * `places` must have at least `count` brokers; those that replicas are on without being in it are down, and hold theirs.
 */
export function place(
  partitions: readonly Placed[],
  count: number,
  places: readonly Place[],
): ReadonlyMap<number, readonly number[]> {
  const load = new Map(places.map(({ id, load }) => [id, load]))
  const rackOf = rackNames(places)
  const put = (id: number, by: number) => load.set(id, (load.get(id) ?? 0) + by)
  return new Map(
    partitions.map((partition): readonly [number, readonly number[]] => {
      let list = partition.replicas
      while (list.length < count) {
        const next = bestNew(list, places, rackOf, load)
        if (next === null) break
        put(next, 1)
        list = [...list, next]
      }
      while (list.length > count) {
        const gone = firstToGo(list, partition, rackOf, load)
        put(gone, -1)
        list = list.filter((id) => id !== gone)
      }
      return [partition.index, list]
    }),
  )
}

type RackOf = (id: number) => string

/** A broker without a rack, or one that is down, stands for itself. */
function rackNames(places: readonly Pick<Place, 'id' | 'rack'>[]): RackOf {
  const racks = new Map(places.map(({ id, rack }) => [id, rack]))
  return (id) => (typeof racks.get(id) === 'string' ? `rack ${racks.get(id)}` : `broker ${id}`)
}

/** The candidate with the smallest row of numbers, compared one after another; null: there is none. */
function least<T>(candidates: readonly T[], row: (one: T) => readonly number[]): T | null {
  const rows = candidates.map((one) => ({ one, numbers: row(one) }))
  const [first] = rows.sort((a, b) => {
    const at = a.numbers.findIndex((number, i) => number !== b.numbers[i])
    return at < 0 ? 0 : (a.numbers[at] as number) - (b.numbers[at] as number)
  })
  return first?.one ?? null
}

function bestNew(
  list: readonly number[],
  places: readonly Place[],
  rackOf: RackOf,
  load: ReadonlyMap<number, number>,
): number | null {
  const taken = list.map(rackOf)
  const order = places.map(({ id }) => id).sort((a, b) => a - b)
  const free = order.filter((id) => !list.includes(id))
  const last = order.indexOf(list.at(-1) ?? 0)
  // Of equal ones the next in the round, as Kafka itself goes about it: always the first would leave the last with none.
  const away = (id: number) => (order.indexOf(id) - last + order.length) % order.length
  return least(free, (id) => [taken.filter((rack) => rack === rackOf(id)).length, load.get(id) ?? 0, away(id)])
}

function firstToGo(
  list: readonly number[],
  { leader, isr, replicas }: Placed,
  rackOf: RackOf,
  load: ReadonlyMap<number, number>,
): number {
  const racks = list.map(rackOf)
  const alone = (id: number) => racks.filter((rack) => rack === rackOf(id)).length
  return least(list, (id) => [
    id === leader ? 1 : 0,
    isr.includes(id) ? 1 : 0,
    -alone(id),
    id === replicas[0] ? 1 : 0,
    -(load.get(id) ?? 0),
    -id,
  ]) as number
}

/**
 * Partitions whose replicas are in fewer racks than they could be. Only where every broker says its rack, as Kafka itself
 * places; brokers that are down count as in no rack.
 */
export function crowded<P extends { readonly replicas: readonly number[] }>(
  partitions: readonly P[],
  places: readonly Pick<Place, 'id' | 'rack'>[],
): readonly P[] {
  const racks = new Map(places.flatMap(({ id, rack }) => (rack === null ? [] : [[id, rack]])))
  if (racks.size < places.length) return []
  const all = new Set(racks.values()).size
  return partitions.filter(({ replicas }) => {
    const known = replicas.flatMap((id) => racks.get(id) ?? [])
    return new Set(known).size < Math.min(known.length, all)
  })
}
