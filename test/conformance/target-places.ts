import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createCertificateAuthority } from '../../src/adapters/pki/index.ts'
import { createProcesses } from '../../src/adapters/process/index.ts'
import { nats } from '../../src/brokers/nats/index.ts'
import { createApplication } from '../../src/compose.ts'
import { MqopsError } from '../../src/model/failure.ts'
import type { JsonObject } from '../../src/model/json.ts'
import type { Allocation, Layout, NodeSpec } from '../../src/model/member.ts'
import { printSecretRef } from '../../src/model/secret.ts'
import type { ClusterSpec } from '../../src/model/spec.ts'
import type { Context } from '../../src/ports/context.ts'
import type { Target } from '../../src/ports/target.ts'
import { createRuntimes } from '../../src/runtimes/index.ts'
import { createLocalTarget } from '../../src/targets/local/index.ts'
import { guardedFolder } from '../support/guarded-folder.ts'
import { FakeCluster, fakeSpec } from '../support/fake-cluster.ts'
import { fakeTarget } from '../support/fake-target.ts'

/** One mqops at work on a place. `secrets` is what its environment knows, by printed reference. */
export type Operator = { readonly target: Target; readonly ctx: Context; readonly secrets: Map<string, string> }

/** Where one cluster lives, as the suite of the Target port needs it: operators come and go, it stays. */
export type Place = {
  /** `away`: on another machine, whose processes can't be seen from here. */
  open(o?: { readonly away?: boolean; readonly signal?: AbortSignal }): Operator
  readonly spec: ClusterSpec
  /** Three members; the wide one has two more, and a secret more. */
  layout(wide?: boolean): Layout
  /** 'second' changes a restart-class and a reload-class file of each member. */
  nodes(allocation: Allocation, revision?: 'first' | 'second'): readonly NodeSpec[]
  /** What happens to members without mqops. */
  kill(slot: number): Promise<void>
  wipe(slot: number): Promise<void>
  /** A file of its data folder. */
  data(allocation: Allocation, slot: number, name: string): string | null
  advance(ms: number): void
  readonly tookSighup: RegExp // what its log says
  readonly command: { readonly argv: readonly string[]; readonly says: RegExp; readonly fails: readonly string[] }
  end(): Promise<void>
}

const CERTIFICATES = [1, 2, 3].map((slot) => ({
  name: `nats-${slot}`,
  commonName: `nats-${slot}`,
  organizationalUnit: 'nats',
  slot,
}))

function contexts() {
  const clock = { jumped: 0 }
  const secrets = new Map<string, string>()
  const now = () => Date.now() + clock.jumped
  const context = (signal: AbortSignal): Context => ({
    signal,
    now,
    sleep: (ms) => delay(ms, undefined, { signal }),
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    secret: async (ref) => {
      const value = secrets.get(printSecretRef(ref))
      if (value === undefined) throw new MqopsError({ code: 'MQOPS_SECRET_MISSING', summary: printSecretRef(ref) })
      return value
    },
    log: () => {},
  })
  return { now, secrets, context, advance: (ms: number) => void (clock.jumped += ms) }
}
const never = new AbortController().signal

export async function fakePlace(): Promise<Place> {
  const cluster = new FakeCluster()
  const spec = fakeSpec('suite', {})
  const { secrets, context, advance } = contexts()
  return {
    spec,
    open: (o = {}) => ({ target: fakeTarget(cluster, spec), ctx: context(o.signal ?? never), secrets }),
    layout: (wide = false) => ({
      members: [1, 2, 3, ...(wide ? [4, 5] : [])].map((slot) => ({
        role: 'server',
        slot,
        ports: ['client', 'monitor'],
      })),
      secrets: ['admin', ...(wide ? ['more'] : [])],
      certificates: CERTIFICATES,
    }),
    nodes: (allocation, revision = 'first') =>
      allocation.members.map((member) => ({
        member,
        name: `nats-${member.slot}`,
        software: { name: 'fake', version: '1' },
        argv: ['fake'],
        env: {},
        files: {
          'server.conf': { text: [revision], apply: 'restart' },
          'accounts.conf': { text: [revision, { secretRef: { generated: 'admin' } }], apply: 'reload' },
          'tls/server.crt': { text: [{ secretRef: { generated: `tls/nats-${member.slot}.crt` } }], apply: 'reload' },
        },
        ports: member.ports,
        ready: { port: 'client' },
        logs: [],
        stopSignal: 'SIGTERM',
        stopGraceMs: 1000,
        size: { memoryBytes: 1, diskBytes: 1 },
      })),
    kill: async (slot) => {
      const disk = cluster.disks.get(slot)
      if (disk) disk.running = null
    },
    wipe: async (slot) => {
      const disk = cluster.disks.get(slot)
      if (disk) disk.data = {}
    },
    data: (_allocation, slot, name) => cluster.disks.get(slot)?.data?.[name] ?? null,
    advance,
    tookSighup: /took SIGHUP/,
    command: { argv: ['say', 'v2'], says: /v2/, fails: ['frobnicate'] },
    end: async () => {},
  }
}

