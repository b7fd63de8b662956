import { chmod, copyFile, link, mkdir, readdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { blobFolder, type Cache, install, type Installed, installed } from './cache.ts'
import { blobPath } from './download.ts'
import { downloadAll } from './download-all.ts'
import { errnoOf, RuntimeError } from './errors.ts'
import { ensureJava, findJava, type Java } from './java.ts'
import { archivePath, ensureArchive } from './kafka-archive.ts'
import { COMMANDS, LOG4J, script } from './kafka-commands.ts'
import { mavenRepository } from './maven.ts'
import { firstThatWorks, type Source } from './sources.ts'
import type { EnsureOptions, Installation, Wish } from './types.ts'
import { fits, KAFKA, type KafkaLock, resolve, unknownVersion } from './versions.ts'
import { listZip } from './zip.ts'

/** null: not installed, or there is no Java for it. */
export async function findKafka(cache: Cache, wish: Wish, signal: AbortSignal): Promise<Installation | null> {
  const version = resolve('kafka', wish.version)
  const found = version === undefined ? undefined : await installed(cache, 'kafka', version)
  const java = found && (await findJava(cache, signal))
  return found && java ? installation(cache, found, java) : null
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
  return installation(cache, found, java)
}

/** Whatever makes its starts faster: after each installation, and again when the machine's Java is another one. */
export async function readyKafka(cache: Cache, kafka: Installation, o: EnsureOptions): Promise<void> {
  const java = await findJava(cache, o.signal)
  if (java !== null) await ensureArchive(cache, kafka, java, o)
}

function installation(cache: Cache, { folder, manifest }: Installed, java: Java): Installation {
  return {
    software: 'kafka',
    version: manifest.version,
    from: `cache: ${manifest.source}; Java ${java.version} (${java.from})`,
    bin: join(folder, 'bin'),
    env: { MQOPS_JAVA: java.path, MQOPS_KAFKA_CDS: archivePath(cache, manifest.version, java) },
  }
}

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
  const commands = await writeCommands(lock, folder)
  return { source: 'Maven jars', key: [...items.map((i) => `libs/${i.name}`), ...commands, 'log4j2.properties'] }
}

async function place(blob: string, to: string): Promise<void> {
  await link(blob, to).catch(async (error: unknown) => {
    if (!['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP'].includes(errnoOf(error) ?? '')) throw error
    await copyFile(blob, to)
  })
}

async function writeCommands(lock: KafkaLock, folder: string): Promise<string[]> {
  const names = (wanted: (sets: readonly string[]) => boolean) =>
    lock.jars.filter((jar) => wanted(jar.sets)).map((jar) => basename(jar.path))
  const [broker, more] = [names((sets) => sets.includes('broker')), names((sets) => !sets.includes('broker'))]
  const classes = new Set<string>()
  for (const jar of [...broker, ...more].filter((n) => /^(kafka|connect)[_-]/.test(n)))
    for (const name of await listZip(join(folder, 'libs', jar))) classes.add(name)
  await mkdir(join(folder, 'bin'))
  const written: string[] = []
  for (const [command, mains] of Object.entries(COMMANDS)) {
    const main = mains.find((m) => classes.has(`${m.replaceAll('.', '/')}.class`))
    if (main === undefined) continue
    const path = join(folder, 'bin', command)
    await writeFile(path, script(command, main, broker, more))
    await chmod(path, 0o755)
    written.push(`bin/${command}`)
  }
  if (written.includes('bin/kafka-server-start')) return written
  throw new RuntimeError({
    code: 'MQOPS_RUNTIME_BROKEN',
    summary: `The jars of Kafka ${lock.version} hold no broker`,
    hint: `Ask for another version`,
  })
}
