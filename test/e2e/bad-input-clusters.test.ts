import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCertificateAuthority } from '../../src/adapters/pki/index.ts'
import { NATS } from './clusters.ts'
import { ended, processesOf, Project } from './project.ts'

/** Clusters that are half there, not ours, or not to be trusted: said clearly, nothing foreign touched, mended by a plan. */
const project = new Project()
const spec = NATS('storage: 64MiB').replace('shop: {}', "shop: {}\n        limited: { publish: ['nothing'] }")
const root = join(project.folder, '.mqops-local/e2e-nats')
const home = (slot: number) => join(root, 'members', `server-${slot}`)

beforeAll(async () => {
  project.write(spec)
  await project.ok('apply', '--yes', '--no-verify')
})
afterAll(() => project.end())

const serverOf = (slot: number): number => {
  const found = processesOf(home(slot)).find(({ command }) => command.includes('nats-server'))
  if (!found) throw new Error(`member ${slot} does not run`)
  return found.pid
}
const actions = async () =>
  (await project.json<{ steps: { action: string; address: string }[] }>('plan')).steps.map(
    (step) => `${step.action} ${step.address}`,
  )

describe('half-up clusters', () => {
  it.each([[[1]], [[1, 2]], [[1, 2, 3]]])(
    'members %j killed: said, started again by a plan, and verified',
    async (slots) => {
      for (const slot of slots) process.kill(serverOf(slot), 'SIGKILL')
      const seen = await project.run(['status'])
      expect(seen.code, seen.stdout).toBe(1)
      for (const slot of slots) expect(seen.stdout).toMatch(new RegExp(`member/${slot} .*ended by itself`))
      expect((await actions()).sort()).toEqual(slots.map((slot) => `member.start e2e-nats/member/${slot}`))
      const failed = await project.run(['verify'])
      expect([failed.code === 0, failed.stdout + failed.stderr]).toEqual([false, expect.stringMatching(/member|reach/)])
      await project.ok('apply', '--yes')
      expect(await actions()).toEqual([])
    },
  )

  it('one of three hangs (SIGSTOP): the others answer, and it is named', async () => {
    const pid = serverOf(2)
    process.kill(pid, 'SIGSTOP')
    try {
      const seen = await project.run(['status'])
      expect([seen.code, seen.stdout]).toEqual([1, expect.stringMatching(/member\/2\s+(down|running)/)])
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    await expect.poll(async () => (await project.run(['status'])).code, { timeout: 30_000 }).toBe(0)
  })
})

describe('who may be trusted', () => {
  it('certificates that have expired: said, and renewed by a plan', async () => {
    const pem = readFileSync(join(root, 'ca/authority.pem'), 'utf8')
    const at = pem.indexOf('-----BEGIN CERTIFICATE')
    const authority = { key: pem.slice(0, at), certificate: pem.slice(at) }
    const yesteryear = createCertificateAuthority(() => Date.now() - 400 * 86_400_000)
    for (const slot of [1, 2, 3]) {
      const name = `nats-${slot}`
      const request = { commonName: name, organizationalUnit: 'nats', hosts: ['localhost', '127.0.0.1', '::1', name] }
      const made = await yesteryear.issue(authority, request)
      writeFileSync(join(root, 'secrets', encodeURIComponent(`tls/${name}.pem`)), made.key + made.certificate)
      writeFileSync(join(home(slot), 'tls/server.crt'), made.certificate)
      writeFileSync(join(home(slot), 'tls/server.key'), made.key)
    }
    for (const slot of [1, 2, 3]) process.kill(serverOf(slot), 'SIGHUP')
    const log = (slot: number) => readFileSync(join(home(slot), 'logs/nats-server.log'), 'utf8')
    for (const slot of [1, 2, 3])
      await expect.poll(() => log(slot), { timeout: 10_000 }).toMatch(/Reloaded server conf/)
    const seen = await project.run(['status'])
    expect([seen.code, seen.stdout]).toEqual([1, expect.stringMatching(/MQOPS_TLS[\s\S]*expired/)])
    const planned = await project.run(['plan'])
    expect([planned.code, planned.stdout + planned.stderr]).toEqual([
      0,
      expect.stringMatching(/certificate\/nats-1 +it has expired/),
    ])
    await project.ok('apply', '--yes')
    await project.ok('status')
  })

  it('not enough permissions: exit code and what is missing, no stack trace', async () => {
    const account = await project.json<{ endpoints: string[]; caFile: string }>('connect', 'e2e-nats', '--show-secrets')
    const password = readFileSync(join(root, 'secrets', encodeURIComponent('user/SHOP/limited')), 'utf8')
    const theirs = `apiVersion: mqops/v1
kind: Nats
metadata: { name: theirs }
spec:
  target:
    external: { endpoints: ${JSON.stringify(account.endpoints)}, user: limited, password: { secretRef: { env: THEIRS } }, ca: { secretRef: { file: ${account.caFile} } } }
  accounts: { SHOP: { streams: { MORE: { subjects: ['more.>'] } } } }
`
    project.write(theirs, 'theirs.yaml')
    const ran = await project.run(['plan', '-f', 'theirs.yaml'], { env: { THEIRS: password } })
    expect([ran.code, ran.stderr]).toEqual([
      1,
      expect.stringMatching(/MQOPS_FORBIDDEN[\s\S]*STREAM.INFO[\s\S]*publish/),
    ])
    expect(ran.stderr).not.toMatch(/\n\s+at .+:\d+:\d+\)/)
  })
})

