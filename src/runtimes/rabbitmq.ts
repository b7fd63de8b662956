import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Apt, candidate, openSuite } from './apt.ts'
import {
  type Cache,
  downloadFolder,
  install,
  type Installed,
  installed,
  installedVersions,
  lockPath,
  roomFor,
} from './cache.ts'
import { RuntimeError } from './errors.ts'
import { withLock } from './lock.ts'
import { buildPrefix } from './rabbitmq-debs.ts'
import { firstThatWorks, type Source } from './sources.ts'
import type { EnsureOptions, Installation } from './types.ts'
import { fits, newestFirst, RABBITMQ, resolve, unknownVersion } from './versions.ts'

const UNPACKED_BYTES = 160 * 1024 * 1024 // with the packages that they come from
const INDEX_BYTES = 80 * 1024 * 1024

/** null: not in the cache. */
export async function findRabbitmq(cache: Cache, wish: string): Promise<Installation | null> {
  // a suite may have moved on: what fits and is here comes before a pin that is not
  const known = resolve('rabbitmq', wish)
  const built = (await installedVersions(cache, 'rabbitmq')).filter((v) => fits(v, wish)).sort(newestFirst)
  for (const version of known === undefined ? built : [known, ...built]) {
    const found = await installed(cache, 'rabbitmq', version)
    if (found !== undefined) return installation(found)
  }
  return null
}

/** From the first Debian suite that has a fitting version, without root. */
export async function installRabbitmq(cache: Cache, wish: string, o: EnsureOptions): Promise<Installation> {
  if (/\s/.test(cache.root)) throw spaces(cache.root)
  const likely = RABBITMQ.filter((l) => fits(l.version, wish)).map((l) => l.suite)
  const suites = [...new Set(likely.length > 0 ? likely : RABBITMQ.map((l) => l.suite))]
  const sources: Source<Installation>[] = suites.map((suite) => ({
    name: `Debian ${suite}`,
    mirror: 'export MQOPS_DEBIAN_MIRROR=<base URL>',
    get: () => fromSuite(cache, suite, wish, o),
  }))
  return await firstThatWorks('rabbitmq', wish, sources, o)
}

async function fromSuite(cache: Cache, suite: string, wish: string, o: EnsureOptions): Promise<Installation> {
  const part = `rabbitmq ${wish}`
  const say = (note: string) => o.progress({ part, doneBytes: 0, totalBytes: null, note })
  const waiting = (holder: string) => say(`waiting for process ${holder}, which installs from Debian ${suite}`)
  return await withLock(lockPath(cache, `debian-${suite}`), o.signal, waiting, async () => {
    const meanwhile = await findRabbitmq(cache, wish).catch(() => null)
    if (meanwhile !== null) return meanwhile
    await roomFor(cache, INDEX_BYTES + UNPACKED_BYTES)
    say(`the package index of Debian ${suite}`)
    const scratch = downloadFolder(cache, `debian-${suite}`)
    await rm(scratch, { recursive: true, force: true })
    try {
      const apt = await openSuite(suite, scratch, cache.env, o.signal)
      const version = await versionIn(apt)
      if (version === undefined || !fits(version, wish)) throw movedOn(suite, wish, version)
      const found = await install(
        cache,
        {
          thing: 'rabbitmq',
          version,
          neededBytes: UNPACKED_BYTES,
          build: (folder) => buildPrefix({ cache, apt, version, folder }, o),
        },
        o,
      )
      for (const note of found.manifest.notes ?? []) say(note)
      return installation(found)
    } finally {
      await rm(scratch, { recursive: true, force: true })
    }
  })
}

/** '4.3.6' for Debian's '4.3.6-1' and '1:4.3.6+dfsg-1'. */
const versionIn = async (apt: Apt): Promise<string | undefined> =>
  /^(?:\d+:)?(\d+\.\d+\.\d+)/.exec((await candidate(apt, 'rabbitmq-server')) ?? '')?.[1]

const installation = ({ folder, manifest }: Installed): Installation => ({
  software: 'rabbitmq',
  version: manifest.version,
  from: `cache: ${manifest.source}`,
  bin: join(folder, 'bin'),
  env: Object.fromEntries(Object.entries(manifest.paths ?? {}).map(([name, path]) => [name, join(folder, path)])),
})

const movedOn = (suite: string, wish: string, version: string | undefined): RuntimeError =>
  unknownVersion(
    'rabbitmq',
    wish,
    version === undefined
      ? `Debian ${suite} has no rabbitmq-server`
      : `Debian ${suite} now has ${version}: ask for that`,
  )

const spaces = (root: string): RuntimeError =>
  new RuntimeError({
    code: 'MQOPS_RUNTIME_CACHE',
    summary: `RabbitMQ's own scripts can't live in a folder with spaces: ${root}`,
    hint: 'Set MQOPS_CACHE to a folder whose path has no spaces',
  })