/** Real nats-servers in a scratch folder. `installed: false`: with an empty cache of distributions. */
export async function localPlace(o: { readonly installed?: boolean } = {}): Promise<Place> {
  const folder = guardedFolder('mqops-target-')
  const { now, secrets, context, advance } = contexts()
  const specOf = async (fields: JsonObject): Promise<ClusterSpec> => {
    const document = { apiVersion: 'mqops/v1', kind: 'Nats', metadata: { name: 'suite' }, spec: fields }
    writeFileSync(join(folder, 'mqops.yaml'), JSON.stringify(document))
    const { clusters, failures } = await (await createApplication({ cwd: folder, env: process.env })).load([])
    if (!clusters[0]) throw new Error(JSON.stringify(failures))
    return clusters[0]
  }
  const users = (...names: readonly string[]) => ({ A: { users: Object.fromEntries(names.map((name) => [name, {}])) } })
  const specs = {
    first: await specOf({ members: 3, accounts: users('shop') }),
    second: await specOf({ members: 3, storage: '100MiB', accounts: { A: { users: { shop: { publish: ['a.>'] } } } } }),
    wide: await specOf({ members: 5, accounts: users('shop', 'billing') }),
  }
  // The register of ports is this user's own: other clusters of the machine must not get these, nor these theirs.
  const cache = process.env['MQOPS_CACHE'] || join(homedir(), '.cache/mqops')
  const processes = createProcesses()
  const open: Place['open'] = ({ away = false, signal = never } = {}) => {
    const factory = createLocalTarget({
      runtimes: createRuntimes({ env: process.env, ...(o.installed === false ? { cache: join(folder, 'none') } : {}) }),
      processes,
      authority: createCertificateAuthority(now),
      hashesOf: () => nats.hashes,
      cache,
      cwd: folder,
      hostname: away ? 'away' : 'here',
      path: process.env['PATH'] ?? '/usr/bin:/bin',
      delay,
    })
    return { target: factory.create(specs.first, {}), ctx: context(signal), secrets }
  }
  const home = (slot: number) => join(folder, '.mqops-local/suite/members', `server-${slot}`)
  return {
    spec: specs.first,
    open,
    layout: (wide = false) => nats.layout(wide ? specs.wide : specs.first),
    nodes: (allocation, revision = 'first') => nats.nodes(specs[revision], allocation),
    kill: async (slot) => {
      const started = await processes.latest(join(home(slot), 'process'))
      if (!started) throw new Error(`member ${slot} was never started`)
      await processes.signal(started.identity, 'SIGKILL')
      await processes.ended(started.identity, 10_000, delay)
    },
    wipe: async (slot) => rmSync(join(home(slot), 'data'), { recursive: true }),
    data: (_allocation, slot, name) => {
      const file = join(home(slot), 'data', name)
      return existsSync(file) ? readFileSync(file, 'utf8') : null
    },
    advance,
    tookSighup: /Reloaded server configuration/i,
    command: { argv: ['nats-server', '--version'], says: /v2\.\d+/, fails: ['nats-server', '-c', '/nowhere'] },
    end: async () => {
      const { target, ctx } = open()
      await target.destroy([], ctx)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
