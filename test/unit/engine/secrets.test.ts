import { expect, it } from 'vitest'
import { secretDigests } from '../../../src/engine/secrets.ts'
import { MqopsError } from '../../../src/model/failure.ts'
import type { SecretRef } from '../../../src/model/secret.ts'
import type { ClusterWorld } from '../../../src/ports/action.ts'
import type { AnyKind } from '../../../src/ports/kind.ts'
import type { Session } from '../../../src/ports/session.ts'

const kind = {
  secret: (want: { password: SecretRef }) => want.password,
  attest: async () => true,
} as unknown as AnyKind
const nothing = () => {
  throw new MqopsError({ code: 'MQOPS_SECRET_MISSING', summary: 'there is none' })
}
const cluster = { target: { keyedDigest: async () => nothing() }, ctx: {} } as unknown as ClusterWorld
const digests = (secretRef: SecretRef['secretRef'], session: Session | null) =>
  secretDigests(kind, ['u'], { password: { secretRef } }, { secret: 'old' }, session, cluster)

it('a password that is still to be generated is not the one that a user has; what is not known here is not judged', async () => {
  const session = {} as Session
  expect(await digests({ generated: 'u' }, session)).toEqual({ recorded: 'old', wanted: null, attested: false })
  expect(await digests({ generated: 'u' }, null)).toEqual({ recorded: 'old', wanted: null })
  expect(await digests({ env: 'U' }, session)).toEqual({ recorded: 'old', wanted: null })
})
