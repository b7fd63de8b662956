import { printAddress } from '../../model/address.ts'
import type { Json } from '../../model/json.ts'
import type { Loss, Plan, Risk, Step } from '../../model/plan.ts'
import { isSecretRef, printSecretRef } from '../../model/secret.ts'
import type { ClusterSpec } from '../../model/spec.ts'

/** A plan as people read it: one entry for each thing that changes, whatever number of steps that takes. */

/** '=': taken over as it is. */
export type Sign = '=' | '+' | '~' | '-' | '±'
export type Entry = {
  readonly sign: Sign
  readonly address: string
  readonly cluster: string
  readonly risk: Risk
  readonly steps: readonly Step[]
}
export type Counts = Readonly<Record<Sign, number>> & { readonly disruptive: number; readonly destructive: number }

const CREATES = ['create', 'allocate', 'prepare', 'bootstrap']
const REMOVES = ['delete', 'destroy']

function signOf(step: Step): Sign {
  const verb = step.action.slice(step.action.lastIndexOf('.') + 1)
  if (CREATES.includes(verb)) return '+'
  if (REMOVES.includes(verb)) return '-'
  if (verb === 'adopt') return '='
  if (verb === 'start') return step.args !== null && (step.args as { files?: Json }).files ? '~' : '+'
  if (verb !== 'configure') return '~'
  if ((step.args as { want?: Json } | null)?.want === null) return '-'
  return step.changes.every((change) => change.from === undefined) ? '+' : '~'
}

const RANK: Record<Risk, number> = { safe: 0, disruptive: 1, destructive: 2 }

/** A delete and a create of one address are a replacement. In the order of the plan. */
export function entriesOf(plan: Plan): readonly Entry[] {
  const byAddress = new Map<string, Step[]>()
  for (const step of plan.steps) {
    const at = `${printAddress(step.address)}\n${step.action.startsWith('member.') || step.action.startsWith('cluster.') ? step.action : ''}`
    const those = byAddress.get(at)
    if (those) those.push(step)
    else byAddress.set(at, [step])
  }
  return [...byAddress.values()].map((steps) => {
    const signs = new Set(steps.map(signOf))
    const first = steps[0] as Step
    const what = steps.map(signOf).find((sign) => sign !== '=') ?? '='
    return {
      sign: signs.has('-') && signs.has('+') ? '±' : what,
      address: printAddress(first.address),
      cluster: first.address.cluster,
      risk: steps.map((step) => step.risk).reduce((a, b) => (RANK[b] > RANK[a] ? b : a)),
      steps,
    }
  })
}

export function countsOf(entries: readonly Entry[]): Counts {
  const of = (sign: Sign) => entries.filter((entry) => entry.sign === sign).length
  const risky = (risk: Risk) => entries.filter((entry) => entry.risk === risk).length
  return {
    '=': of('='),
    '+': of('+'),
    '~': of('~'),
    '-': of('-'),
    '±': of('±'),
    disruptive: risky('disruptive'),
    destructive: risky('destructive'),
  }
}

/** What all steps of an entry would lose together. */
export const lossOf = (steps: readonly Step[]): Loss | null => sumOf(steps.map((step) => step.loses))

/** What all steps together have read once more. */
export const rereadsOf = (steps: readonly Step[]): Loss | null => sumOf(steps.map((step) => step.rereads))

function sumOf(amounts: readonly (Loss | undefined)[]): Loss | null {
  const losses = amounts.flatMap((amount) => (amount ? [amount] : []))
  if (losses.length === 0) return null
  const sum = (field: 'messages' | 'bytes') => losses.reduce((total, loss) => total + (loss[field] ?? 0), 0)
  // A sum of those that are known would pass for the sum of all.
  const bytesKnown =
    losses.some((loss) => loss.bytes !== undefined) &&
    losses.every((loss) => loss.bytes !== undefined || loss.messages === 0)
  return {
    ...(losses.some((loss) => loss.messages !== undefined) ? { messages: sum('messages') } : {}),
    ...(bytesKnown ? { bytes: sum('bytes') } : {}),
    ...(losses.some((loss) => loss.atMost) ? { atMost: true } : {}),
    ...(losses.every((loss) => loss.skipped) ? { skipped: true } : {}),
  }
}

export const specsOf = (plan: Plan): readonly ClusterSpec[] => plan.spec as unknown as readonly ClusterSpec[]

/** A value of a field in one line; a secret is shown as what it refers to. */
export function showValue(value: Json): string {
  if (isSecretRef(value)) return `(${printSecretRef(value)})`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(showValue).join(', ')}]`
  return `{ ${Object.entries(value)
    .map(([key, of]) => `${key}: ${showValue(of)}`)
    .join(', ')} }`
}

/** Lines of a member's configuration file that go and come; `more`: what is said of those that are not shown. */
export type FileChange = {
  readonly file: string
  readonly gone: readonly string[]
  readonly come: readonly string[]
  readonly more: readonly string[]
}

/** For a step that rewrites files: its changes as lines of them; null for any other step. */
export function filesOf(step: Step): readonly FileChange[] | null {
  if (step.action !== 'member.restart' && step.action !== 'member.reload') return null
  const files = [...new Set(step.changes.map((change) => change.field))]
  return files.map((file) => {
    const own = step.changes.filter((change) => change.field === file)
    const gone = own.flatMap(({ from }) => (typeof from === 'string' ? [fileLine(from)] : []))
    const come = own.flatMap(({ to }) => (typeof to === 'string' ? [fileLine(to)] : []))
    // A list's next-to-last line loses its comma when the last one goes: nothing that anybody wants to know.
    return {
      file,
      gone: gone.filter((line) => !come.includes(line)),
      come: come.filter((line) => !gone.includes(line)),
      more: own.flatMap(({ note }) => note ?? []),
    }
  })
}

/** A line as people need it: a secret by its name, without the hash and the salt that it is kept with. */
const fileLine = (line: string): string =>
  line
    .trim()
    .replace(/,$/, '')
    .replace(/\$\{secretRef:([^|}]+)[^}]*\}/g, '($1)')

/** For each entry that rewrites files just as an earlier one of its cluster does: the address of that one. */
export function repeatsOf(entries: readonly Entry[]): ReadonlyMap<Entry, string> {
  const first = new Map<string, string>()
  const repeats = new Map<Entry, string>()
  for (const entry of entries) {
    const [step] = entry.steps
    if (!step || step.changes.length === 0 || filesOf(step) === null) continue
    const key = JSON.stringify([entry.cluster, step.action, filesOf(step)])
    const before = first.get(key)
    if (before === undefined) first.set(key, entry.address)
    else repeats.set(entry, before)
  }
  return repeats
}
