import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Json } from '../../model/json.ts'
import { MqopsError } from '../../model/failure.ts'
import type { StartOptions, Started } from '../../ports/process.ts'
import { TOKEN_VARIABLE, parseIdentity, standingOf } from './identity.ts'
import type { ProcessTable } from './identity.ts'

/**
 * How a start can't be lost, nor happen twice, whoever dies when:
 *
 *   starter   makes the folder  slot/start-T  with the note, and spawns a shell
 *   shell     writes its own identity into slot/start-T, renames that to slot/run-T, and only then becomes the program
 *   settle    renames slot/start-T to slot/void-T: a shell that comes later finds nothing to rename, and ends
 *
 * rename(2) is atomic: the shell or `settle` has it, never both. So run-T stands for each program that ever ran, and only
 * for those. No process id passes through our memory, which a kill -9 would wipe.
 *
 * The identity names the very folder it stands in (device and inode: a rename keeps them, a copy has others), so that a
 * copy of a slot never passes for the one that the process belongs to.
 */
export const SHELL = `
umask 077
if [ -r "/proc/$$/stat" ]; then
  read -r line <"/proc/$$/stat"
  start=$(set -- \${line##*) }; printf %s "\${20}")
else
  start=$(LC_ALL=C TZ=UTC command -p ps -o lstart= -p $$ | command -p tr -s ' ' '_' | command -p sed 's/^_//;s/_$//')
fi
printf '%s %s %s %s\\n' "$$" "$start" "$1" "$4" >"$2/identity" || exit 70
command -p mv "$2" "$3" || exit 70
limit=$(ulimit -S -n)
[ "$limit" != unlimited ] && [ "$limit" -le 1048576 ] || ulimit -S -n 1048576
shift 4
exec "$@"
`
// The limit of open files: Erlang and Java size tables by it, and some machines set it to 2^30.

const CLAIM_TIMEOUT_MS = 15_000
const tokenOf = (name: string) => /^run-([0-9a-f]+)$/.exec(name)?.[1]

export async function startDetached(table: ProcessTable, o: StartOptions): Promise<Started> {
  const token = `${Date.now().toString(16).padStart(12, '0')}${randomBytes(8).toString('hex')}`
  const pending = join(o.slot, `start-${token}`)
  const claimed = join(o.slot, `run-${token}`)
  await mkdir(pending, { recursive: true, mode: 0o700 })
  await writeFile(join(pending, 'note.json'), `${JSON.stringify(o.note, null, 2)}\n`, { mode: 0o600 })
  const [boot, place] = [await table.boot(), await placeOf(pending)]
  const log = await open(o.log, 'a', 0o600)
  let code = null as number | string | null // assigned by events, which control flow analysis doesn't see
  try {
    const child = spawn('/bin/sh', ['-c', SHELL, 'mqops', boot, pending, claimed, place, ...o.argv], {
      cwd: o.cwd,
      env: { ...o.env, [TOKEN_VARIABLE]: token },
      stdio: ['ignore', log.fd, log.fd],
      detached: true,
    })
    child.on('exit', (status, signal) => (code = status ?? signal))
    child.on('error', (error) => (code = error.message))
    child.unref()
  } finally {
    await log.close()
  }
  const deadline = performance.now() + CLAIM_TIMEOUT_MS
  for (;;) {
    const made = await readStarted(table, o.slot, token)
    if (made) return made
    if (code !== null || performance.now() > deadline) {
      await withdraw(o.slot, token)
      const late = await readStarted(table, o.slot, token)
      if (late) return late
      const why = code === null ? `no sign of life for ${CLAIM_TIMEOUT_MS / 1000} s` : `ended with ${code}`
      throw new MqopsError({
        code: 'MQOPS_MEMBER_DIED',
        summary: `${o.argv[0]} could not be started: ${why}`,
        detail: `log: ${o.log}`,
        retryable: code === null,
      })
    }
    await delay(2)
  }
}

/** The newest start that came about. Tokens begin with the time, so their order is the order of starts. */
export async function latestStarted(table: ProcessTable, slot: string): Promise<Started | null> {
  const tokens = (await entries(slot))
    .flatMap((name) => tokenOf(name) ?? [])
    .sort()
    .reverse()
  let newest: Started | null = null
  for (const token of tokens) {
    const one = await readStarted(table, slot, token)
    if (one?.standing === 'running') return one
    newest ??= one
  }
  return newest
}

/** Withdraws what has not come about, forgets all but the newest of what has ended. */
export async function settleSlot(table: ProcessTable, slot: string): Promise<Started | null> {
  for (const name of await entries(slot)) {
    const token = /^(?:start|void)-([0-9a-f]+)$/.exec(name)?.[1]
    if (token) await withdraw(slot, token)
  }
  const newest = await latestStarted(table, slot)
  for (const name of await entries(slot)) {
    const token = tokenOf(name)
    if (token && join(slot, name) !== newest?.folder) {
      const one = await readStarted(table, slot, token)
      if (one?.standing !== 'running') await rm(join(slot, name), { recursive: true, force: true })
    }
  }
  return newest
}

export async function writeNote(started: Started, note: Json): Promise<void> {
  const file = join(started.folder, 'note.json')
  const handle = await open(`${file}.new`, 'w', 0o600)
  try {
    await handle.writeFile(`${JSON.stringify(note, null, 2)}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(`${file}.new`, file)
}

async function withdraw(slot: string, token: string): Promise<void> {
  const gone = join(slot, `void-${token}`)
  await rename(join(slot, `start-${token}`), gone).catch(ignoreMissing)
  await rm(gone, { recursive: true, force: true })
}

async function readStarted(table: ProcessTable, slot: string, token: string): Promise<Started | null> {
  const folder = join(slot, `run-${token}`)
  const file = join(folder, 'identity')
  const [text, times, note] = await Promise.all([
    readFile(file, 'utf8').catch(() => null),
    stat(file).catch(() => null),
    readFile(join(folder, 'note.json'), 'utf8').then(
      (json) => JSON.parse(json) as Json,
      () => null,
    ),
  ])
  const written = text === null ? null : parseIdentity(text, token)
  if (!written || !times) return null
  const { place, ...identity } = written
  const standing = await standingOf(table, identity)
  const copied = standing === 'running' && place !== (await placeOf(folder))
  return { identity, standing: copied ? 'copied' : standing, startedAt: Math.round(times.mtimeMs), folder, note }
}

const placeOf = async (folder: string): Promise<string> => {
  const { dev, ino } = await stat(folder, { bigint: true })
  return `${dev}:${ino}`
}

const entries = (folder: string): Promise<string[]> => readdir(folder).catch(() => [])

const ignoreMissing = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'ENOENT') throw error
}
