import type { Risk } from '../../../model/plan.ts'
import { gainedPolicies, limitOf } from '../retention.ts'
import type { Scalar } from '../settings.ts'

/** Kafka's defaults of what decides over deletion. */
const DEFAULTS: Readonly<Record<string, Scalar>> = {
  'log.retention.ms': 604_800_000,
  'log.retention.bytes': -1,
  'log.cleanup.policy': 'delete',
}

/** Shorter retention, and a cleanup that was not there before, delete messages. Undefined: Kafka's default. */
export function riskOf(name: string, from: Scalar | undefined, want: Scalar | undefined): Risk {
  const fallback = DEFAULTS[name]
  if (fallback === undefined) return 'safe'
  const [before, after] = [from ?? fallback, want ?? fallback]
  const loses =
    name === 'log.cleanup.policy' ? gainedPolicies(before, after).length > 0 : limitOf(after) < limitOf(before)
  return loses ? 'destructive' : 'safe'
}

export const withReason = (reason: string, risk: Risk): string =>
  risk === 'destructive' ? `${reason}: older messages of topics without their own setting will be deleted` : reason
