import { join, resolve } from 'node:path'
import { MqopsError } from '../../model/failure.ts'
import { memberKey } from '../../model/member.ts'
import type { ClusterSpec } from '../../model/spec.ts'
import type { Broker } from '../../ports/broker.ts'
import type { CertificateAuthority } from '../../ports/pki.ts'
import type { Processes } from '../../ports/process.ts'
import type { Runtimes } from '../../ports/runtimes.ts'
import { makeFolder, names, readText, writeWhole } from './disk.ts'
import { FOLDER_GONE, withLock } from './lock.ts'
import type { LocalOptions } from './options.ts'

/** What the machine gives to the local target. */
export type LocalParts = {
  readonly runtimes: Runtimes
  readonly processes: Processes
  readonly authority: CertificateAuthority
  /** Hashes for holes in files, by the broker's kind ('Kafka'). */
  readonly hashesOf: (broker: string) => Broker['hashes']
  /** This user's folder for what all clusters on the machine share: the register of ports. */
  readonly cache: string
  /** Folder that the default place of clusters stands in; absent: the spec's. */
  readonly cwd?: string
  readonly hostname: string
  readonly path: string // PATH of the members
  /** Not bound to any run: a lease is given back after its run was interrupted. */
  readonly delay: (ms: number) => Promise<unknown>
}

/** One cluster on this machine: its folder, and what is needed to work on it. */
export type LocalCluster = LocalParts & {
  readonly spec: ClusterSpec
  readonly options: LocalOptions
  readonly root: string
  readonly files: {
    readonly allocation: string
    readonly authority: string
    readonly spec: string
    readonly lease: string
    readonly lock: string
    readonly digestKey: string
  }
}

export type Place = { readonly role: string; readonly slot: number }

export const DEFAULT_FOLDER = '.mqops-local'

export function localCluster(parts: LocalParts, spec: ClusterSpec, options: LocalOptions): LocalCluster {
  if (!/^[A-Za-z0-9][\w.-]*$/.test(spec.name))
    throw new MqopsError({
      code: 'MQOPS_SPEC_NAME',
      summary: `the name ${JSON.stringify(spec.name)} can't name a folder`,
      hint: 'letters, digits, "-", "_" and "." only',
    })
  const folder =
    options.folder === null ? resolve(parts.cwd ?? spec.folder, DEFAULT_FOLDER) : resolve(spec.folder, options.folder)
  const root = join(folder, spec.name)
  const at = (name: string) => join(root, name)
  const files = {
    allocation: at('allocation.json'),
    authority: at('ca/authority.pem'),
    spec: at('spec.json'),
    lease: at('lease.json'),
    lock: at('lock'),
    digestKey: at('digest.key'),
  }
  return { ...parts, spec, options, root, files }
}

/** A member's folder and what mqops keeps in and beside it. */
export const memberPaths = (root: string, key: string) => {
  const home = join(root, 'members', key)
  return {
    home,
    data: join(home, 'data'),
    logs: join(home, 'logs'),
    output: join(home, 'logs', 'output.log'), // stdout and stderr
    state: join(home, 'state.json'),
    slot: join(home, 'process'),
    lock: `${home}.lock`,
    held: `${home}.held`, // the incarnation whose data folder once held something
  }
}

export type MemberPaths = ReturnType<typeof memberPaths>
export const pathsOf = (cluster: LocalCluster, place: Place): MemberPaths => memberPaths(cluster.root, memberKey(place))

/** Keys of all members that have a folder, whatever the spec says today. */
export async function memberKeys(cluster: LocalCluster): Promise<readonly string[]> {
  return (await names(join(cluster.root, 'members'))).filter((name) => /^[a-z]+-\d+$/.test(name)).sort()
}

/** Every entry that mqops makes in a cluster's folder: `destroy` removes these, and nothing else. */
export const OWN_ENTRIES = [
  '.gitignore',
  'allocation.json',
  'ca',
  'digest.key',
  'lease.json',
  'lock',
  'members',
  'secrets',
  'spec.json',
]
const isOwn = (name: string): boolean => OWN_ENTRIES.includes(name.replace(/\.new$/, ''))

/** Makes the cluster's folder. Throws MQOPS_NOT_OURS when it holds what we did not make. */
export async function makeRoot(cluster: LocalCluster): Promise<void> {
  const foreign = (await names(cluster.root)).find((name) => !isOwn(name))
  if (foreign !== undefined) {
    throw new MqopsError({
      code: 'MQOPS_NOT_OURS',
      summary: `${cluster.root} holds ${foreign}, which mqops did not make`,
      hint: 'choose another target.local.folder, or move that away',
    })
  }
  await makeFolder(cluster.root)
}

/** The folder keeps itself out of git: it holds keys. */
async function keepOutOfGit(cluster: LocalCluster): Promise<void> {
  const file = join(cluster.root, '.gitignore')
  if ((await readText(file)) === null) await writeWhole(file, '*\n', { durable: false })
}

const LOCK_TIMEOUT_MS = 60_000

/** Alone in the cluster's folder, for what takes moments. */
export const inCluster = <T>(
  cluster: LocalCluster,
  sleep: (ms: number) => Promise<unknown>,
  act: () => Promise<T>,
): Promise<T> => withLock(cluster.files.lock, { what: cluster.root, timeoutMs: LOCK_TIMEOUT_MS, sleep }, act)

/** As inCluster, after making its folder: again when somebody, destroying the cluster, removed it in between. */
export async function inMadeCluster<T>(
  cluster: LocalCluster,
  sleep: (ms: number) => Promise<unknown>,
  act: () => Promise<T>,
): Promise<T> {
  for (let left = 20; ; left--) {
    await makeRoot(cluster)
    try {
      return await inCluster(cluster, sleep, async () => {
        await keepOutOfGit(cluster)
        return act()
      })
    } catch (error) {
      const gone = error instanceof MqopsError && error.code === FOLDER_GONE
      if (!gone || left === 0) throw error
    }
  }
}

/** Alone with one member; longer than any grace: somebody may be stopping it. */
export const inMember = <T>(
  paths: MemberPaths,
  sleep: (ms: number) => Promise<unknown>,
  act: () => Promise<T>,
): Promise<T> => withLock(paths.lock, { what: paths.home, timeoutMs: 10 * LOCK_TIMEOUT_MS, sleep }, act)
