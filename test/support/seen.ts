import type { Json } from '../../src/model/json.ts'
import type { Observed } from '../../src/model/plan.ts'
import type { ClusterSpec } from '../../src/model/spec.ts'
import type { KindSeen } from '../../src/operations/deploy/resources.ts'
import type { AnyKind } from '../../src/ports/kind.ts'
import { printLocal } from '../../src/model/address.ts'

type StateOf = (kind: string, key: readonly string[], value: Json) => Json

/** All that the spec asks of these kinds, as if it were there, and as what mqops made where `made` says so. */
export function seenOf(
  kinds: readonly AnyKind[],
  spec: ClusterSpec,
  made: (local: string) => boolean,
  stateOf: StateOf = (_kind, _key, value) => value,
) {
  const seen = kinds.map(
    (kind): KindSeen => ({
      kind,
      observed: kind
        .desired(spec)
        .map(({ key, value }): readonly [readonly string[], Observed<Json>] => [
          key,
          { is: 'present', value: stateOf(kind.name, key, value), uid: 'u', owner: { by: 'nobody' } },
        ]),
      secrets: new Map(),
    }),
  )
  const all = seen.flatMap(({ kind, observed }) => observed.map(([key]) => printLocal({ kind: kind.name, key })))
  return { seen, owned: new Map(all.filter(made).map((local) => [local, {}])) }
}
