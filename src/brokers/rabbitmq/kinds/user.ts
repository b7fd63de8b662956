import { createHash, timingSafeEqual } from 'node:crypto'
import { same } from '../../../model/json.ts'
import type { FieldChange, Observed, Outcome } from '../../../model/plan.ts'
import type { SecretRef } from '../../../model/secret.ts'
import type { Context } from '../../../ports/context.ts'
import type { Change, Kind, KindItem } from '../../../ports/kind.ts'
import { apiPath } from '../client.ts'
import { definitions } from '../definitions.ts'
import { fieldsOf } from '../fields.ts'
import { ADMIN, OPERATOR, passwordHash } from '../nodes.ts'
import { attempt, inParallel } from '../pool.ts'
import type { RabbitmqSession } from '../session.ts'
import { creation, inScope } from './shared.ts'

/** The password is write-only: what is observed never holds it nor its hash. */
export type UserWant = { readonly password: SecretRef; readonly tags: readonly string[] }
export type UserHave = { readonly tags: readonly string[] }

type UserRow = {
  readonly name: string
  readonly tags: readonly string[] | string
  readonly password_hash?: string
  readonly hashing_algorithm?: string
}

const HASHES: Readonly<Record<string, string>> = {
  rabbit_password_hashing_sha256: 'sha256',
  rabbit_password_hashing_sha512: 'sha512',
}
const SALT_BYTES = 4

/** mqops's own two users, and the one that it works as. */
export const isOwnUser = (session: RabbitmqSession, name: string): boolean =>
  (session.ownOperator && (name === OPERATOR || name === ADMIN)) || name === session.credentials.user

const tagsOf = (tags: readonly string[] | string): readonly string[] =>
  (typeof tags === 'string' ? tags.split(',').filter((tag) => tag !== '') : [...tags]).sort()

/** An internal user. */
export const user: Kind<RabbitmqSession, UserWant, UserHave> = {
  name: 'user',
  action: 'rabbitmq.user',
  via: 'api',
  maxBatch: 500,
  after: [],

  desired: (spec) =>
    Object.entries(fieldsOf(spec).users).map(([name, { password, tags }]) => ({
      key: [name],
      value: { password: password ?? { secretRef: { generated: `user/${name}` } }, tags: tagsOf(tags) },
      path: ['users', name],
    })),

  async list(session, scope, ctx) {
    const rows =
      scope === 'all'
        ? (await definitions(session, ctx)).users
        : ((await session.http.get('/api/users?columns=name,tags', ctx)) as unknown as readonly UserRow[])
    const found = rows
      .filter((row) => scope !== 'all' || !isOwnUser(session, row.name))
      .map((row): readonly [readonly string[], Observed<UserHave>] => [
        [row.name],
        { is: 'present', value: { tags: tagsOf(row.tags) }, owner: { by: 'nobody' } },
      ])
    return inScope(found, scope)
  },

  diff(want, have, { secret }): readonly Change[] {
    if (have.is !== 'present') return creation(want)
    const reads = { tags: tagsOf(have.value.tags) }
    if (want === undefined)
      return [
        {
          verb: 'delete',
          want: null,
          reads,
          reason: 'the spec has it no more',
          risk: 'disruptive',
          reversible: false,
          changes: [],
        },
      ]
    const changes: FieldChange[] = same(reads.tags, tagsOf(want.tags))
      ? []
      : [{ field: 'tags', from: reads.tags, to: tagsOf(want.tags) }]
    const password = passwordDiffers(secret)
    if (password !== null) changes.push({ field: 'password' })
    if (changes.length === 0) return []
    const reason = [
      ...(changes[0]?.field === 'tags' ? ['tags differ'] : []),
      ...(password === null ? [] : [password]),
    ].join('; ')
    // Whoever is logged in stays; who logs in again with the old password is refused.
    return [
      {
        verb: 'update',
        want,
        reads,
        reason,
        risk: password === null ? 'safe' : 'disruptive',
        reversible: true,
        changes,
      },
    ]
  },

  act: (verb, items, session, ctx) =>
    inParallel(items, (item) => (verb === 'delete' ? remove(item, session, ctx) : put(item, session, ctx))),

  toSpec: (have) => ({ password: { secretRef: { env: 'PASSWORD' } }, tags: have.tags }),

  secret: (want) => want.password,

  /** By the broker's own hash of it: users without tags can't log in to the HTTP interface to prove it. */
  async attest(session, [name = ''], _want, secret, ctx) {
    const { status, body } = await session.http.ask(apiPath('users', name), ctx, { accept: [404] })
    return status === 404 ? false : matches(body as unknown as UserRow, secret)
  },
}

/** Why the password must be set, or null. What can't be told is not judged. */
function passwordDiffers(
  secret:
    | { readonly recorded?: string; readonly wanted: string | null; readonly attested?: boolean | null }
    | undefined,
): string | null {
  if (!secret) return null
  if (secret.attested === false) return 'it has another password'
  if (secret.attested === true || secret.wanted === null) return null
  return secret.recorded === secret.wanted ? null : 'its password was changed in the spec'
}

/** Is this the user's password? null: a hash that mqops does not know. */
export function matches(row: Pick<UserRow, 'password_hash' | 'hashing_algorithm'>, secret: string): boolean | null {
  const algorithm = HASHES[row.hashing_algorithm ?? '']
  if (algorithm === undefined) return null
  const stored = Buffer.from(row.password_hash ?? '', 'base64')
  const computed = createHash(algorithm).update(stored.subarray(0, SALT_BYTES)).update(secret, 'utf8').digest()
  const hash = stored.subarray(SALT_BYTES)
  // A user without a password has no hash: nobody logs in by one.
  return hash.length === computed.length && timingSafeEqual(hash, computed)
}

/** Always with the password, as a hash made here: a PUT without one would take the password away. */
const put = (
  { key: [name = ''], want }: KindItem<UserWant>,
  session: RabbitmqSession,
  ctx: Context,
): Promise<Outcome> =>
  attempt(async () => {
    const salt = Buffer.from(ctx.random(SALT_BYTES)).toString('hex')
    const password_hash = passwordHash(await ctx.secret(want.password), salt)
    await session.http.ask(apiPath('users', name), ctx, {
      method: 'PUT',
      body: { password_hash, hashing_algorithm: 'rabbit_password_hashing_sha256', tags: want.tags },
    })
  })

const remove = ({ key: [name = ''] }: KindItem<UserWant>, session: RabbitmqSession, ctx: Context): Promise<Outcome> =>
  attempt(() => session.http.ask(apiPath('users', name), ctx, { method: 'DELETE', accept: [404] }))
