import { type Address, parseAddress } from '../../model/address.ts'
import { MqopsError } from '../../model/failure.ts'
import { chooseClusters } from '../clusters.ts'
import { EXIT, usage } from '../failures.ts'
import { readable } from '../interrupts.ts'
import type { Invocation } from '../invocation.ts'
import { dim, escapeControls, print, printLine } from '../views/text.ts'

const USUAL_LINES = 100

/** Lines of one member, or of all members of a cluster, each under its name. */
export async function run(inv: Invocation): Promise<number> {
  const { options, terminal, m } = inv
  const app = await inv.application()
  const text = inv.args[0] as string
  const at = readAddress(inv, text)
  const [spec] = await chooseClusters(inv, app, [at.cluster], 'named')
  if (!spec) throw usage(m.usage.unknownCluster(at.cluster))
  const broker = app.brokers.find((one) => one.kind === spec.broker)
  const slots = (broker?.layout(spec).members ?? []).map((member) => member.slot)
  const wanted = at.slot === null ? slots : slots.filter((slot) => slot === at.slot)
  if (slots.length === 0) throw new MqopsError({ code: 'MQOPS_NOT_BUILT', summary: m.logs.noMembers(spec.name) })
  if (wanted.length === 0)
    throw usage(
      m.logs.noSuchMember(spec.name, String(at.slot)),
      m.logs.members(slots.map((slot) => `${spec.name}/member/${slot}`).join(', ')),
    )
  // A terminal must not be steered by what a client made a broker write; a file gets the bytes as they are.
  const line = (slot: number, one: string): string => {
    const shown = terminal.out.isTerminal ? escapeControls(one.replaceAll('\t', '  ')) : one
    return wanted.length > 1 ? `${printLine([dim(`${spec.name}/${slot}`)], inv.style)} ${shown}\n` : `${shown}\n`
  }
  const lines = options.lines ?? USUAL_LINES
  const follow = options.follow === true
  const interrupted = await readable(inv, async (signal) => {
    const print = async (slot: number) => {
      for await (const one of app.logs(spec, slot, { lines, follow, signal })) terminal.out.write(line(slot, one))
    }
    try {
      if (follow) await Promise.all(wanted.map(print))
      else for (const slot of wanted) await print(slot)
    } catch (error) {
      if (!signal.aborted) throw error
    }
    return signal.aborted && !terminal.unread.aborted
  })
  if (interrupted) terminal.err.write(print([''], inv.talkStyle))
  return interrupted ? EXIT.interrupted : EXIT.done
}

/** 'orders/member/1', 'orders/1' or 'orders'. */
function readAddress(inv: Invocation, text: string): { readonly cluster: string; readonly slot: number | null } {
  if (!text.includes('/')) return { cluster: text, slot: null }
  const parsed: Address | null = parseAddress(text)
  const slot =
    parsed?.kind === 'member' && parsed.key.length === 1
      ? parsed.key[0]
      : parsed?.key.length === 0
        ? parsed.kind
        : undefined
  if (!parsed || slot === undefined || !/^\d{1,6}$/.test(slot))
    throw usage(inv.m.usage.badAddress(text), inv.m.usage.addressHint(`${parsed?.cluster ?? 'orders'}/member/1`))
  return { cluster: parsed.cluster, slot: Number(slot) }
}
