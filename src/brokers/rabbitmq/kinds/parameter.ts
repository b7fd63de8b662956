import { MqopsError } from '../../../model/failure.ts'
import { type Json, type JsonObject, same } from '../../../model/json.ts'
import type { FieldChange, Observed, Outcome } from '../../../model/plan.ts'
import { isSecretRef, printSecretRef, type SecretRef } from '../../../model/secret.ts'
import type { Context } from '../../../ports/context.ts'
import type { Change, Kind, KindItem, SecretDigests } from '../../../ports/kind.ts'
import { apiPath } from '../client.ts'
import { definitions } from '../definitions.ts'
import { fieldsOf } from '../fields.ts'
import { CANARY_VHOST, isBuiltInExchange } from '../names.ts'
import { attempt, inParallel } from '../pool.ts'
import { inVhost, type RabbitmqSession } from '../session.ts'
import { isUri, maskUri } from '../uris.ts'
import { asStored, diffInPlace, inScope } from './shared.ts'

/** Passwords in URIs: what is wanted holds references, what is observed holds asterisks. */
export type ParameterValue = { readonly value: Json }

export const COMPONENTS = ['shovel', 'federation-upstream', 'federation-upstream-set'] as const
const URIS = ['src-uri', 'dest-uri', 'uri']

const tableOf = (value: Json): JsonObject | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null

const mapUris = (value: Json, change: (uri: Json) => Json): Json => {
  const table = tableOf(value)
  if (table === null) return value
  return Object.fromEntries(
    Object.entries(table).map(([name, inner]) => [name, URIS.includes(name) ? change(inner) : inner]),
  )
}

/** Nothing that stands in a plan, a journal or an error shows a password. */
const masked = (value: Json): Json => mapUris(value, (uri) => (Array.isArray(uri) ? uri.map(maskOne) : maskOne(uri)))
const maskOne = (uri: Json): Json => (typeof uri === 'string' ? maskUri(uri) : uri)

const secretsOf = (value: Json): readonly SecretRef[] =>
  URIS.map((name) => tableOf(value)?.[name]).filter((uri) => isSecretRef(uri))

/** A shovel, a federation upstream or a set of those; key: [vhost, component, name]. */
export const parameter: Kind<RabbitmqSession, ParameterValue, ParameterValue> = {
  name: 'parameter',
  action: 'rabbitmq.parameter',
  via: 'api',
  maxBatch: 500,
  after: ['vhost', 'queue', 'exchange'],
  needs: ([vhost = '', component = ''], { value }) => [['vhost', vhost], ...neededBy(vhost, component, value)],

  declares: ([vhost = '', component = ''], { value }) => (component === 'shovel' ? declaredBy(vhost, value) : []),

  desired: (spec) =>
    Object.entries(fieldsOf(spec).vhosts).flatMap(([vhost, { parameters }]) =>
      COMPONENTS.flatMap((component) =>
        Object.entries(parameters[component] ?? {}).map(([name, value]) => ({
          key: [vhost, component, name],
          value: { value: withoutEmpty(value) },
          path: ['vhosts', vhost, 'parameters', component, name],
        })),
      ),
    ),

  async list(session, scope, ctx) {
    const { parameters = [] } = await definitions(session, ctx)
    const known: readonly string[] = COMPONENTS
    const found = parameters
      .filter(({ component, vhost }) => known.includes(component) && vhost !== CANARY_VHOST)
      .map(({ vhost, component, name, value }): readonly [readonly string[], Observed<ParameterValue>] => [
        [vhost, component, name],
        { is: 'present', value: { value: masked(value) }, owner: { by: 'nobody' } },
      ])
    return inScope(found, scope)
  },

  diff: (want, have, { secret }): readonly Change[] =>
    diffInPlace(want, have, {
      risk: 'disruptive', // it connects anew
      gone: { reason: 'the spec has it no more: its links end', risk: 'disruptive', reversible: true },
      changes: (from, to) => changesOf(from.value, to.value, secret),
    }),

  act: (verb, items, session, ctx) => inParallel(items, (item) => send(verb, item, session, ctx)),

  toSpec: (have) => have,

  secrets: ({ value }) => secretsOf(value),

  /** What is there, compared with what its references stand for now. */
  async attest(session, [vhost = '', component = '', name = ''], want, _secret, ctx) {
    const { parameters = [] } = await definitions(session, ctx)
    const row = parameters.find((one) => one.vhost === vhost && one.component === component && one.name === name)
    if (!row) return false
    const wanted = tableOf(await resolved(want.value, ctx))
    const have = tableOf(row.value)
    return URIS.every((uri) => !isSecretRef(tableOf(want.value)?.[uri]) || same(wanted?.[uri], have?.[uri]))
  },
}

/** A set names upstreams; a shovel within this cluster moves between what may just be made. */
const neededBy = (vhost: string, component: string, value: Json): readonly (readonly string[])[] => {
  if (component === 'federation-upstream-set')
    return (value as readonly { upstream: string }[]).map(({ upstream }) => [
      'parameter',
      vhost,
      'federation-upstream',
      upstream,
    ])
  if (component === 'federation-upstream') return vhostsOf(tableOf(value)?.['uri'])
  if (component !== 'shovel') return []
  // A shovel declares what it does not find, without its arguments: then it can't be made any more as the spec says.
  const fields = tableOf(value) ?? {}
  return ['src', 'dest'].flatMap((side) => [
    ...vhostsOf(fields[`${side}-uri`]),
    ...['queue', 'exchange'].flatMap((kind) => {
      const name = fields[`${side}-${kind}`]
      if (typeof name !== 'string' || (kind === 'exchange' && isBuiltInExchange(name))) return []
      return [[kind, vhostIn(fields[`${side}-uri`]) ?? vhost, name]]
    }),
  ])
}

