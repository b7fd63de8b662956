import { copyFile, link, mkdir, readdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { blobFolder, type Cache, install, type Installed, installed } from './cache.ts'
import { blobPath } from './download.ts'
import { downloadAll } from './download-all.ts'
import { errnoOf } from './errors.ts'
import { ensureJava, findJava, type Java } from './java.ts'
import { archivePath, ensureArchive } from './kafka-archive.ts'
import { LOG4J, writeCommands } from './kafka-commands.ts'
import { mavenRepository } from './maven.ts'
import { firstThatWorks, type Source } from './sources.ts'
import type { EnsureOptions, Installation } from './types.ts'
import { fits, KAFKA, type KafkaLock, resolve, unknownVersion } from './versions.ts'

/** null: not installed, or there is no Java for it. */
export async function findKafka(cache: Cache, wish: string, signal: AbortSignal): Promise<Installation | null> {
  const version = resolve('kafka', wish)
  const found = version === undefined ? undefined : await installed(cache, 'kafka', version)
  const java = found && (await findJava(cache, signal))
  return found && java ? cached(cache, found, java) : null
}

export async function installKafka(
  cache: Cache,
  wish: string,
  o: EnsureOptions,
  locks: readonly KafkaLock[] = KAFKA,
): Promise<Installation> {
  const lock = locks.find((l) => fits(l.version, wish))
  if (lock === undefined) throw unknownVersion('kafka', wish)
  const java = await ensureJava(cache, o)
  const blobs = await readdir(blobFolder(cache)).catch((): string[] => [])
  const bytes = lock.jars.reduce((sum, jar) => sum + (blobs.includes(jar.sha256) ? 0 : jar.size), 0)
  const source: Source<Installed> = {
    name: 'Maven repository',
    mirror: 'export MQOPS_MAVEN_REPOSITORY=<base URL>',
    get: () =>
      install(
        cache,
        { thing: 'kafka', version: lock.version, neededBytes: bytes, build: (folder) => build(cache, lock, folder, o) },
        o,
      ),
  }
  const found = await firstThatWorks('kafka', lock.version, [source], o)
  return cached(cache, found, java)
}

/** Whatever makes its starts faster: after each installation, and again when the machine's Java is another one. */
export async function readyKafka(cache: Cache, kafka: Installation, o: EnsureOptions): Promise<void> {
  await ensureArchive(cache, kafka, await ensureJava(cache, o), o)
}

/** `archive`: what its class archive is named by. */
export const installation = (
  cache: Cache,
  o: { folder: string; version: string; from: string; archive: string },
  java: Java,
): Installation => ({
  software: 'kafka',
  version: o.version,
  from: `${o.from}; Java ${java.version} (${java.from})`,
  bin: join(o.folder, 'bin'),
  env: { MQOPS_JAVA: java.path, MQOPS_KAFKA_CDS: archivePath(cache, o.archive, java) },
})

const cached = (cache: Cache, { folder, manifest: { version, source } }: Installed, java: Java): Installation =>
  installation(cache, { folder, version, from: `cache: ${source}`, archive: version }, java)

async function build(cache: Cache, lock: KafkaLock, folder: string, o: EnsureOptions) {
  const repository = await mavenRepository(cache, o.signal)
  const items = lock.jars.map((jar) => ({
    name: basename(jar.path),
    url: `${repository.url}/${jar.path}`,
    headers: repository.headers,
    sha256: jar.sha256,
    size: jar.size,
  }))
  const [blobs, libs] = [blobFolder(cache), join(folder, 'libs')]
  const part = `kafka ${lock.version} jars`
  await downloadAll(items, {
    folder: blobs,
    tag: `kafka-${lock.version}`,
    part,
    signal: o.signal,
    progress: o.progress,
  })
  await mkdir(libs)
  for (const item of items) await place(blobPath(blobs, item), join(libs, item.name))
  await writeFile(join(folder, 'log4j2.properties'), LOG4J)
  const names = (wanted: (sets: readonly string[]) => boolean) =>
    lock.jars.filter((jar) => wanted(jar.sets)).map((jar) => basename(jar.path))
  const [broker, more] = [names((sets) => sets.includes('broker')), names((sets) => !sets.includes('broker'))]
  const commands = await writeCommands(lock.version, folder, broker, more)
  return { source: 'Maven jars', key: [...items.map((i) => `libs/${i.name}`), ...commands, 'log4j2.properties'] }
}

async function place(blob: string, to: string): Promise<void> {
  await link(blob, to).catch(async (error: unknown) => {
    if (!['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP'].includes(errnoOf(error) ?? '')) throw error
    await copyFile(blob, to)
  })
}
