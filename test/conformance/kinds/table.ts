import type { Broker } from '../../../src/ports/broker.ts'
import { isPossible, type Sample, type Verb, VERBS } from './sample.ts'

/** By [broker, kind, verb] as JSON: was it seen to work? */
export type Shown = Map<string, boolean>

const HEAD = `# Kinds

What mqops does with each kind of resource, as test/conformance/kinds.test.ts has seen it on real brokers: three members
of the version named, on this machine. Written by that suite, which fails when this page says anything else.

- **made**, **changed**, **removed**: by a plan, after which a new plan is empty.
- **drifted**: somebody else changed one and took another away, with the tool named; the next plan found just that.
- **repaired**: applying that plan brought back what the spec says.
- **imported**: \`mqops import\` wrote it, and the plan of what it wrote changes nothing.

✓: seen. –: the broker has no way to do it; the reason stands below the table. What is in a file of each member is no kind
of its own: the whole file is compared, and written again.
`

/** docs/kinds.md. A verb that should work and was not seen to is said, so that the page differs from a good one. */
export const kindsPage = (
  suites: readonly { readonly name: string; readonly samples: readonly Sample<unknown>[] }[],
  brokers: readonly Broker[],
  shown: Shown,
): string =>
  [
    HEAD,
    ...suites.map(({ name, samples }) => {
      const version = brokers.find((broker) => broker.kind === name)?.defaultVersion
      const rows = samples.map((sample) => row(name, sample, shown))
      const head = ['kind', ...VERBS, 'drifted by']
      const table = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
      return [`## ${name} ${version}`, '', ...table, ...notes(samples), ''].join('\n')
    }),
  ].join('\n')

function row(broker: string, sample: Sample<unknown>, shown: Shown): readonly string[] {
  const cells = VERBS.map((verb) => {
    if (reasonAgainst(sample, verb) !== null) return '–'
    return shown.get(JSON.stringify([broker, sample.kind, verb])) ? '✓' : 'not seen'
  })
  return [sample.kind, ...cells, isPossible(sample.drift) ? sample.drift.tool : '–']
}

function reasonAgainst({ changed, drift, imported, removal }: Sample<unknown>, verb: Verb): string | null {
  const declared: Record<Verb, unknown> = {
    made: true,
    changed,
    drifted: drift,
    repaired: drift,
    imported,
    removed: removal,
  }
  const value = declared[verb]
  return isPossible(value) ? null : (value as { notPossible: string }).notPossible
}

function notes(samples: readonly Sample<unknown>[]): readonly string[] {
  const reasons = samples.flatMap((sample) =>
    VERBS.flatMap((verb) => {
      const reason = reasonAgainst(sample, verb)
      return reason === null ? [] : [{ kind: sample.kind, verb, reason }]
    }),
  )
  const byReason = Map.groupBy(reasons, ({ kind, reason }) => `${kind}: ${reason}`)
  const lines = [...byReason].map(([, group]) => {
    const [{ kind, reason }] = group as [(typeof reasons)[number]]
    return `- ${kind}, ${group.map(({ verb }) => verb).join(' and ')}: ${reason}.`
  })
  return lines.length === 0 ? [] : ['', ...lines]
}
