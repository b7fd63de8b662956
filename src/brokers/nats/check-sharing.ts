import type { Problem } from '../../model/spec.ts'
import type { AccountFields, NatsFields } from './fields.ts'
import type { ExportFields, ImportFields } from './fields-account.ts'
import { entries, hasJetStream } from './names.ts'
import { covers, destinationOf, overlap, subjectProblem } from './subjects.ts'
import { type Path, problem } from './problem.ts'

type Type = 'stream' | 'service'

/**
 * Exports and imports of all accounts. A server refuses its whole configuration for one import that fits no export, so all
 * its rules are held here (nats-server `accounts.go`, `opts.go`; tried on 2.15.1). Pure.
 */
export const checkSharing = (fields: NatsFields): readonly Problem[] =>
  entries(fields.accounts).flatMap(([name, account]) => {
    const path = ['accounts', name]
    return [
      ...(account.exports ?? []).flatMap((one, i) => checkExport([...path, 'exports', i], one, account, fields)),
      ...twins([...path, 'exports'], account.exports ?? [], (one) => one.service ?? `stream ${one.stream}`, 'exported'),
      ...(account.imports ?? []).flatMap((one, i) => checkImport([...path, 'imports', i], name, account, one, fields)),
      ...twins([...path, 'imports'], account.imports ?? [], importKey, 'imported'),
    ]
  })

const typeOf = (one: { stream?: string | undefined; service?: string | undefined }): Type =>
  one.stream === undefined ? 'service' : 'stream'
const subjectOf = (one: { stream?: string | undefined; service?: string | undefined }): string =>
  one.stream ?? one.service ?? ''
/** Where it is known in the importing account. */
const localOf = (one: ImportFields): string =>
  one.prefix === undefined ? (one.to ?? subjectOf(one)) : `${one.prefix}.${subjectOf(one)}`
/** Of another account a service may be known by the same subject; a stream is imported once, wherever to. */
const importKey = (one: ImportFields): string =>
  one.stream === undefined ? `service ${one.account} ${localOf(one)}` : `stream ${one.account} ${one.stream}`

function twins<T>(path: Path, list: readonly T[], key: (one: T) => string, word: string): readonly Problem[] {
  const keys = list.map(key)
  return keys.flatMap((one, i) => (keys.indexOf(one) < i ? [problem([...path, i], `it is ${word} twice`)] : []))
}

/** Exactly one of the two, and a subject. */
function checkSubject(path: Path, one: ExportFields | ImportFields): readonly Problem[] {
  if ((one.stream === undefined) === (one.service === undefined))
    return [problem(path, 'give stream or service: one subject each')]
  const wrong = subjectProblem(subjectOf(one))
  return wrong ? [problem([...path, typeOf(one)], wrong)] : []
}

const only = (path: Path, one: object, keys: readonly string[], word: string): readonly Problem[] =>
  keys
    .filter((key) => (one as Record<string, unknown>)[key] !== undefined)
    .map((key) => problem([...path, key], `${key} is for ${word}`))

function checkExport(path: Path, one: ExportFields, account: AccountFields, fields: NatsFields): readonly Problem[] {
  const wrong = checkSubject(path, one)
  if (wrong.length > 0) return wrong
  const found: Problem[] = []
  if (typeOf(one) === 'stream')
    found.push(...only(path, one, ['responseType', 'responseThreshold', 'latency', 'allowTrace'], 'services'))
  if (one.latency && (one.responseType ?? 'single') !== 'single')
    found.push(problem([...path, 'latency'], 'it measures services with a single response'))
  if (one.latency && (subjectProblem(one.latency.subject) || /[*>]/.test(one.latency.subject)))
    found.push(problem([...path, 'latency', 'subject'], `"${one.latency.subject}" is no subject to publish on`))
  const { subject: told } = one.latency ?? {}
  const caught = account.exports?.find(({ service }) => service && told && covers(service, told))
  if (caught)
    found.push(
      problem([...path, 'latency', 'subject'], `"${told}" is of the service "${caught.service}" of this account`),
    )
  const token = one.accountTokenPosition
  if (token !== undefined && subjectOf(one).split('.')[token - 1] !== '*')
    found.push(problem([...path, 'accountTokenPosition'], `part ${token} of "${subjectOf(one)}" is no *`))
  for (const [i, account] of (one.accounts ?? []).entries())
    if (!fields.accounts[account]) found.push(problem([...path, 'accounts', i], `there is no account ${account}`))
  return found
}

