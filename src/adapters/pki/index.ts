import { isIP } from 'node:net'
import { X509Certificate, webcrypto } from 'node:crypto'
import { MqopsError } from '../../model/failure.ts'
import type { CertificateAuthority, CertifiedKey, IssueRequest } from '../../ports/pki.ts'

const DAY_MS = 86_400_000
const AUTHORITY_DAYS = 3650
const LEAF_DAYS = 398 // the longest life that browsers accept of a server certificate (CA/Browser Forum SC-31)
const CLOCK_SKEW_MS = 300_000
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** Certificates by @peculiar/x509. The library takes a while to load: it is, when something is issued. */
export function createCertificateAuthority(now: () => number): CertificateAuthority {
  const library = once(async () => {
    await import('reflect-metadata')
    const x509 = await import('@peculiar/x509')
    x509.cryptoProvider.set(webcrypto)
    return x509
  })
  const life = (days: number) => ({
    notBefore: new Date(now() - CLOCK_SKEW_MS),
    notAfter: new Date(now() + days * DAY_MS),
  })

  return {
    async createAuthority(commonName) {
      const x509 = await library()
      const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
      const certificate = await x509.X509CertificateGenerator.createSelfSigned({
        serialNumber: serialNumber(),
        name: [{ CN: [commonName] }],
        ...life(AUTHORITY_DAYS),
        signingAlgorithm: ALGORITHM,
        keys,
        extensions: [
          new x509.BasicConstraintsExtension(true, 0, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
          await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
        ],
      })
      return { certificate: `${certificate.toString('pem')}\n`, key: await privateKeyPem(keys.privateKey) }
    },

    async issue(authority, request) {
      const x509 = await library()
      const issuer = await readAuthority(x509, authority)
      const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
      const certificate = await x509.X509CertificateGenerator.create({
        serialNumber: serialNumber(),
        subject: [{ CN: [request.commonName] }, { OU: [request.organizationalUnit] }],
        issuer: issuer.certificate.subjectName,
        ...life(request.days ?? LEAF_DAYS),
        signingAlgorithm: ALGORITHM,
        publicKey: keys.publicKey,
        signingKey: issuer.key,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
          new x509.SubjectAlternativeNameExtension(alternativeNames(request)),
          await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
          await x509.AuthorityKeyIdentifierExtension.create(issuer.certificate),
        ],
      })
      return { certificate: `${certificate.toString('pem')}\n`, key: await privateKeyPem(keys.privateKey) }
    },

    notAfter(certificate) {
      try {
        return Date.parse(new X509Certificate(certificate).validTo)
      } catch (cause) {
        throw new MqopsError(
          {
            code: 'MQOPS_TLS',
            summary: 'a certificate could not be read',
            hint: 'it must be PEM: -----BEGIN CERTIFICATE-----',
          },
          { cause },
        )
      }
    },
  }
}

type Library = typeof import('@peculiar/x509')

async function readAuthority(x509: Library, authority: CertifiedKey) {
  try {
    const der = Buffer.from(authority.key.replace(/-----[^-]+-----|\s/g, ''), 'base64')
    return {
      certificate: new x509.X509Certificate(authority.certificate),
      key: await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']),
    }
  } catch {
    // The cause is left out: a parser may quote what it was given, and that is a private key.
    throw new MqopsError({
      code: 'MQOPS_TLS',
      summary: "the cluster's certificate authority could not be read",
      hint: 'restore its file from a backup, or destroy and deploy the cluster again',
    })
  }
}

const alternativeNames = (request: IssueRequest) =>
  request.hosts.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value }))

async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  const base64 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64')
  return `-----BEGIN PRIVATE KEY-----\n${base64.replace(/.{1,64}/g, '$&\n')}-----END PRIVATE KEY-----\n`
}

/** 16 random bytes; the first one neither negative nor zero, as DER wants a positive integer without padding. */
function serialNumber(): string {
  const bytes = Buffer.from(webcrypto.getRandomValues(new Uint8Array(16)))
  bytes[0] = ((bytes[0] as number) & 0x3f) | 0x40
  return bytes.toString('hex')
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => (made ??= make())
}
