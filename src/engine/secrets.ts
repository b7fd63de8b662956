import { MqopsError } from '../model/failure.ts'
import type { Json } from '../model/json.ts'
import type { ClusterWorld } from '../ports/action.ts'
import type { AnyKind, SecretDigests } from '../ports/kind.ts'
import type { OwnerRecord, Session } from '../ports/session.ts'

/**
 * The state of a write-only field: what is recorded on the cluster, what is wanted, and, for something that is there,
 * whether a login with the wanted value works. A plan in CI needs no secrets: what can't be resolved here is not judged.
 */
export async function secretDigests(
  kind: AnyKind,
  key: readonly string[],
  want: Json,
  record: OwnerRecord | undefined,
  session: Session | null,
  cluster: ClusterWorld,
): Promise<SecretDigests | undefined> {
  const reference = want === null ? undefined : kind.secret?.(want)
  if (!reference) return undefined
  const recorded = record?.secret === undefined ? {} : { recorded: record.secret }
  try {
    const wanted = await cluster.target.keyedDigest(reference, cluster.ctx)
    if (!session || !kind.attest) return { ...recorded, wanted, attested: null }
    const secret = await cluster.ctx.secret(reference)
    return { ...recorded, wanted, attested: await kind.attest(session, key, want, secret, cluster.ctx) }
  } catch (error) {
    if (error instanceof MqopsError && error.code === 'MQOPS_SECRET_MISSING') return { ...recorded, wanted: null }
    throw error
  }
}