/** The broker asks at once whether mqops may into the virtual hosts of URIs without a host: they lead into this cluster. */
const vhostsOf = (uris: Json | undefined): readonly (readonly string[])[] =>
  [uris]
    .flat()
    .filter((uri) => typeof uri === 'string' && /^amqps?:\/\/\/./.test(uri))
    .flatMap((uri) => {
      const vhost = vhostIn(uri)
      return vhost === null ? [] : [['vhost', vhost]]
    })

/** A running shovel declares its queues again whenever they are gone, but where it is told that they are there. */
function declaredBy(vhost: string, value: Json): readonly (readonly string[])[] {
  const fields = tableOf(value) ?? {}
  return ['src', 'dest'].flatMap((side) => {
    const name = fields[`${side}-queue`]
    if (typeof name !== 'string' || fields[`${side}-predeclared`] === true) return []
    return [['queue', vhostIn(fields[`${side}-uri`]) ?? vhost, name]]
  })
}

/** 'amqp:///shop' -> shop; without one it is "/". null: a secret, or several. */
const vhostIn = (uri: Json | undefined): string | null => {
  if (typeof uri !== 'string') return null
  const [, path = ''] = /^amqps?:\/\/[^/?]*(?:\/([^?]*))?/.exec(uri) ?? []
  try {
    return decodeURIComponent(path) || '/'
  } catch {
    return null
  }
}

function changesOf(from: Json, to: Json, secret: SecretDigests | undefined): readonly FieldChange[] {
  const before = tableOf(from)
  const after = tableOf(to)
  if (before === null || after === null)
    return same(asStored(from), asStored(to)) ? [] : [{ field: 'upstreams', from, to }]
  const names = [...new Set([...Object.keys(after), ...Object.keys(before)])]
  return names.flatMap((name): readonly FieldChange[] => {
    const [was, shall] = [before[name], after[name]]
    if (isSecretRef(shall)) return was === undefined || secretDiffers(secret) ? [{ field: name }] : []
    if (same(storedOrNone(was), storedOrNone(shall))) return []
    return [{ field: name, ...(was === undefined ? {} : { from: was }), ...(shall === undefined ? {} : { to: shall }) }]
  })
}

const withoutEmpty = (value: Json): Json => {
  const table = tableOf(value)
  return table === null
    ? value
    : Object.fromEntries(Object.entries(table).filter(([, inner]) => storedOrNone(inner) !== null))
}

/** An empty table of arguments says as much as none. */
const storedOrNone = (value: Json | undefined): Json => {
  const stored = asStored(value ?? null)
  return Array.isArray(stored) && stored.length === 0 ? null : stored
}

/** What can't be told here is not judged: a plan in CI has no secrets. */
const secretDiffers = (secret: SecretDigests | undefined): boolean => {
  if (!secret || secret.attested === true || secret.wanted === null) return false
  return secret.attested === false || secret.recorded !== secret.wanted
}

/** With the secrets' texts in place of their references. */
async function resolved(value: Json, ctx: Context): Promise<Json> {
  const texts = new Map<string, string>()
  for (const ref of secretsOf(value)) {
    const text = await ctx.secret(ref)
    if (!isUri(text))
      throw new MqopsError({
        code: 'MQOPS_SPEC_SECRET',
        summary: `the secret ${printSecretRef(ref)} is no URI that begins with amqp:// or amqps://`,
        hint: 'Write amqps://USER:PASSWORD@HOST:5671/VHOST into it, with % escapes where a part has odd characters.',
      })
    texts.set(printSecretRef(ref), text)
  }
  return mapUris(value, (uri) => (isSecretRef(uri) ? (texts.get(printSecretRef(uri)) as string) : uri))
}

const send = (
  verb: 'create' | 'update' | 'delete',
  { key: [vhost = '', component = '', name = ''], want }: KindItem<ParameterValue>,
  session: RabbitmqSession,
  ctx: Context,
): Promise<Outcome> =>
  attempt(async () => {
    const path = apiPath('parameters', component, vhost, name)
    if (verb === 'delete')
      return inVhost(session, vhost, () => session.http.ask(path, ctx, { method: 'DELETE', accept: [404] }), ctx)
    const value = await resolved(want.value, ctx)
    const hidden = secretsOf(want.value).length > 0
    try {
      return await inVhost(
        session,
        vhost,
        () => session.http.ask(path, ctx, { method: 'PUT', body: { value, component, vhost, name } }),
        ctx,
      )
    } catch (error) {
      // The broker repeats the URI in its refusal.
      if (hidden && error instanceof MqopsError && error.code === 'MQOPS_BROKER')
        throw new MqopsError({
          code: 'MQOPS_BROKER',
          summary: `RabbitMQ refuses the ${component} "${name}"; its words hold a secret and are not shown`,
          hint: 'Is each URI complete, and are odd characters in it written as %XX?',
          retryable: error.failure.retryable,
        })
      throw error
    }
  })
