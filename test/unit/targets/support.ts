import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { createCertificateAuthority } from '../../../src/adapters/pki/index.ts'
import { createProcesses } from '../../../src/adapters/process/index.ts'
import { MqopsError } from '../../../src/model/failure.ts'
import type { Allocation, Layout, NodeSpec } from '../../../src/model/member.ts'
import { printSecretRef } from '../../../src/model/secret.ts'
import type { ClusterSpec } from '../../../src/model/spec.ts'
import type { Context } from '../../../src/ports/context.ts'
import type { Processes } from '../../../src/ports/process.ts'
import type { Runtimes } from '../../../src/ports/runtimes.ts'
import type { Lease } from '../../../src/ports/session.ts'
import type { Target } from '../../../src/ports/target.ts'
import { createLocalTarget } from '../../../src/targets/local/index.ts'

/** A server of a few lines stands for a broker: it listens where its file says, and does to signals what that says. */
const TOY = `
import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
const conf = JSON.parse(readFileSync(process.argv[2], 'utf8'))
console.log('toy', process.pid, JSON.stringify(conf))
if (conf.die) { console.error('fatal: ' + conf.die); process.exit(3) }
appendFileSync('starts', process.pid + '\\n')
writeFileSync('data/held', 'x')
process.on('SIGTERM', () => {
  if (conf.asked) appendFileSync(conf.asked, basename(process.cwd()) + ' ' + Date.now() + '\\n')
  console.log('asked to end')
  if (!conf.stubborn) process.exit(0)
})
process.on('SIGHUP', () => console.log('reloaded ' + readFileSync(process.argv[2], 'utf8').trim()))
createServer().listen(conf.port, '127.0.0.1', () => console.log('ready'))
`

export type World = {
  readonly folder: string
  readonly target: Target
  readonly ctx: Context
  readonly secrets: Map<string, string>
  readonly events: string[]
  readonly processes: Processes
}

const BLOCK = 50
const BLOCKS = Array.from({ length: 20 }, (_, i) => 24_000 + i * BLOCK)

/**
 * Ports for this test file alone, whatever other runs are under way on the machine: the last one of a block is listened
 * on as long as the file runs, and so reserves the others. A child has its parent's.
 */
async function reservePorts(): Promise<number> {
  const given = process.env['MQOPS_TEST_PORTS']
  if (given) return Number(given)
  for (const first of BLOCKS) {
    const server = createServer()
    const reserved = await new Promise<boolean>((resolve) => {
      server
        .once('error', () => resolve(false))
        .listen({ port: first + BLOCK - 1, host: '127.0.0.1' }, () => resolve(true))
    })
    if (!reserved) continue
    server.unref()
    process.env['MQOPS_TEST_PORTS'] = String(first)
    return first
  }
  throw new Error('all blocks of ports are in use by other test runs')
}
export const FIRST_PORT = await reservePorts()

export const LAYOUT: Layout = {
  members: [1, 2].map((slot) => ({ role: 'server', slot, ports: ['client'] })),
  secrets: ['admin'],
  certificates: [{ name: 'toy-1', commonName: 'toy-1', organizationalUnit: 'toy', slot: 1 }],
}

export const specIn = (folder: string, name: string): ClusterSpec => ({
  broker: 'Toy',
  name,
  labels: {},
  version: '1.0',
  target: { name: 'local', options: {} },
  security: { tls: true },
  folder,
  fields: {},
})

export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mqops-local-'))
  mkdirSync(join(folder, 'bin'))
  writeFileSync(join(folder, 'bin/toy.mjs'), TOY)
  const command = `#!/bin/sh\nexec ${process.execPath} ${join(folder, 'bin/toy.mjs')} "$@"\n`
  writeFileSync(join(folder, 'bin/toy-server'), command)
  writeFileSync(join(folder, 'bin/say'), '#!/bin/sh\necho "$GREETING from $PWD" "$@"\nexit 4\n')
  for (const name of ['toy-server', 'say']) chmodSync(join(folder, 'bin', name), 0o755)
  return folder
}

export type WorldOptions = {
  readonly folder?: string
  readonly name?: string
  readonly signal?: AbortSignal
  readonly now?: () => number
  readonly processes?: Processes
  readonly options?: Record<string, string>
  readonly hostname?: string
}

