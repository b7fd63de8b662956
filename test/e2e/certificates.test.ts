import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import tls from 'node:tls'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createCertificateAuthority } from '../../src/adapters/pki/index.ts'
import { NATS } from './clusters.ts'
import { processesOf, Project } from './project.ts'

/** Certificates at the end of their life, on a real cluster: renewed by a plan, before it is too late and after. */
const project = new Project()
const DAY_MS = 86_400_000
const CERT = '-----BEGIN CERTIFICATE-----'
const at = (...path: string[]) => join(project.folder, '.mqops-local', 'e2e-nats', ...path)
const servers = () => processesOf(project.folder).filter(({ command }) => command.includes('nats-server'))
const pids = () =>
  servers()
    .map(({ pid }) => pid)
    .sort((a, b) => a - b)

beforeAll(async () => {
  project.write(NATS('storage: 64MiB'))
  await project.ok('apply', '--yes', '--no-verify')
})
afterAll(() => project.end())

/** Certificates of the cluster's own authority that end so many days from now, in place of the ones that mqops keeps. */
async function lasting(days: number): Promise<readonly { certificate: string; key: string }[]> {
  const text = readFileSync(at('ca', 'authority.pem'), 'utf8')
  const authority = { key: text.slice(0, text.indexOf(CERT)), certificate: text.slice(text.indexOf(CERT)) }
  const pki = createCertificateAuthority(() => Date.now() - 398 * DAY_MS + days * DAY_MS)
  const hosts = ['127.0.0.1', 'localhost']
  return Promise.all(
    [1, 2, 3].map(async (slot) => {
      const made = await pki.issue(authority, { commonName: `nats-${slot}`, organizationalUnit: 'nats', hosts })
      writeFileSync(at('secrets', `tls%2Fnats-${slot}.pem`), `${made.key}${made.certificate}`)
      return made
    }),
  )
}

/** What a stranger to mqops sees at a member's monitoring port: days that its certificate still lasts. */
const served = (port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const socket = tls.connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      resolve((Date.parse(socket.getPeerCertificate().valid_to) - Date.now()) / DAY_MS)
      socket.destroy()
    })
    socket.on('error', reject)
  })
const monitors = (): readonly number[] =>
  (
    JSON.parse(readFileSync(at('allocation.json'), 'utf8')) as { members: { ports: { monitor: number } }[] }
  ).members.map(({ ports }) => ports.monitor)
const soonest = async () => Math.min(...(await Promise.all(monitors().map(served))))

it('before they expire a plan renews them, and nobody restarts', async () => {
  await lasting(10)
  const before = pids()
  const { steps } = await project.json<{ steps: { action: string }[] }>('plan')
  expect(steps.map(({ action }) => action)).toEqual([
    ...Array(3).fill('certificate.renew'),
    ...Array(3).fill('member.reload'),
  ])
  await project.ok('apply', '--yes')
  expect(await soonest()).toBeGreaterThan(300)
  expect(pids()).toEqual(before)
})

it('expired ones let nobody in: the plan stops the members and starts them with new ones', async () => {
  for (const [i, { certificate, key }] of (await lasting(-1)).entries()) {
    writeFileSync(at('members', `server-${i + 1}`, 'tls', 'server.crt'), certificate)
    writeFileSync(at('members', `server-${i + 1}`, 'tls', 'server.key'), key)
  }
  for (const { pid } of servers()) process.kill(pid, 'SIGHUP')
  await expect.poll(async () => Math.max(...(await Promise.all(monitors().map(served))))).toBeLessThan(0)
  const status = await project.run(['status'])
  expect([status.code, status.stdout + status.stderr]).toEqual([1, expect.stringMatching(/expired/)])
  const { steps } = await project.json<{ steps: { action: string; risk: string }[] }>('plan')
  expect(steps.map(({ action }) => action)).toEqual([
    ...Array(3).fill('certificate.renew'),
    'cluster.stop',
    ...Array(3).fill('member.start'),
  ])
  await project.ok('apply', '--yes')
  expect(await soonest()).toBeGreaterThan(300)
  await project.ok('plan', '--detailed-exitcode')
})
