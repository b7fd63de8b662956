import { pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'
import type { Connection } from '@platformatic/kafka'
import { MqopsError } from '../../../model/failure.ts'
import type { JsonObject } from '../../../model/json.ts'
import { failed, type FieldChange, type Observed, type Outcome } from '../../../model/plan.ts'
import type { SecretRef } from '../../../model/secret.ts'
import type { Context } from '../../../ports/context.ts'
import type { Change, Kind, KindItem, SecretDigests } from '../../../ports/kind.ts'
import { answerOf } from '../errors.ts'
import { kafkaFields, type Mechanism } from '../fields.ts'
import { GUARD_USER } from '../guard-user.ts'
import { api, itemError } from '../protocol.ts'
import type { KafkaSession } from '../session.ts'
import { generatedPassword } from '../topology.ts'
import { noAnswer, outcomeOf } from './answers.ts'

export type UserWant = { readonly mechanism: Mechanism; readonly password: SecretRef }
export type UserHave = { readonly mechanisms: readonly Mechanism[] }

const derive = promisify(pbkdf2)
/** Kafka's smallest is 4096; each login costs the broker this much. */
const ITERATIONS = 8192
const SALT_BYTES = 24
const MECHANISMS = {
  'SCRAM-SHA-256': { number: 1, digest: 'sha256', length: 32 },
  'SCRAM-SHA-512': { number: 2, digest: 'sha512', length: 64 },
} as const satisfies Record<Mechanism, unknown>

const mechanismOf = (number: number): Mechanism => (number === 1 ? 'SCRAM-SHA-256' : 'SCRAM-SHA-512')

export const user: Kind<KafkaSession, UserWant & JsonObject, UserHave & JsonObject> = {
  name: 'user',
  action: 'kafka.user',
  via: 'api',
  readsLate: true,
  maxBatch: 500,
  after: [],
  desired: (spec) =>
    Object.entries(kafkaFields(spec).users).map(([name, { mechanism, password }]) => ({
      key: [name],
      value: {
        mechanism,
        password: password ?? { secretRef: { generated: generatedPassword(name) } },
      },
      path: ['users', name],
    })),
  list: listUsers,
  diff: (want, have, { secret }) => diffUser(want, have, secret),
  act: (verb, items, session, ctx) =>
    verb === 'delete' ? deleteUsers(items, session, ctx) : writeUsers(items, session, ctx),
  toSpec: ({ mechanisms }) => ({
    mechanism: mechanisms.includes('SCRAM-SHA-512') ? 'SCRAM-SHA-512' : 'SCRAM-SHA-256',
    password: { secretRef: {} },
  }),
  secret: ({ password }) => password,
  attest: (session, [name], { mechanism }, password, ctx) =>
    session.login({ mechanism, user: name as string, password }, ctx),
}

/** Users of the cluster's own: what mqops itself logs in with. */
const isOwn = (name: string): boolean => ['admin', 'mqops.nobody', GUARD_USER].includes(name)

type Credentials = Awaited<ReturnType<typeof api.describeUserScramCredentials>>
type Listed = readonly (readonly [readonly string[], Observed<UserHave & JsonObject>])[]

async function listUsers(
  session: KafkaSession,
  scope: readonly (readonly string[])[] | 'all',
  ctx: Context,
): Promise<Listed> {
  // Not known is not absent: what the spec names is asked for by key, and says so. And a broker that may not tell does
  // not answer at all when it is asked for all users (its answer fails on the missing list).
  const hidden = (why: string): Listed =>
    scope === 'all' ? [] : scope.map((key) => [key, { is: 'unknown', why: `SCRAM users can't be read: ${why}` }])
  if (!session.capabilities.has('scram')) return hidden('the broker keeps none, or this user may not see them')
  const users = scope === 'all' ? null : [...new Set(scope.map(([name]) => name as string))].map((name) => ({ name }))
  if (users?.length === 0) return []
  const ask = (connection: Connection) => answerOf(api.describeUserScramCredentials(connection, users))
  const views = scope === 'all' ? [await session.call(ask, ctx)] : [...(await session.everyBroker(ask, ctx)).values()]
  const refused = views.map((view) => itemError(view.errorCode, view.errorMessage)).find((error) => error !== null)
  if (refused) return hidden(`${refused.id}: ${refused.message}`)
  if (scope === 'all') {
    const results = views[0]?.results ?? []
    return results.filter(({ user: name }) => !isOwn(name)).map((result) => [[result.user], observed(result)])
  }
  return scope.map((key) => {
    const seen = views.map((view) => observed(view.results.find((result) => result.user === key[0])))
    const differs = new Set(seen.map((one) => JSON.stringify(one))).size > 1
    const why = 'not all brokers have heard of the change yet'
    return [key, differs ? { is: 'unknown', why } : (seen[0] as Observed<UserHave & JsonObject>)]
  })
}

function observed(result: Credentials['results'][number] | undefined): Observed<UserHave & JsonObject> {
  const error = itemError(result?.errorCode ?? 0, result?.errorMessage)
  if (!result || error?.id === 'RESOURCE_NOT_FOUND') return { is: 'absent' }
  if (error) return { is: 'unknown', why: `${error.id}: ${error.message}` }
  return {
    is: 'present',
    value: { mechanisms: result.credentialInfos.map((info) => mechanismOf(info.mechanism)).sort() },
    owner: { by: 'nobody' },
  }
}

/**
 * Pure. The password can't be read back: it has changed when a login with today's fails, or, where no login was tried,
 * when today's digest is not the one that was recorded with it.
 */
export function diffUser(
  want: UserWant | undefined,
  have: Observed<UserHave>,
  secret: SecretDigests | undefined,
): readonly Change[] {
  if (have.is === 'unknown') return []
  if (have.is === 'absent') {
    if (!want) return []
    return [
      {
        verb: 'create',
        want: want,
        reads: { is: 'absent' },
        reason: 'the spec has it, the cluster has not',
        risk: 'safe',
        reversible: true,
        changes: [{ field: 'mechanism', to: want.mechanism }],
      },
    ]
  }
  const reads = { mechanisms: have.value.mechanisms }
  if (!want)
    return [
      {
        verb: 'delete',
        want: null,
        reads,
        reason: 'mqops made it and the spec has it no more: its clients can no longer log in',
        risk: 'disruptive',
        reversible: false,
        changes: [],
      },
    ]
  const changes: FieldChange[] = []
  const wrongMechanism = have.value.mechanisms.length !== 1 || have.value.mechanisms[0] !== want.mechanism
  if (wrongMechanism) changes.push({ field: 'mechanism', from: have.value.mechanisms.join(', '), to: want.mechanism })
  if (passwordChanged(secret)) changes.push({ field: 'password' })
  if (changes.length === 0) return []
  return [
    {
      verb: 'update',
      want: want,
      reads,
      reason: `${changes.map((change) => change.field).join(' and ')} changed: clients with the old one can no longer log in`,
      risk: 'disruptive',
      reversible: false,
      changes,
    },
  ]
}

function passwordChanged(secret: SecretDigests | undefined): boolean {
  if (!secret || secret.attested === true) return false
  return secret.attested === false || (secret.wanted !== null && secret.recorded !== secret.wanted)
}

type Items = readonly KindItem<UserWant & JsonObject>[]
const nameOf = (item: Items[number]): string => item.key[0] as string

/** Salted hashes are made here: the password itself never travels. One mechanism remains. */
async function writeUsers(items: Items, session: KafkaSession, ctx: Context): Promise<readonly Outcome[]> {
  const salted = await Promise.all(items.map((item) => saltedOrFailed(item, ctx)))
  const upsertions = salted.flatMap((one) => ('is' in one ? [] : [one]))
  const able = items.filter((_, i) => !('is' in (salted[i] as object)))
  const have = new Map((await listUsers(session, 'all', ctx)).map(([key, one]) => [key[0] as string, one]))
  const deletions = able.flatMap((item) => {
    const one = have.get(nameOf(item))
    const others =
      one?.is === 'present' ? one.value.mechanisms.filter((mechanism) => mechanism !== item.want.mechanism) : []
    return others.map((mechanism) => ({ name: nameOf(item), mechanism: MECHANISMS[mechanism].number }))
  })
  const written = new Map(
    (await alter(able, deletions, upsertions, session, ctx)).map((outcome, i) => [able[i], outcome]),
  )
  return items.map((item, i) => written.get(item) ?? (salted[i] as Outcome))
}

/** A password that can't be resolved is this user's failure, not that of the others in the batch. */
async function saltedOrFailed(item: Items[number], ctx: Context): Promise<Upsertions[number] | Outcome> {
  try {
    return await credential(nameOf(item), item.want.mechanism, await ctx.secret(item.want.password), ctx)
  } catch (error) {
    if (error instanceof MqopsError) return failed(error.failure)
    throw error
  }
}

async function deleteUsers(items: Items, session: KafkaSession, ctx: Context): Promise<readonly Outcome[]> {
  const have = new Map((await listUsers(session, 'all', ctx)).map(([key, one]) => [key[0] as string, one]))
  const deletions = items.flatMap((item) => {
    const one = have.get(nameOf(item))
    const mechanisms = one?.is === 'present' ? one.value.mechanisms : []
    return mechanisms.map((mechanism) => ({ name: nameOf(item), mechanism: MECHANISMS[mechanism].number }))
  })
  return alter(items, deletions, [], session, ctx)
}

type Deletions = Parameters<typeof api.alterUserScramCredentials>[1]
type Upsertions = Parameters<typeof api.alterUserScramCredentials>[2]

/** New credentials first, then the old ones away: Kafka takes each user once in a request. */
async function alter(
  items: Items,
  deletions: Deletions,
  upsertions: Upsertions,
  session: KafkaSession,
  ctx: Context,
): Promise<readonly Outcome[]> {
  const outcomes = new Map<string, Outcome>()
  const send = async (some: Deletions, others: Upsertions) => {
    if (some.length + others.length === 0) return
    const answer = await session.call(
      (connection) => answerOf(api.alterUserScramCredentials(connection, some, others)),
      ctx,
    )
    for (const result of answer.results)
      if (outcomes.get(result.user)?.is !== 'failed')
        outcomes.set(result.user, outcomeOf(result, ['RESOURCE_NOT_FOUND']))
  }
  await send([], upsertions)
  const going = deletions.filter(({ name }) => outcomes.get(name)?.is !== 'failed')
  const second = going.filter((one, i) => going.findIndex(({ name }) => name === one.name) !== i)
  await send(
    going.filter((one) => !second.includes(one)),
    [],
  )
  await send(second, [])
  const touched = new Set([...deletions, ...upsertions].map(({ name }) => name))
  return items.map((item) => outcomes.get(nameOf(item)) ?? (touched.has(nameOf(item)) ? noAnswer : { is: 'yes' }))
}

/** The first administrator, made over the internal listener before anybody can log in, and the guard (see guard-user.ts). */
export async function writeAdministrator(session: KafkaSession, password: SecretRef, ctx: Context): Promise<void> {
  const administrator = await credential('admin', 'SCRAM-SHA-512', await ctx.secret(password), ctx)
  // Of each user one change in a request.
  for (const mechanism of Object.keys(MECHANISMS) as Mechanism[]) {
    const guard = await credential(GUARD_USER, mechanism, Buffer.from(ctx.random(SALT_BYTES)), ctx)
    const both = mechanism === 'SCRAM-SHA-512' ? [guard, administrator] : [guard]
    await session.call((connection) => api.alterUserScramCredentials(connection, [], both), ctx)
  }
}

/** Are these two there, with all that they should have? */
export async function administratorStands(session: KafkaSession, ctx: Context): Promise<boolean> {
  const wanted = { admin: 1, [GUARD_USER]: Object.keys(MECHANISMS).length }
  const users = Object.keys(wanted).map((name) => ({ name }))
  const ask = (connection: Connection) => answerOf(api.describeUserScramCredentials(connection, users))
  const views = [...(await session.everyBroker(ask, ctx)).values()]
  return views.every(({ results }) =>
    Object.entries(wanted).every(
      ([name, count]) => results.find((one) => one.user === name)?.credentialInfos.length === count,
    ),
  )
}

async function credential(
  name: string,
  mechanism: Mechanism,
  password: string | Buffer,
  ctx: Context,
): Promise<Upsertions[number]> {
  const salt = Buffer.from(ctx.random(SALT_BYTES))
  const { number, digest, length } = MECHANISMS[mechanism]
  const saltedPassword = await derive(password, salt, ITERATIONS, length, digest)
  return { name, mechanism: number, iterations: ITERATIONS, salt, saltedPassword }
}
