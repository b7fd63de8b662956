import { MqopsError } from '../model/failure.ts'
import type { Json } from '../model/json.ts'
import type { SecretRef } from '../model/secret.ts'
import type { ClusterWorld } from '../ports/action.ts'
import type { AnyKind, SecretDigests } from '../ports/kind.ts'
import type { OwnerRecord, Session } from '../ports/session.ts'

/** References of a value's write-only fields. */
export const secretRefs = (kind: AnyKind, want: Json): readonly SecretRef[] =>
  want === null ? [] : (kind.secrets?.(want) ?? [kind.secret?.(want) ?? []].flat())

/**
 * The state of a write-only field: what is recorded on the cluster, what is wanted, and, for something that is there,
 * whether a login with the wanted value works. A plan in CI needs no secrets: what can't be resolved here is not judged;
 * but what is still to be generated is nobody's password yet.
 */
export async function secretDigests(
  kind: AnyKind,
  key: readonly string[],
  want: Json,
  record: OwnerRecord | undefined,
  session: Session | null,
  cluster: ClusterWorld,
): Promise<SecretDigests | undefined> {
  const references = secretRefs(kind, want)
  if (references.length === 0) return undefined
  const recorded = record?.secret === undefined ? {} : { recorded: record.secret }
  try {
    const digests = await Promise.all(references.map((one) => cluster.target.keyedDigest(one, cluster.ctx)))
    const wanted = digests.join(' ')
    if (!session || !kind.attest) return { ...recorded, wanted, attested: null }
    const [one] = references
    const secret = kind.secrets || !one ? '' : await cluster.ctx.secret(one)
    return { ...recorded, wanted, attested: await kind.attest(session, key, want, secret, cluster.ctx) }
  } catch (error) {
    if (!(error instanceof MqopsError) || error.code !== 'MQOPS_SECRET_MISSING') throw error
    const toBeMade = session !== null && references.every((one) => one.secretRef.generated !== undefined)
    return { ...recorded, wanted: null, ...(toBeMade ? { attested: false } : {}) }
  }
}
