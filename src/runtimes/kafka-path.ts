import { createHash } from 'node:crypto'
import { readdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Cache, install, type Installed } from './cache.ts'
import { ensureJava } from './java.ts'
import { installation } from './kafka.ts'
import { LOG4J, writeCommands } from './kafka-commands.ts'
import { onPath, realPath } from './process.ts'
import type { EnsureOptions, Installation, OnMachine } from './types.ts'
import { fits } from './versions.ts'

export type KafkaHome = { readonly home: string; readonly version: string; readonly from: string }

/** Where an unpacked Kafka stands: KAFKA_HOME, else above the start script on PATH. */
export async function kafkaHome(env: NodeJS.ProcessEnv): Promise<KafkaHome | null> {
  const own = env['KAFKA_HOME']
  const start = onPath('kafka-server-start.sh', env) ?? onPath('kafka-server-start', env)
  const places = [
    ...(own ? [{ home: own, from: `KAFKA_HOME: ${own}` }] : []),
    ...(start === undefined ? [] : [{ home: dirname(dirname(realPath(start))), from: `PATH: ${start}` }]),
  ]
  for (const { home, from } of places) {
    const version = (await jarsIn(home))
      .map((jar) => /^kafka_2\.\d+-(\d+\.\d+\.\d+)\.jar$/.exec(jar)?.[1])
      .find(Boolean)
    if (version !== undefined) return { home: realPath(home), version, from }
  }
  return null
}

const jarsIn = async (home: string): Promise<readonly string[]> =>
  (await readdir(join(home, 'libs')).catch(() => [])).filter((name) => name.endsWith('.jar')).sort()

/** The machine's own Kafka, by our start scripts over its jars: its own scripts bring heaps and logs of their own. */
export async function kafkaOnMachine(cache: Cache, wish: string): Promise<OnMachine | null> {
  const found = await kafkaHome(cache.env)
  if (found === null || !fits(found.version, wish)) return null
  return { version: found.version, from: found.from, use: (o) => use(cache, found, o) }
}

async function use(cache: Cache, kafka: KafkaHome, o: EnsureOptions): Promise<Installation> {
  const java = await ensureJava(cache, o)
  const { folder } = await scripts(cache, kafka, o)
  const archive = folder.slice(folder.lastIndexOf('/') + 1)
  return installation(cache, { folder, version: kafka.version, from: kafka.from, archive }, java)
}

async function scripts(cache: Cache, { home, version, from }: KafkaHome, o: EnsureOptions): Promise<Installed> {
  const jars = await jarsIn(home)
  const which = createHash('sha256')
    .update([home, ...jars].join('\n'))
    .digest('hex')
    .slice(0, 12)
  return await install(
    cache,
    {
      thing: 'kafka-path',
      version: `${version}-${which}`,
      neededBytes: 0,
      build: async (folder) => {
        await symlink(join(home, 'libs'), join(folder, 'libs'))
        await writeFile(join(folder, 'log4j2.properties'), LOG4J)
        const commands = await writeCommands(version, folder, jars, [])
        return { source: from, key: [...jars.map((jar) => `libs/${jar}`), ...commands, 'log4j2.properties'] }
      },
    },
    o,
  )
}
