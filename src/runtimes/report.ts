import { type Cache, installCommand, installed, installedVersions, wholeInstalled } from './cache.ts'
import { findJava, javasOfMachine, major, OLDEST_JAVA } from './java.ts'
import { kafkaHome } from './kafka-path.ts'
import { natsOnPath } from './nats.ts'
import { rabbitmqOnPath } from './rabbitmq-path.ts'
import type { RuntimeReport, Software } from './types.ts'
import { newestFirst, pinned } from './versions.ts'

const SOFTWARE: readonly Software[] = ['kafka', 'nats', 'rabbitmq']
const LIMIT_MS = 60_000

/** What stands in the cache and on PATH, what is pinned but missing, and which Java Kafka gets. `whole`: every byte is read. */
export async function report(cache: Cache, whole: boolean): Promise<readonly RuntimeReport[]> {
  const signal = AbortSignal.timeout(LIMIT_MS)
  const look = whole ? wholeInstalled : installed
  const cached = await Promise.all(SOFTWARE.map((software) => inCache(cache, software, look)))
  const machine = await Promise.all(SOFTWARE.map((software) => onMachine(cache, software, signal)))
  return [...cached.flat(), ...machine.flat(), ...(await java(cache, signal, look))]
}

type Look = typeof installed

async function inCache(cache: Cache, software: Software, look: Look): Promise<readonly RuntimeReport[]> {
  const versions = new Set([...pinned(software), ...(await installedVersions(cache, software))])
  return await Promise.all([...versions].sort(newestFirst).map((version) => stateOf(cache, software, version, look)))
}

async function stateOf(cache: Cache, software: Software, version: string, look: Look): Promise<RuntimeReport> {
  const mend = installCommand(software, version)
  try {
    const found = await look(cache, software, version)
    if (found !== undefined)
      return {
        software,
        version,
        state: 'installed',
        from: `cache: ${found.manifest.source}`,
        bytes: found.manifest.bytes,
      }
    return { software, version, state: version === pinned(software)[0] ? 'missing' : 'available', mend }
  } catch (error) {
    return { software, version, state: 'broken', problem: problemOf(error), mend }
  }
}

const problemOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Used where the spec says `software: path`. */
async function onMachine(cache: Cache, software: Software, signal: AbortSignal): Promise<readonly RuntimeReport[]> {
  const find = {
    kafka: () => kafkaHome(cache.env),
    nats: () => natsOnPath(cache.env, '', signal),
    rabbitmq: () => rabbitmqOnPath(cache.env, '', signal),
  }
  const found = await find[software]().catch(() => null)
  return found === null ? [] : [{ software, version: found.version, state: 'on-path', from: found.from }]
}

async function java(cache: Cache, signal: AbortSignal, look: Look): Promise<readonly RuntimeReport[]> {
  const mend = installCommand('java', '')
  const found = await findJava(cache, signal)
  const old = (await javasOfMachine(cache, signal)).filter((j) => major(j.version) < OLDEST_JAVA)
  const tooOld = old.map(({ version, from }): RuntimeReport => {
    return { software: 'java', version, state: 'on-path', from: `${from} (not used: older than ${OLDEST_JAVA})` }
  })
  const damaged: RuntimeReport[] = []
  for (const version of await installedVersions(cache, 'java')) {
    const problem = await look(cache, 'java', version).then(() => undefined, problemOf)
    if (problem !== undefined) damaged.push({ software: 'java', version, state: 'broken', problem, mend })
  }
  if (found === null && damaged.length === 0) {
    const problem = `Kafka needs ${OLDEST_JAVA} or newer, on PATH, in JAVA_HOME, or as a wheel that mqops fetches`
    return [...tooOld, { software: 'java', version: String(OLDEST_JAVA), state: 'missing', problem, mend }]
  }
  if (found === null) return [...tooOld, ...damaged]
  const state = found.from.startsWith('cache') ? 'installed' : 'on-path'
  return [...tooOld, ...damaged, { software: 'java', version: found.version, state, from: found.from }]
}