function checkImport(
  path: Path,
  name: string,
  account: AccountFields,
  one: ImportFields,
  fields: NatsFields,
): readonly Problem[] {
  const wrong = checkSubject(path, one)
  if (wrong.length > 0) return wrong
  const type = typeOf(one)
  const local = localOf(one)
  const found: Problem[] = [
    ...only(
      path,
      one,
      type === 'stream' ? ['share'] : ['prefix', 'allowTrace'],
      type === 'stream' ? 'services' : 'streams',
    ),
    ...(one.to !== undefined && one.prefix !== undefined
      ? [problem([...path, 'prefix'], 'give to or prefix, not both')]
      : []),
    ...(one.prefix !== undefined && (subjectProblem(one.prefix) || /[*>]/.test(one.prefix))
      ? [problem([...path, 'prefix'], `"${one.prefix}" is no subject to put before others`)]
      : []),
    ...checkTo(path, one),
  ]
  if (one.account === name) return [...found, problem([...path, 'account'], 'an account has its own subjects already')]
  const from = fields.accounts[one.account]
  if (!from) return [...found, problem([...path, 'account'], `there is no account ${one.account}`)]
  if (!(from.exports ?? []).some((offer) => allows(offer, one, name)))
    found.push(
      problem(
        [...path, type],
        `account ${one.account} exports no ${type} that covers "${subjectOf(one)}" to ${name}`,
        `Add it to \`exports\` of ${one.account}.`,
      ),
    )
  if (type === 'service' && hasJetStream(account) && (overlap(local, '$JS.>') || overlap(local, '$SYS.>')))
    found.push(
      problem([...path, 'service'], `"${local}" is one of the server's own subjects here`, 'Give another one in `to`.'),
    )
  if (returns(name, name, one, fields, new Set()))
    found.push(problem(path, `it comes back to ${name}: imports form a ring`))
  return found
}

/** All wildcards of the subject must come again; by $1 or {{wildcard(1)}} in another order. */
function checkTo(path: Path, one: ImportFields): readonly Problem[] {
  if (one.to === undefined) return []
  const refer = /\$\d+|\{\{\s*wildcard\(\s*\d+\s*\)\s*\}\}/gi
  const plain = one.to.replaceAll(refer, '*')
  const wrong = subjectProblem(plain)
  if (wrong) return [problem([...path, 'to'], wrong)]
  const stars = (subject: string): number => subject.split('.').filter((token) => token === '*').length
  const tail = (subject: string): boolean => subject.split('.').at(-1) === '>'
  const subject = subjectOf(one)
  return stars(plain) === stars(subject) && tail(plain) === tail(subject)
    ? []
    : [problem([...path, 'to'], `it wants the wildcards of "${subject}", each once`)]
}

function allows(offer: ExportFields, one: ImportFields, account: string): boolean {
  const subject = offer[typeOf(one)]
  if (subject === undefined || !covers(subject, subjectOf(one))) return false
  if (offer.accounts && !offer.accounts.includes(account)) return false
  const token = offer.accountTokenPosition
  return token === undefined || subjectOf(one).split('.')[token - 1] === account
}

/** Does what this account imports come, by way of others, from `home`? */
function returns(home: string, at: string, one: ImportFields, fields: NatsFields, seen: Set<string>): boolean {
  const next = one.account
  const step = `${at} ${importKey(one)}`
  if (seen.has(step)) return false
  seen.add(step)
  if (next === home) return true
  return (fields.accounts[next]?.imports ?? []).some(
    (other) =>
      typeOf(other) === typeOf(one) &&
      overlap(destinationOf(localOf(other)), subjectOf(one)) &&
      returns(home, next, other, fields, seen),
  )
}
