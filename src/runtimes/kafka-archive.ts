import { randomBytes } from 'node:crypto'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Cache, lockPath } from './cache.ts'
import { isDiskFull, messageOf } from './errors.ts'
import type { Java } from './java.ts'
import { FAST } from './kafka-commands.ts'
import { withLock } from './lock.ts'
import type { EnsureOptions, Installation } from './types.ts'

const LIMIT_MS = 90_000
const STOP_MS = 60_000

/** A class archive (JEP 350) belongs to one Kafka, one Java and one place of the jars: the JVM ignores any other. */
export const archivePath = (cache: Cache, kafka: string, java: Java): string =>
  join(cache.root, 'cds', `kafka-${kafka}-java-${java.version}.jsa`)

/** Starts a broker once for a short while, to keep its loaded classes: later starts take about half as long. */
export async function ensureArchive(cache: Cache, kafka: Installation, java: Java, o: EnsureOptions): Promise<void> {
  const archive = kafka.env['MQOPS_KAFKA_CDS'] ?? archivePath(cache, kafka.version, java)
  const from = [java.path, join(kafka.bin, '..', 'manifest.json')] // a JVM refuses an archive of other files
  const done = async () => (await newer(archive, from)) || (await newer(`${archive}.failed`, from))
  if (await done()) return
  const say = (note: string) => o.progress({ part: `kafka ${kafka.version}`, doneBytes: 0, totalBytes: null, note })
  const waiting = (holder: string) => say(`waiting for process ${holder}, which archives its classes`)
  await withLock(lockPath(cache, 'cds'), o.signal, waiting, async () => {
    if (await done()) return
    say('one start to archive its classes, which makes all later starts faster')
    const folder = join(cache.root, 'cds')
    await mkdir(folder, { recursive: true })
    // under the lock: what another left here, it left when it died
    for (const name of await readdir(folder)) if (name.startsWith('making-')) await remove(join(folder, name))
    const scratch = await mkdtemp(join(folder, 'making-'))
    try {
      await train(kafka, scratch, o.signal)
      await rename(join(scratch, 'classes.jsa'), archive)
    } catch (error) {
      if (o.signal.aborted || isDiskFull(error)) throw error
      // starts take longer then: no reason to fail, and none to try at every start
      await writeFile(`${archive}.failed`, `${messageOf(error)}\n`)
      say(`without an archive of its classes starts take longer: ${messageOf(error)}`)
    } finally {
      await remove(scratch)
    }
  })
}

const remove = (path: string) => rm(path, { recursive: true, force: true })

async function newer(file: string, sources: readonly string[]): Promise<boolean> {
  const [made, ...from] = await Promise.all([file, ...sources].map((path) => stat(path).catch(() => undefined)))
  return (
    made !== undefined && from.every((one) => one === undefined || made.mtimeMs >= Math.max(one.mtimeMs, one.ctimeMs))
  )
}

async function train(kafka: Installation, folder: string, signal: AbortSignal): Promise<void> {
  const [broker, controller] = [await freePort(), await freePort()]
  await mkdir(join(folder, 'data'))
  const id = randomBytes(16).toString('base64url')
  await writeFile(join(folder, 'data/meta.properties'), `version=1\ncluster.id=${id}\nnode.id=1\n`)
  await writeFile(join(folder, 'server.properties'), properties(folder, broker, controller))
  const child = spawn('sh', ['-c', UNTIL_WE_LET_GO, join(kafka.bin, 'kafka-server-start'), 'server.properties'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    env: {
      PATH: '/usr/bin:/bin',
      MQOPS_JAVA: kafka.env['MQOPS_JAVA'],
      KAFKA_JVM_OPTS: `${FAST} -XX:ArchiveClassesAtExit=classes.jsa`,
    },
  })
  const ended = once(child, 'exit')
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)])
  try {
    while (!(await answers(broker))) {
      if (child.exitCode !== null) throw new Error(`the broker ended with ${child.exitCode}`)
      await delay(50, undefined, { signal: deadline })
    }
  } finally {
    child.stdio[3]?.destroy()
    await Promise.race([ended, delay(STOP_MS, undefined, { ref: false })])
  }
}

/** Ends the broker when descriptor 3 closes: by our hand, or because we died. */
const UNTIL_WE_LET_GO = '"$0" "$@" 3<&- & p=$!; (read _ <&3; kill $p 2>/dev/null) & wait $p'

const properties = (folder: string, broker: number, controller: number): string =>
  Object.entries({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    listeners: `PLAINTEXT://127.0.0.1:${broker},CONTROLLER://127.0.0.1:${controller}`,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': join(folder, 'data'),
    'log.cleaner.dedupe.buffer.size': 8388608,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS',
  })
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}

const answers = async (port: number): Promise<boolean> => {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
