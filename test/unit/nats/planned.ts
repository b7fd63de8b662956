import { fieldsOf } from '../../../src/brokers/nats/fields.ts'
import { nats } from '../../../src/brokers/nats/index.ts'
import type { Json } from '../../../src/model/json.ts'
import type { Step } from '../../../src/model/plan.ts'
import type { ClusterSpec } from '../../../src/model/spec.ts'
import { planResources } from '../../../src/operations/deploy/resources.ts'
import { restartedLast } from '../../../src/operations/deploy/roll.ts'
import { seenOf } from '../../support/seen.ts'

const retentionOf = (spec: ClusterSpec, [account = '', stream = '']: readonly string[]): string =>
  fieldsOf(spec).accounts[account]?.streams?.[stream]?.retention ?? 'limits'

const stateOf = (spec: ClusterSpec, kind: string, key: readonly string[], value: Json): Json =>
  kind === 'account'
    ? value
    : kind === 'consumer'
      ? { config: value, retention: retentionOf(spec, key), pending: 0, delivered: 0, paused: false }
      : { config: value, messages: 1, bytes: 9 }

/** Members take up their files by it. */
const ROLL: Step = {
  id: 'roll',
  address: { cluster: 'orders', kind: 'member', key: ['1'] },
  action: 'member.reload',
  args: {},
  reads: '',
  needs: [],
  reason: '',
  risk: 'safe',
  reversible: true,
  changes: [],
}

/** What a plan from one spec to another does, in words, and what each of its steps waits for. */
export function planned(
  before: ClusterSpec,
  after: ClusterSpec,
  made: (local: string) => boolean = () => true,
  rolls = false,
) {
  const kinds = nats.kinds.filter(({ name }) => ['account', 'stream', 'kv', 'objects', 'consumer'].includes(name))
  const { seen, owned } = seenOf(kinds, before, made, (kind, key, value) => stateOf(before, kind, key, value))
  const inside = planResources(after, seen, owned, new Set(), rolls ? [ROLL.id] : [])
  const steps = restartedLast(rolls ? [ROLL] : [], inside.steps, kinds)
  const said = ({ action, address, changes }: (typeof steps)[number]): string =>
    [action.split('.').at(-1), address.key.at(-1), ...changes.map(({ field }) => field)].join(' ')
  const names = new Map(steps.map((step) => [step.id, said(step)]))
  return {
    failures: inside.failures,
    steps: steps.map((step) => [said(step), ...step.needs.map((id) => names.get(id))]),
  }
}
