import { createHmac } from 'node:crypto'
import { join } from 'node:path'
import { MqopsError } from '../../model/failure.ts'
import type { CertificateRequest } from '../../model/member.ts'
import type { SecretRef } from '../../model/secret.ts'
import type { Context } from '../../ports/context.ts'
import type { CertifiedKey } from '../../ports/pki.ts'
import type { LocalCluster } from './cluster.ts'
import { inCluster } from './cluster.ts'
import { readText, writeWhole } from './disk.ts'

const SECRET_BYTES = 32

/** Any name fits one file: `user/a` and `user/a/b` must not be a file and a folder of one name. */
const secretFile = (cluster: LocalCluster, name: string): string => {
  const file = encodeURIComponent(name.toWellFormed())
  if (/^\.*$/.test(file) || file.length > 240)
    throw new MqopsError({ code: 'MQOPS_SECRET_MISSING', summary: `${JSON.stringify(name)} is no name of a secret` })
  return join(cluster.root, 'secrets', file)
}

// Key and certificate in one file: they change together or not at all.
const certificateFile = (cluster: LocalCluster, name: string): string => secretFile(cluster, `tls/${name}.pem`)

export const hasSecret = async (cluster: LocalCluster, name: string): Promise<boolean> =>
  (await readText(secretFile(cluster, name))) !== null

/** Made once; what is there stays. */
export async function makeSecret(cluster: LocalCluster, name: string, ctx: Context): Promise<void> {
  if (await hasSecret(cluster, name)) return
  await writeWhole(secretFile(cluster, name), Buffer.from(ctx.random(SECRET_BYTES)).toString('base64url'), {
    durable: true,
  })
}

export async function makeAuthority(cluster: LocalCluster): Promise<CertifiedKey> {
  const made = splitPem(await readText(cluster.files.authority))
  if (made) return made
  const fresh = await cluster.authority.createAuthority(`mqops ${cluster.spec.name}`)
  await writePem(cluster.files.authority, fresh)
  return fresh
}

export async function readCertificate(cluster: LocalCluster, name: string): Promise<CertifiedKey | null> {
  return splitPem(await readText(certificateFile(cluster, name)))
}

export async function issueCertificate(
  cluster: LocalCluster,
  authority: CertifiedKey,
  request: CertificateRequest,
): Promise<void> {
  const { commonName, organizationalUnit, name } = request
  const hosts = [...new Set(['localhost', '127.0.0.1', '::1', name])]
  await writePem(
    certificateFile(cluster, name),
    await cluster.authority.issue(authority, { commonName, organizationalUnit, hosts }),
  )
}

const writePem = (path: string, made: CertifiedKey): Promise<void> =>
  writeWhole(path, `${made.key}${made.certificate}`, { durable: true })

function splitPem(text: string | null): CertifiedKey | null {
  const blocks = text?.match(/-----BEGIN ([A-Z ]+)-----[^-]+-----END \1-----\n/g) ?? []
  const key = blocks.find((block) => block.includes('PRIVATE KEY'))
  const certificate = blocks.filter((block) => block.includes('CERTIFICATE')).join('')
  return key && certificate ? { key, certificate } : null
}

/** A generated secret by its name; `tls/ca.crt`, `tls/NAME.crt` and `tls/NAME.key` come of the certificates. */
export async function generatedSecret(cluster: LocalCluster, name: string): Promise<string> {
  const [, tls, kind] = /^tls\/(.+)\.(crt|key)$/.exec(name) ?? []
  const found = tls
    ? await certificatePart(cluster, tls, kind as 'crt' | 'key')
    : await readText(secretFile(cluster, name))
  if (found !== null && found !== undefined) return found
  throw new MqopsError({
    code: 'MQOPS_SECRET_MISSING',
    summary: `${cluster.spec.name} has no generated secret ${name}`,
    hint: 'mqops apply makes what is missing',
  })
}

async function certificatePart(cluster: LocalCluster, name: string, kind: 'crt' | 'key'): Promise<string | undefined> {
  if (name === 'ca') return kind === 'crt' ? splitPem(await readText(cluster.files.authority))?.certificate : undefined
  const made = await readCertificate(cluster, name)
  return kind === 'crt' ? made?.certificate : made?.key
}

export const resolveSecret = (cluster: LocalCluster, ref: SecretRef, ctx: Context): Promise<string> =>
  ref.secretRef.generated === undefined ? ctx.secret(ref) : generatedSecret(cluster, ref.secretRef.generated)

/** null: it can't be resolved here, which says nothing about it. */
export const resolveIfPossible = (cluster: LocalCluster, ref: SecretRef, ctx: Context): Promise<string | null> =>
  resolveSecret(cluster, ref, ctx).catch((error: unknown) => {
    if (error instanceof MqopsError && error.code === 'MQOPS_SECRET_MISSING') return null
    throw error
  })

export type Digester = (value: string) => string

/** The key is made with the cluster. Before that a passing one serves: there is nothing yet that it could be compared with. */
export async function digester(cluster: LocalCluster, ctx: Context): Promise<Digester> {
  const key =
    (await readText(cluster.files.digestKey)) ??
    ((await readText(cluster.files.allocation)) === null
      ? freshKey(ctx)
      : await inCluster(cluster, ctx.sleep, () => makeDigestKey(cluster, ctx)))
  return (value) =>
    `hmac-sha256:${createHmac('sha256', Buffer.from(key, 'base64url')).update(value).digest('base64url')}`
}

/** In the cluster's lock. */
export async function makeDigestKey(cluster: LocalCluster, ctx: Context): Promise<string> {
  const there = await readText(cluster.files.digestKey)
  if (there !== null) return there
  const key = freshKey(ctx)
  await writeWhole(cluster.files.digestKey, key, { durable: true })
  return key
}

const freshKey = (ctx: Context): string => Buffer.from(ctx.random(32)).toString('base64url')
