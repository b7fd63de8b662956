import type { Check } from '../model/check.ts'
import type { ClusterSpec } from '../model/spec.ts'
import type { Application } from './application.ts'
import { readable } from './interrupts.ts'
import { event, type Invocation, isStream, talk } from './invocation.ts'
import { canAnimate, LiveArea } from './live.ts'
import { checkJson } from './views/json.ts'
import { dim } from './views/text.ts'
import { seconds } from './views/units.ts'

const FRAME_MS = 200
/** Replicas of members that have just started are in sync within seconds; a large log takes longer than anybody waits. */
const CATCH_UP_MS = 30_000

/**
 * Runs all checks; meanwhile a line on the terminal tells how many are known. `each` sees each check as it comes.
 * After a run what was restarted may still catch up: that is waited for; and its outcome is verified also when nobody reads
 * standard output any more.
 */
export function verifyClusters(
  inv: Invocation,
  app: Application,
  specs: readonly ClusterSpec[],
  each: (check: Check) => void = () => {},
  occasion: 'asked' | 'after a run' = 'asked',
): Promise<readonly Check[]> {
  const { terminal, m } = inv
  const began = terminal.now()
  let good = 0
  let bad = 0
  const names = specs.map((spec) => spec.name).join(', ')
  const animate = canAnimate(terminal) && !isStream(inv)
  const area = new LiveArea(terminal.err, inv.talkStyle)
  const draw = () =>
    area.draw([
      [dim(`${m.verify.verifying(names)} ${good} ✓${bad > 0 ? ` ${bad} ✗` : ''} ${seconds(terminal.now() - began)}`)],
    ])
  if (!animate && !isStream(inv)) talk(inv, [[dim(m.verify.verifying(names))]])
  const stop = animate ? terminal.every(FRAME_MS, draw) : () => {}
  const end = () => {
    stop()
    if (animate) area.end()
  }
  const seen = (check: Check) => {
    if (check.ok) good++
    else bad++
    if (isStream(inv)) event(inv, { type: 'check', ...checkJson(check) })
    if (animate) area.end()
    each(check)
  }
  const patienceMs = occasion === 'asked' ? 0 : CATCH_UP_MS
  return readable(
    inv,
    (signal) => app.verify(specs, { seen, signal, patienceMs }),
    occasion === 'asked' ? 'end' : 'go on',
  ).finally(end)
}
