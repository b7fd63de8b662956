import { type Json, type JsonObject, same } from '../../../model/json.ts'
import type { ForeignItem, ForeignPlace } from '../../../ports/foreign.ts'
import { given, type Notes, part, type Reading } from '../../shared/foreign.ts'
import { QUEUE_TYPES } from '../fields.ts'

type Vhost = {
  readonly fields: Record<string, Json>
  at: ForeignPlace
  said: boolean
  limits: ForeignItem | null
  readonly parts: ForeignItem[]
}

const LIMITS = { 'max-connections': 'maxConnections', 'max-queues': 'maxQueues' } as const

/** The virtual hosts of definitions, and what is in them. */
export class Vhosts {
  readonly #notes: Notes
  readonly #byName = new Map<string, Vhost>()
  /** The most copies that a queue asks for. */
  largestGroup = 0

  constructor(notes: Notes) {
    this.#notes = notes
  }

  add(name: string, one: Reading): void {
    const what = `virtual host ${name}`
    one.what = what
    const before = this.#byName.get(name)
    if (before?.said) {
      this.#notes.add(one.at, what, 'it stands in the file twice: the first one holds')
      one.ignore('metadata', 'description', 'tags', 'default_queue_type', 'limits', 'tracing')
      return
    }
    const vhost = this.#vhost(name, one.at)
    vhost.said = true
    vhost.at = one.at
    const metadata = one.map('metadata')
    // Exports of 3.x and 4.x have it in one place, some of them in both.
    const [type] = [metadata.text('default_queue_type'), one.text('default_queue_type')].filter(isGiven)
    const [tags] = [metadata.any('tags'), one.any('tags')].filter(isGiven)
    const [description] = [metadata.text('description'), one.text('description')].filter(isGiven)
    Object.assign(
      vhost.fields,
      given({
        description,
        tags: Array.isArray(tags) && tags.length > 0 ? tags : undefined,
        // Left out it is not managed: classic is what the broker does by itself.
        defaultQueueType: type !== undefined && type !== 'classic' && isQueueType(type) ? type : undefined,
      }),
    )
    if (type !== undefined && type !== 'undefined' && !isQueueType(type))
      one.note(`the default queue type ${type} is not known here: it is left out`, undefined, 'metadata')
    metadata.end()
    this.limit(name, one.table('limits'), one.place('limits'))
    if (one.flag('tracing') === true)
      one.note(
        'tracing is a switch of the running broker, not of a spec',
        'Turn it on with rabbitmqctl trace_on.',
        'tracing',
      )
  }

  /** Older exports have them twice: in the virtual host and as a parameter. */
  limit(name: string, limits: JsonObject, at: ForeignPlace): void {
    const entries = Object.entries(limits)
    if (entries.length === 0) return
    const vhost = this.#vhost(name, at)
    const what = `limits of virtual host ${name}`
    const value: Record<string, Json> = {}
    for (const [key, limit] of entries) {
      const field = LIMITS[key as keyof typeof LIMITS]
      if (field === undefined) {
        this.#notes.once(at, `${what}, ${key}`, 'left out: it is not known here')
      } else if (limit !== -1) value[field] = limit // any number
    }
    if (vhost.limits !== null && !same(vhost.limits.value, value))
      this.#notes.add(at, what, 'they stand in the file twice, with other values: the first ones hold')
    if (Object.keys(value).length > 0) vhost.limits ??= part(what, ['limits'], value, at)
  }

  put(name: string, item: ForeignItem | null, at: ForeignPlace): void {
    if (item) this.#vhost(name, at).parts.push(item)
  }

  items(): readonly ForeignItem[] {
    return [...this.#byName].map(([name, { fields, at, limits, parts }]) => ({
      ...part(`virtual host ${name}`, ['vhosts', name], fields, at),
      parts: [...(limits ? [limits] : []), ...parts],
    }))
  }

  /** Files written by hand may use one that they do not list. */
  #vhost(name: string, at: ForeignPlace): Vhost {
    const found = this.#byName.get(name) ?? { fields: {}, at, said: false, limits: null, parts: [] }
    this.#byName.set(name, found)
    return found
  }
}

const isGiven = <T>(value: T | undefined): value is T => value !== undefined && value !== ''

export const isQueueType = (type: string): boolean => (QUEUE_TYPES as readonly string[]).includes(type)
