import { execFile } from 'node:child_process'
import { readFile, readdir } from 'node:fs/promises'
import type { ProcessIdentity, Standing } from '../../ports/process.ts'

/** What the kernel says of a process now. `start`: a text that no later process of the same pid has. */
export type Seen = { readonly pid: number; readonly start: string; readonly ended: boolean; readonly session: number }

/** Where facts about processes come from: /proc, or `ps` on systems without it. */
export interface ProcessTable {
  boot(): Promise<string>
  see(pid: number): Promise<Seen | null>
  /** Processes of this session whose environment holds the token: children whose parent may be gone. */
  descendants(session: number, token: string): Promise<readonly number[]>
}

export const TOKEN_VARIABLE = 'MQOPS_PROCESS'

/**
 * Linux: proc(5). Field 22 of /proc/PID/stat is the start in clock ticks after boot, field 20 how many threads there are:
 * as long as another one lives, ports and files are still held, though the first is a zombie already.
 */
export function procTable(folder = '/proc'): ProcessTable {
  const see = async (pid: number): Promise<Seen | null> => {
    const text = await readFile(`${folder}/${pid}/stat`, 'utf8').catch(() => null)
    // The command may hold spaces and brackets: the fields that count follow the last ')'.
    const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ')
    if (!fields || fields.length < 20) return null
    return {
      pid,
      start: fields[19] as string,
      ended: (fields[0] === 'Z' || fields[0] === 'X') && Number(fields[17]) <= 1,
      session: Number(fields[3]),
    }
  }
  return {
    boot: async () => (await readFile(`${folder}/sys/kernel/random/boot_id`, 'utf8')).trim(),
    see,
    async descendants(session, token) {
      const pids = (await readdir(folder)).filter((name) => /^\d+$/.test(name)).map(Number)
      const seen = await Promise.all(pids.map(see))
      const candidates = seen.filter((one) => one !== null && one.session === session && !one.ended)
      const ours = await Promise.all(candidates.map((one) => hasToken(`${folder}/${one?.pid}/environ`, token)))
      return candidates.flatMap((one, i) => (one && ours[i] ? [one.pid] : []))
    },
  }
}

const hasToken = async (file: string, token: string): Promise<boolean> =>
  (await readFile(file, 'utf8').catch(() => '')).split('\0').includes(`${TOKEN_VARIABLE}=${token}`)

/** macOS and other systems without /proc: ps(1), with the start to the second. Children of a dead parent stay unseen. */
export function psTable(): ProcessTable {
  return {
    boot: () => ask('sysctl', ['-n', 'kern.bootsessionuuid']),
    async see(pid) {
      const line = await ask('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]).catch(() => '')
      const [, state, start] = /^(\S+)\s+(.+)$/.exec(line) ?? []
      return state && start
        ? { pid, start: start.replace(/\s+/g, '_'), ended: state.startsWith('Z'), session: pid }
        : null
    },
    descendants: async () => [],
  }
}

const ask = (command: string, args: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const env = { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin:/usr/sbin:/sbin' }
    execFile(command, args, { timeout: 5000, env }, (error, stdout) => (error ? reject(error) : resolve(stdout.trim())))
  })

/** The process itself decides; when it is gone, what it begot. */
export async function standingOf(table: ProcessTable, identity: ProcessIdentity): Promise<Standing> {
  if ((await table.boot()) !== identity.boot) return 'rebooted'
  const seen = await table.see(identity.pid)
  if (seen && seen.start !== identity.start) return 'foreign'
  if (seen && !seen.ended) return 'running'
  return (await table.descendants(identity.pid, identity.token)).length > 0 ? 'running' : 'ended'
}

/** pid, start, boot and the place of its folder on one line: written by a shell before it becomes the program. */
export function parseIdentity(text: string, token: string): (ProcessIdentity & { readonly place: string }) | null {
  const [, pid, start, boot, place] = /^(\d+) (\S+) (\S+) (\S+)\n$/.exec(text) ?? []
  return pid && start && boot && place ? { pid: Number(pid), start, boot, token, place } : null
}
