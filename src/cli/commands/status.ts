import { chooseClusters } from '../clusters.ts'
import { EXIT } from '../failures.ts'
import { watching } from '../interrupts.ts'
import { answer, type Invocation, isWide } from '../invocation.ts'
import { jsonLine, statusJson } from '../views/json.ts'
import { isHealthy, statusLines } from '../views/status.ts'
import { print } from '../views/text.ts'
import { moment } from '../views/units.ts'

const EVERY_MS = 2000
/** Milliseconds that a cluster has to say what it has. */
const COUNT_MS = 2000
/** Cursor home, then everything from there on erased: less flicker than clearing first. */
const HOME = '\u001b[H'
const CLEAR_REST = '\u001b[0J'

/** 0 when everything is healthy, else 1. */
export async function run(inv: Invocation): Promise<number> {
  const { options, terminal, m } = inv
  const app = await inv.application()
  const specs = await chooseClusters(inv, app, inv.args, 'always')
  const view = () => ({ wide: isWide(inv), now: terminal.now() })
  if (options.watch) {
    const redraw = terminal.out.isTerminal && terminal.env.TERM !== 'dumb'
    return watching(inv, EVERY_MS, async () => {
      const statuses = await app.status(specs)
      if (options.output === 'json') return terminal.out.write(jsonLine(statusJson(statuses)))
      const style = { ...inv.style, columns: terminal.out.columns() }
      const text = print(
        [m.live.refreshed(moment(terminal.now())), '', ...statusLines(statuses, view(), style, m), ''],
        style,
      )
      terminal.out.write(redraw ? `${HOME}${text.replaceAll('\n', '\u001b[0K\n')}${CLEAR_REST}` : text)
    })
  }
  // Counted beside it, and not at any price: how the members are must be told at once.
  const [statuses, owned] = await Promise.all([app.status(specs), app.owned(specs, COUNT_MS)])
  await answer(
    inv,
    () => statusJson(statuses, owned),
    () => statusLines(statuses, { ...view(), owned }, inv.style, m),
  )
  return isHealthy(statuses) ? EXIT.done : EXIT.failed
}
