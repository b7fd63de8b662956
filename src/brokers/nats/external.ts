import { describeError } from '../../model/failure.ts'
import { notYet, yes } from '../../model/plan.ts'
import type { Context } from '../../ports/context.ts'
import type { MemberHealth } from '../../ports/session.ts'
import type { Links } from './client.ts'

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
