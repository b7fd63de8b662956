import { createPrivateKey, X509Certificate } from 'node:crypto'
import { connect, createServer } from 'node:tls'
import { expect, test } from 'vitest'
import { createCertificateAuthority } from '../../../src/adapters/pki/index.ts'
import type { CertifiedKey } from '../../../src/ports/pki.ts'

const NOW = Date.parse('2026-05-01T00:00:00Z')
const DAY = 86_400_000
const pki = createCertificateAuthority(() => NOW)
const leaf = (authority: CertifiedKey, more = {}) =>
  pki.issue(authority, {
    commonName: 'kafka-1',
    organizationalUnit: 'kafka',
    hosts: ['localhost', '127.0.0.1', '::1'],
    ...more,
  })

test('an authority: EC P-256, ten years, signs certificates and nothing else', async () => {
  const made = await pki.createAuthority('mqops orders')
  const x509 = new X509Certificate(made.certificate)
  expect(x509.ca).toBe(true)
  expect(x509.subject).toBe('CN=mqops orders')
  expect(x509.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' })
  expect(pki.notAfter(made.certificate)).toBe(NOW + 3650 * DAY)
  expect(made.key).toMatch(/^-----BEGIN PRIVATE KEY-----\n[\w+/=\n]+\n-----END PRIVATE KEY-----\n$/)
})

test('a leaf: names, addresses, life, and the key that belongs to it', async () => {
  const authority = await pki.createAuthority('mqops orders')
  const made = await leaf(authority)
  const x509 = new X509Certificate(made.certificate)
  expect(x509.subject).toBe('CN=kafka-1\nOU=kafka')
  expect(x509.ca).toBe(false)
  expect(x509.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1')
  expect(x509.checkPrivateKey(createPrivateKey(made.key))).toBe(true)
  expect(x509.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true)
  expect(pki.notAfter(made.certificate)).toBe(NOW + 398 * DAY)
  expect(Date.parse(x509.validFrom)).toBeLessThan(NOW)
  expect(pki.notAfter((await leaf(authority, { days: 1 })).certificate)).toBe(NOW + DAY)
  expect(new X509Certificate((await leaf(authority)).certificate).serialNumber).not.toBe(x509.serialNumber)
})

/** What TLS itself makes of them: both sides present a certificate and ask for the other's. */
async function handshake(server: CertifiedKey, client: CertifiedKey, ca: string): Promise<string> {
  const listening = createServer(
    {
      cert: server.certificate,
      key: server.key,
      ca,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.3',
    },
    (socket) => socket.end('welcome'),
  )
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  try {
    return await new Promise<string>((resolve, reject) => {
      const { port } = listening.address() as { port: number }
      const socket = connect({ port, host: '127.0.0.1', ca, cert: client.certificate, key: client.key })
      socket
        .on('data', (data) => resolve(String(data)))
        .on('error', reject)
        .on('close', () => reject(new Error('closed')))
    })
  } finally {
    listening.close()
  }
}

test('mutual TLS works within one authority, and not across two', async () => {
  const real = createCertificateAuthority(Date.now)
  const [ours, theirs] = [await real.createAuthority('ours'), await real.createAuthority('theirs')]
  const request = { commonName: 'x', organizationalUnit: 'kafka', hosts: ['127.0.0.1'] }
  const [a, b, foreign] = [
    await real.issue(ours, request),
    await real.issue(ours, request),
    await real.issue(theirs, request),
  ]
  expect(await handshake(a, b, ours.certificate)).toBe('welcome')
  await expect(handshake(a, foreign, ours.certificate)).rejects.toThrow(/closed|alert|unknown ca/i)
  await expect(handshake(foreign, b, ours.certificate)).rejects.toThrow(/certificate/)
  const elsewhere = await real.issue(ours, { ...request, hosts: ['10.0.0.1'] })
  await expect(handshake(elsewhere, b, ours.certificate)).rejects.toThrow(/IP/)
})

test('what is no certificate is refused without showing it', async () => {
  expect(() => pki.notAfter('nonsense')).toThrow(/could not be read/)
  const authority = await pki.createAuthority('mqops orders')
  const broken = { ...authority, key: authority.key.replace('M', 'N') }
  await expect(leaf(broken)).rejects.toMatchObject({ code: 'MQOPS_TLS' })
  await leaf(broken).catch((error) => expect(JSON.stringify(error.failure)).not.toContain(authority.key.split('\n')[1]))
})
