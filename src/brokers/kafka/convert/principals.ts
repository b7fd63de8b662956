import type { Json, JsonObject } from '../../../model/json.ts'
import type { ForeignItem, ForeignPlace } from '../../../ports/foreign.ts'
import { type Notes, part, passwordVariable, textOf } from '../../shared/foreign.ts'
import { resourceOf } from '../import.ts'
import type { Rule } from '../kinds/acl.ts'

/** Users of foreign files with their rules. In a spec rules belong to SCRAM users. */

type Entry = {
  readonly resource: JsonObject
  readonly permission: string
  readonly host: string
  readonly operations: string[]
  readonly at: ForeignPlace
}
type User = { readonly at: ForeignPlace; readonly fields: JsonObject; readonly entries: Map<string, Entry> }

export class Principals {
  readonly #cluster: string
  readonly #notes: Notes
  readonly #byName = new Map<string, User>()
  readonly #again: ForeignItem[] = []

  constructor(cluster: string, notes: Notes) {
    this.#cluster = cluster
    this.#notes = notes
  }

  /** A user that the file itself describes. Twice: the later one is reported. */
  add(name: string, at: ForeignPlace, fields: JsonObject = {}): void {
    if (this.#byName.has(name)) this.#again.push(this.#item(name, { at, fields, entries: new Map() }))
    else this.#byName.set(name, { at, fields, entries: new Map() })
  }

  /** One rule for each operation. A principal that no file describes becomes a user, which is reported once. */
  allow(rule: Omit<Rule, 'operation'>, operations: readonly string[], at: ForeignPlace): void {
    const missing = missingIn(rule, operations)
    if (missing !== null) {
      const what = `rule of ${rule.principal} on ${rule.type} ${rule.name}`.trimEnd()
      this.#notes.add(at, what, `left out: it ${missing}`)
      return
    }
    const user = this.#userOf(rule.principal, at)
    if (!user) return
    const resource = resourceOf(rule)
    if (typeof resource === 'string') {
      const what = `rule of ${rule.principal}: ${rule.permission} ${operations.join(', ')} on ${rule.type} ${rule.name}`
      this.#notes.add(at, what, `left out: ${resource}`)
      return
    }
    const { permission, host } = rule
    const key = JSON.stringify([resource, permission, host])
    const entry = user.entries.get(key) ?? { resource, permission, host, operations: [], at }
    user.entries.set(key, entry)
    entry.operations.push(...operations.filter((one) => !entry.operations.includes(one)))
  }

  items(): readonly ForeignItem[] {
    return [...[...this.#byName].map(([name, user]) => this.#item(name, user)), ...this.#again]
  }

  #userOf(principal: string, at: ForeignPlace): User | undefined {
    const name = /^User:(.+)$/.exec(principal)?.[1]
    if (name === undefined || name === '*') {
      this.#notes.add(
        at,
        `rule of ${principal}`,
        name === '*'
          ? 'left out: a spec has no rules for everybody'
          : 'left out: it is no user, and a spec has rules of users only',
        name === '*' ? 'Give each user that needs it the rule.' : undefined,
      )
      return undefined
    }
    const known = this.#byName.get(name)
    if (known) return known
    this.add(name, at)
    this.#notes.add(
      at,
      `user ${name}`,
      'the files do not say how it logs in: here it is a SCRAM user',
      `Put its password into the environment variable ${passwordVariable(this.#cluster, name).secretRef.env}.`,
    )
    return this.#byName.get(name)
  }

  #item(name: string, { at, fields, entries }: User): ForeignItem {
    const value = { password: passwordVariable(this.#cluster, name), ...fields }
    return {
      ...part(`user ${name}`, ['users', name], value, at),
      parts: [...entries.values()].map((entry) => {
        const { resource, permission, host, operations } = entry
        const [[type, of] = []] = Object.entries(resource) as readonly (readonly [string, Json])[]
        return {
          ...part(
            `rule of ${name} on ${type} ${textOf(of)}`.trimEnd(),
            ['acls'],
            { ...resource, [permission]: operations, ...(host === '*' ? {} : { host }) },
            entry.at,
          ),
          append: true as const,
        }
      }),
    }
  }
}

function missingIn({ principal, type }: Omit<Rule, 'operation'>, operations: readonly string[]): string | null {
  if (principal === '') return 'names no principal'
  if (type === '') return 'names no type of resource'
  return operations.length === 0 ? 'names no operation' : null
}

/** DescribeConfigs, DESCRIBE_CONFIGS, describe_configs: the spec writes describeConfigs. */
export function camel(name: string): string {
  const words = name.includes('_') || name === name.toUpperCase() ? name.toLowerCase() : name
  return words
    .replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
    .replace(/^[A-Z]/, (letter) => letter.toLowerCase())
}
