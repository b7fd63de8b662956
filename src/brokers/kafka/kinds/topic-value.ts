import { type Dict, same } from '../../../model/json.ts'
import type { FieldChange } from '../../../model/plan.ts'
import { canonicalSetting, type Scalar } from '../settings.ts'
import { TOPIC_SETTINGS } from '../topic-settings.ts'

export type TopicWant = { readonly partitions: number; readonly replicas: number; readonly config: Dict<Scalar> }
/** `config`: only what was set on the topic itself. `defaults`: what the settings that decide over deletion and moves fall back to. */
export type TopicHave = {
  readonly partitions: number
  readonly replicas: readonly number[] // each number of copies that a partition has
  readonly config: Dict<Scalar>
  readonly defaults: Dict<Scalar>
  /** How many brokers take replicas now. */
  readonly brokers?: number
  /** A move of ours: its replicas are on their way, or throttles are left of it. `replicas` are those that it leads to. */
  readonly move?: 'running' | 'left'
  /** Somebody else has throttled its replicas. */
  readonly throttled?: boolean
}

export const canonicalConfig = (config: Dict<Scalar>): Dict<Scalar> =>
  Object.fromEntries(
    Object.entries(config)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [name, canonicalSetting(name, value, TOPIC_SETTINGS)]),
  )

type SettingChange = FieldChange & { readonly from?: Scalar; readonly to?: Scalar }

/** Only what differs; a setting that the spec doesn't have goes back to its default. */
export function configChanges(have: Dict<Scalar>, want: Dict<Scalar>): readonly SettingChange[] {
  const names = [...new Set([...Object.keys(have), ...Object.keys(want)])].sort()
  return names
    .filter((name) => !same(have[name], want[name]))
    .map((name) => ({
      field: `config.${name}`,
      ...(have[name] === undefined ? {} : { from: have[name] }),
      ...(want[name] === undefined ? {} : { to: want[name] }),
    }))
}
