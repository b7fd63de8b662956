import type { Dict, Json } from '../../model/json.ts'
import type { ClusterSpec, Problem } from '../../model/spec.ts'
import type { SeenResource } from '../../ports/broker.ts'
import { check } from './check.ts'

type Found = Pick<SeenResource, 'kind' | 'key'>
type Accounts = Dict<Dict<Json>>

const KINDS: Dict<string> = { streams: 'stream', kv: 'kv', objects: 'objects', users: 'user' }

/**
 * What servers have and no spec may say (a name with a control character, a ring of copies): left with the reason, one
 * after another, since others may stand on it. What is refused of an account or of all together stays, to be mended. Pure.
 */
export function withoutRefused(spec: ClusterSpec, found: Accounts, leave: (one: Found, why: string) => void): Accounts {
  let accounts = found
  for (;;) {
    const problems = check({ ...spec, fields: { ...(spec.fields as Dict<Json>), accounts } as Json as never })
    const refused = new Map(
      problems.flatMap((one) => (resourceAt(one) ? [[JSON.stringify(resourceAt(one)), one]] : [])),
    )
    if (refused.size === 0) return accounts
    for (const [text, { path, message }] of refused) {
      const one = JSON.parse(text) as Found
      leave(one, `a spec can not say it: ${message}`)
      accounts = without(accounts, path.slice(1, one.kind === 'consumer' ? 6 : 4)) as Accounts
    }
  }
}

function resourceAt({ path: [top, account, group, name, part, consumer] }: Problem): Found | null {
  const kind = KINDS[String(group)]
  if (top !== 'accounts' || kind === undefined || name === undefined) return null
  return part === 'consumers' && consumer !== undefined
    ? { kind: 'consumer', key: [String(account), String(name), String(consumer)] }
    : { kind, key: [String(account), String(name)] }
}

function without(of: Json, [name, ...rest]: readonly (string | number)[]): Json {
  const { [String(name)]: part, ...others } = of as Dict<Json>
  return rest.length === 0 || part === undefined ? others : { ...others, [String(name)]: without(part, rest) }
}
