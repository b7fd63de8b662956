import type { Json } from '../../../model/json.ts'
import type { ForeignItem, ForeignPlace } from '../../../ports/foreign.ts'
import { given, type Notes, part, passwordVariable, type Reading } from '../../shared/foreign.ts'

type User = { readonly at: ForeignPlace; readonly parts: ForeignItem[] }

const LIMITS = { 'max-connections': 'maxConnections', 'max-channels': 'maxChannels' } as const

/** The users of definitions with what they may do. */
export class Users {
  readonly #cluster: string
  readonly #notes: Notes
  readonly #byName = new Map<string, User>()
  readonly #again: ForeignItem[] = []

  constructor(cluster: string, notes: Notes) {
    this.#cluster = cluster
    this.#notes = notes
  }

  add(one: Reading): void {
    const name = one.text('name') ?? ''
    const what = `user ${name}`
    one.what = what
    const parts: ForeignItem[] = []
    // 3.x: 'administrator,monitoring'.
    const tags = one.any('tags') ?? []
    const words = typeof tags === 'string' ? tags.split(',').map((tag) => tag.trim()) : Array.isArray(tags) ? tags : []
    for (const tag of words.filter((word) => word !== '')) {
      const at = one.place('tags')
      parts.push({ ...part(`${what}, tag ${String(tag)}`, ['tags'], tag as Json, at), append: true })
    }
    const limits = Object.entries(one.table('limits'))
    const known: Record<string, Json> = {}
    for (const [key, value] of limits) {
      const field = LIMITS[key as keyof typeof LIMITS]
      if (field === undefined)
        one.note(`the limit "${key}" is not known here: it is left out`, undefined, 'limits', key)
      else if (value !== -1) known[field] = value
    }
    if (Object.keys(known).length > 0) parts.push(part(`limits of ${what}`, ['limits'], known, one.place('limits')))
    one.ignore('hashing_algorithm')
    const [hash, password] = [one.any('password_hash'), one.any('password')]
    one.end()
    const item = { ...part(what, ['users', name], { password: passwordVariable(this.#cluster, name) }, one.at), parts }
    if (this.#byName.has(name)) {
      this.#again.push({ ...item, parts: [] })
      return
    }
    this.#byName.set(name, { at: one.at, parts })
    const { env } = passwordVariable(this.#cluster, name).secretRef
    const todo = `Put its password into the environment variable ${env}.`
    if (name === 'guest') return // refused, which says more
    if (password !== undefined) one.note('its password stands in the file, which no spec may', todo, 'password')
    else if (hash === undefined || hash === '')
      one.note('it has no password: it could not log in by one', `${todo} Or leave the user out.`)
    else one.note('its password is there as a hash, which a spec can not say', todo, 'password_hash')
  }

  permit(vhost: string, one: Reading): void {
    const { name, user } = this.#of(one)
    one.what = `permission of ${name} in ${vhost}`
    const value = given({ configure: one.text('configure'), write: one.text('write'), read: one.text('read') })
    one.ignore('vhost')
    one.end()
    this.#put(user, part(one.what, ['permissions', vhost], value, one.at), one)
  }

  permitTopics(vhost: string, one: Reading): void {
    const { name, user } = this.#of(one)
    const exchange = one.text('exchange') ?? ''
    one.what = `topic permission of ${name} in ${vhost} at ${exchange}`
    const value = given({ write: one.text('write'), read: one.text('read') })
    one.ignore('vhost')
    one.end()
    if (exchange === '')
      one.note(
        'at the default exchange it means nothing: no topic exchange is meant. It is left out',
        'Name an exchange.',
      )
    else this.#put(user, part(one.what, ['topicPermissions', vhost, exchange], value, one.at), one)
  }

  items(): readonly ForeignItem[] {
    const all = [...this.#byName].map(([name, { at, parts }]) => ({
      ...part(`user ${name}`, ['users', name], { password: passwordVariable(this.#cluster, name) }, at),
      parts,
    }))
    return [...all, ...this.#again]
  }

  #of(one: Reading): { readonly name: string; readonly user: User | undefined } {
    const name = one.text('user') ?? ''
    return { name, user: this.#byName.get(name) }
  }

  #put(user: User | undefined, item: ForeignItem, one: Reading): void {
    if (user) user.parts.push(item)
    else
      this.#notes.add(
        one.at,
        item.what,
        'its user is not in these files: it is left out',
        'Export the whole broker, with its users.',
      )
  }
}