/** A cluster in a scratch folder, driven through the port like the engine does it. */
export function openWorld(o: WorldOptions = {}): World {
  const folder = o.folder ?? scratch()
  const signal = o.signal ?? new AbortController().signal
  const now = o.now ?? Date.now
  const secrets = new Map<string, string>()
  const events: string[] = []
  const ctx: Context = {
    signal,
    now,
    sleep: (ms) => delay(ms, undefined, { signal }),
    random: (bytes) => randomBytes(bytes),
    secret: async (ref) => {
      const value = secrets.get(printSecretRef(ref))
      if (value === undefined) throw new MqopsError({ code: 'MQOPS_SECRET_MISSING', summary: printSecretRef(ref) })
      return value
    },
    log: (event) => void events.push(event),
  }
  const installation = {
    software: 'nats',
    version: '1.0.7',
    from: 'test',
    bin: join(folder, 'bin'),
    env: { TOY_HOME: folder },
  } as const
  const runtimes: Runtimes = {
    ensure: async () => installation,
    installed: async () => installation,
    versions: () => [],
    report: async () => [],
  }
  const processes = o.processes ?? createProcesses()
  const factory = createLocalTarget({
    runtimes,
    processes,
    authority: createCertificateAuthority(now),
    hashesOf: () => ({ upper: async (secret, salt) => `${salt}${secret.toUpperCase()}` }),
    cache: join(folder, 'cache'),
    hostname: o.hostname ?? 'here',
    path: '/usr/bin:/bin',
    delay,
  })
  const target = factory.create(specIn(folder, o.name ?? 'orders'), {
    portRange: `${FIRST_PORT}-${FIRST_PORT + BLOCK - 2}`,
    ...o.options,
  })
  return { folder, target, ctx, secrets, events, processes }
}

/** What a broker would write down for each member. `conf` goes into the toy's own file. */
export const nodesOf = (
  allocation: Allocation,
  conf: Record<string, unknown> = {},
  more: Partial<NodeSpec> = {},
): readonly NodeSpec[] =>
  allocation.members.map((member) => ({
    member,
    name: `toy-${member.slot}`,
    software: { name: 'nats', version: '1.0' },
    argv: ['toy-server', 'toy.json'],
    env: { GREETING: 'hello', PLACE: '${runtime:TOY_HOME}' },
    files: { 'toy.json': { text: [JSON.stringify({ port: member.ports['client'], ...conf })], apply: 'restart' } },
    ports: member.ports,
    ready: { port: 'client' },
    logs: [],
    stopSignal: 'SIGTERM',
    stopGraceMs: 5000,
    size: { memoryBytes: 1, diskBytes: 1024 },
    ...more,
  }))

/** Processes of toys whose folder this is, as the kernel knows them: not what mqops believes. */
export function toysIn(folder: string): readonly number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.filter((pid) => commandOf(pid).includes(join(folder, 'bin/toy.mjs'))).map(Number)
}

function commandOf(pid: string): string {
  try {
    // An ended process that nobody has reaped yet has no command line.
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

export function cleanUp(folder: string): void {
  for (const pid of toysIn(folder)) process.kill(pid, 'SIGKILL')
  rmSync(folder, { recursive: true, force: true })
}

/** Waits for a condition, not for time. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = 10_000,
): Promise<void> {
  const deadline = performance.now() + limitMs
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`still not: ${what}`)
    await delay(10)
  }
}

export async function listenOn(port: number): Promise<{ close(): Promise<void> }> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve))
  return { close: () => new Promise((resolve) => server.close(() => resolve())) }
}

/** The failure that a call ends with; it is an error of the test when it ends well. */
export async function failureOf(act: Promise<unknown>): Promise<MqopsError['failure']> {
  const error = await act.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (!(error instanceof MqopsError)) throw new Error(`expected an MqopsError, got ${String(error)}`)
  return error.failure
}

export type Child = {
  readonly said: () => string
  readonly kill: () => Promise<void>
  readonly ended: Promise<number | null>
}

/** Another mqops at work on the same folder; see child.ts. */
export function startChild(what: string, o: WorldOptions & { readonly holder?: string }): Child {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'child.ts'), what, JSON.stringify(o)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stdout.on('data', (data) => (said += String(data)))
  child.stderr.on('data', (data) => (said += String(data)))
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  return {
    said: () => said,
    ended,
    kill: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** A lease of half a minute; `local` always has one. */
export async function leaseOf({ target, ctx }: World, holder: string): Promise<Lease> {
  const lease = await target.lease(holder, LEASE_TTL_MS, ctx)
  if (!lease) throw new Error('local has a place for leases')
  return lease
}
export const LEASE_TTL_MS = 30_000
