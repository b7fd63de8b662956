import { MqopsError } from '../../model/failure.ts'
import type { Access } from '../../model/member.ts'
import type { Context } from '../../ports/context.ts'
import { type Credentials, createWire, type Login, PROBE_LIMITS } from './client.ts'
import { brokerError } from './errors.ts'
import type { Mechanism } from './fields.ts'

const MECHANISMS: readonly (Mechanism | 'PLAIN')[] = ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'PLAIN']

/** The administrator's login by the first mechanism that the listener offers; null when there is no user to log in. */
export async function agreedLogin(
  access: Access,
  tls: Credentials['tls'],
  endpoints: readonly string[],
  ctx: Context,
): Promise<Login | null> {
  if (access.user === undefined || access.password === undefined) return null
  const password = await ctx.secret(access.password)
  for (const mechanism of MECHANISMS) {
    const login: Login = { mechanism, user: access.user, password }
    const wire = createWire({ tls, login }, PROBE_LIMITS)
    try {
      await wire.any(endpoints, async () => null, ctx)
      return login
    } catch (error) {
      if (brokerError(error) !== 'UNSUPPORTED_SASL_MECHANISM' || mechanism === MECHANISMS.at(-1)) throw error
    } finally {
      await wire.close()
    }
  }
  return null
}

/** Does this login open the listener? Null when nobody there can be asked. */
export async function tryLogin(
  login: Login,
  tls: Credentials['tls'],
  endpoints: readonly string[],
  ctx: Context,
): Promise<boolean | null> {
  const wire = createWire({ tls, login }, PROBE_LIMITS)
  try {
    await wire.any(endpoints, async () => null, ctx)
    return true
  } catch (error) {
    ctx.signal.throwIfAborted()
    return error instanceof MqopsError && error.code === 'MQOPS_AUTHENTICATION' ? false : null
  } finally {
    await wire.close()
  }
}