describe('what is not ours', () => {
  const allPorts = () =>
    (
      JSON.parse(readFileSync(join(root, 'allocation.json'), 'utf8')) as {
        members: { ports: Record<string, number> }[]
      }
    ).members.map((member) => member.ports)

  it('a foreign process on our port: named with its pid, waited for, never signalled', async () => {
    await project.ok('stop', 'e2e-nats', '--yes')
    const port = allPorts()[0]?.['client'] as number
    const foreign = createServer()
    await new Promise<void>((resolve) => foreign.listen(port, '127.0.0.1', resolve))
    const child = project.spawn(['start', 'e2e-nats', '--yes'])
    let said = ''
    child.stderr?.on('data', (data) => {
      said += String(data)
      if (said.includes(`port ${port} (`)) foreign.close()
    })
    const ran = await ended(child)
    expect([ran.code, ran.stderr]).toEqual([0, expect.stringContaining(`pid ${process.pid}`)])
  })

  it('a foreign process on our pid: said, never signalled, and the member is started beside it', async () => {
    await project.ok('stop', 'e2e-nats', '--yes')
    const foreign = spawn('sleep', ['600'])
    try {
      const slot = join(home(1), 'process')
      const file = join(slot, readdirSync(slot).find((name) => name.startsWith('run-')) as string, 'identity')
      writeFileSync(file, readFileSync(file, 'utf8').replace(/^\d+/, String(foreign.pid)))
      const seen = await project.run(['status'])
      expect([seen.code, seen.stdout]).toEqual([1, expect.stringContaining(`pid ${foreign.pid} is not ours`)])
      await project.run(['stop', 'e2e-nats', '--yes'])
      await project.ok('start', 'e2e-nats', '--yes')
      await project.ok('stop', 'e2e-nats', '--yes')
      expect([foreign.exitCode, foreign.signalCode]).toEqual([null, null])
    } finally {
      foreign.kill('SIGKILL')
    }
    await project.ok('start', 'e2e-nats', '--yes')
  })

  it("a copy of the project: says what it is, and neither stops nor destroys the original's members", async () => {
    const copy = new Project()
    const pids = [1, 2, 3].map(serverOf)
    rmSync(copy.folder, { recursive: true })
    cpSync(project.folder, copy.folder, { recursive: true })
    const seen = await copy.run(['status'])
    expect([seen.code, seen.stdout]).toEqual([1, expect.stringMatching(/this folder is a copy: pid \d+ belongs to/)])
    const started = await copy.run(['apply', '--yes', '--no-verify'])
    expect([started.code, started.stderr]).toEqual([1, expect.stringMatching(/MQOPS_NOT_OURS/)])
    await copy.ok('stop', 'e2e-nats', '--yes')
    await copy.end() // destroys
    expect([1, 2, 3].map(serverOf)).toEqual(pids)
    await project.ok('verify')
  })
})
