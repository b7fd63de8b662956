import { bytesIn, type Cache, installed, installedVersions, installFolder, type Thing } from './cache.ts'
import { RuntimeError } from './errors.ts'
import { findJava, JAVA_HINT, javasOfMachine, major, OLDEST_JAVA } from './java.ts'
import { natsOnPath } from './nats.ts'
import { onPath } from './process.ts'
import { rabbitmqOnPath } from './rabbitmq-path.ts'
import type { RuntimeReport, Software } from './types.ts'
import { newestFirst, pinned } from './versions.ts'

const SOFTWARE: readonly Software[] = ['kafka', 'nats', 'rabbitmq']
const LIMIT_MS = 60_000

/** What stands in the cache and on PATH, what is pinned but missing, and which Java Kafka gets. */
export async function report(cache: Cache): Promise<readonly RuntimeReport[]> {
  const signal = AbortSignal.timeout(LIMIT_MS)
  const cached = await Promise.all(SOFTWARE.map((software) => inCache(cache, software)))
  const machine = await Promise.all(SOFTWARE.map((software) => onMachine(cache, software, signal)))
  return [...cached.flat(), ...machine.flat(), ...(await java(cache, signal))]
}

async function inCache(cache: Cache, software: Software): Promise<readonly RuntimeReport[]> {
  const versions = new Set([...pinned(software), ...(await installedVersions(cache, software))])
  return await Promise.all([...versions].sort(newestFirst).map((version) => stateOf(cache, software, version)))
}

async function stateOf<T extends Thing>(cache: Cache, software: T, version: string) {
  const folder = installFolder(cache, software, version)
  try {
    const found = await installed(cache, software, version)
    if (found === undefined) return { software, version, state: 'missing', mend: 'mqops apply installs it' } as const
    const [bytes, wanted] = [await bytesIn(folder), found.manifest.bytes]
    if (bytes !== wanted) throw new Error(`${folder} holds ${bytes} bytes where ${wanted} were installed`)
    return { software, version, state: 'installed', from: `cache: ${found.manifest.source}`, bytes } as const
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    const mend = error instanceof RuntimeError ? error.hint : `rm -r ${folder}`
    return { software, version, state: 'broken', problem, mend } as const
  }
}

async function onMachine(cache: Cache, software: Software, signal: AbortSignal): Promise<readonly RuntimeReport[]> {
  if (software === 'kafka') return kafkaOnMachine(cache)
  const find = software === 'nats' ? natsOnPath(cache.env, '', signal) : rabbitmqOnPath(cache.env, '', signal)
  const found = await find.catch(() => null)
  return found === null ? [] : [{ software, version: found.version, state: 'on-path', from: found.from }]
}

/** Only told of: mqops runs the Kafka that it pins, whose class path it knows. */
function kafkaOnMachine(cache: Cache): readonly RuntimeReport[] {
  const path = ['kafka-server-start.sh', 'kafka-server-start']
    .map((c) => onPath(c, cache.env))
    .find((p) => p !== undefined)
  return path === undefined
    ? []
    : [{ software: 'kafka', version: '?', state: 'on-path', from: `PATH: ${path} (not used)` }]
}

async function java(cache: Cache, signal: AbortSignal): Promise<readonly RuntimeReport[]> {
  const found = await findJava(cache, signal)
  const old = (await javasOfMachine(cache, signal)).filter((j) => major(j.version) < OLDEST_JAVA)
  const tooOld = old.map(({ version, from }): RuntimeReport => {
    return { software: 'java', version, state: 'broken', from, problem: `older than ${OLDEST_JAVA}`, mend: JAVA_HINT }
  })
  if (found === null) {
    const problem = 'Kafka needs one; mqops apply fetches a wheel of it'
    return [...tooOld, { software: 'java', version: String(OLDEST_JAVA), state: 'missing', problem, mend: JAVA_HINT }]
  }
  const state = found.from.startsWith('cache') ? 'installed' : 'on-path'
  return [...tooOld, { software: 'java', version: found.version, state, from: found.from }]
}
