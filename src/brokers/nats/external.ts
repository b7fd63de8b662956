import { describeError } from '../../model/failure.ts'
import { notYet, yes } from '../../model/plan.ts'
import type { Context } from '../../ports/context.ts'
import type { MemberHealth } from '../../ports/session.ts'
import { CONNECT_MS, type Links } from './client.ts'
import { ACCOUNT_NAME, isReservedAccount } from './names.ts'

/** What an account is called where its own name can't stand in a spec: `$G`, where nobody has set up any. */
const UNNAMED = 'DEFAULT'

/** The account that this user belongs to, as its server says (since 2.10). */
export async function ownAccount(links: Links, ctx: Context): Promise<string> {
  const link = await links.account('', ctx)
  try {
    const answer = await link.request('$SYS.REQ.USER.INFO', '', { timeout: CONNECT_MS })
    return accountIn(answer.json())
  } catch {
    ctx.signal.throwIfAborted() // older servers, and users who may not ask: what is in the account can be read all the same
    return UNNAMED
  }
}

/** Pure. */
export function accountIn(answer: unknown): string {
  const name = (answer as { data?: { account?: unknown } } | null)?.data?.account
  return typeof name === 'string' && ACCOUNT_NAME.test(name) && !isReservedAccount(name) ? name : UNNAMED
}

/** Without monitoring a server is known by its greeting only: who leads and what is current can't be told. */
export const externalMembers = (links: Links, ctx: Context): Promise<readonly MemberHealth[]> =>
  Promise.all(
    (links.access.endpoints.client ?? []).map(async (endpoint, i): Promise<MemberHealth> => {
      const at = { role: 'server', slot: i + 1, leader: false }
      try {
        const link = await links.open(links.credentials(''), [endpoint], ctx, { reconnect: false })
        const version = link.info?.version
        await link.close()
        return {
          ...at,
          up: true,
          ...(version ? { version } : {}),
          mayStop: notYet('its monitoring is not known: give its endpoint to tell whether it may stop'),
        }
      } catch (error) {
        ctx.signal.throwIfAborted()
        return { ...at, up: false, why: describeError(error), mayStop: yes }
      }
    }),
  )
