import { execFile } from 'node:child_process'
import { readFile, readdir, readlink } from 'node:fs/promises'

export type PortHolder = { readonly pid: number; readonly command: string }

/** Who has a TCP socket on this local port, listening ones first. Only what this user may see: null is no proof. */
export async function portHolder(port: number, folder = '/proc'): Promise<PortHolder | null> {
  const tables = await socketTables(folder)
  if (tables.length === 0) return holderByLsof(port)
  const all = socketsOn(port, tables)
  const listening = all.filter((socket) => socket.listening)
  const inodes = (listening.length > 0 ? listening : all).map((socket) => socket.link)
  if (inodes.length === 0) return null
  const pids = (await readdir(folder)).filter((name) => /^\d+$/.test(name))
  for (const pid of pids) {
    const descriptors = await readdir(`${folder}/${pid}/fd`).catch(() => [])
    const links = await Promise.all(descriptors.map((fd) => readlink(`${folder}/${pid}/fd/${fd}`).catch(() => '')))
    if (links.some((link) => inodes.includes(link))) {
      const command = (await readFile(`${folder}/${pid}/comm`, 'utf8').catch(() => '?')).trim()
      return { pid: Number(pid), command }
    }
  }
  return null
}

export async function isListening(port: number, folder = '/proc'): Promise<boolean | null> {
  const tables = await socketTables(folder)
  return tables.length === 0 ? null : socketsOn(port, tables).some((socket) => socket.listening)
}

const socketTables = async (folder: string): Promise<readonly string[]> => {
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`${folder}/net/${name}`, 'utf8').catch(() => null)),
  )
  return tables.filter((table) => table !== null)
}

/** proc_pid_net(5): column 2 local address in hex, column 4 state (0A: listening), column 10 inode (0: nobody's any more). */
export function socketsOn(
  port: number,
  tables: readonly string[],
): readonly { readonly link: string; readonly listening: boolean }[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const rows = tables.flatMap((table) => table.split('\n').slice(1)).map((line) => line.trim().split(/\s+/))
  const local = rows.filter((columns) => columns[1]?.endsWith(suffix) && columns[9] !== '0')
  return local.map((columns) => ({ link: `socket:[${columns[9]}]`, listening: columns[3] === '0A' }))
}

const holderByLsof = (port: number): Promise<PortHolder | null> =>
  new Promise((resolve) => {
    execFile('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'], { timeout: 5000 }, (_error, stdout) => {
      const [, pid, command] = /^p(\d+)\nc(.+)$/m.exec(stdout) ?? []
      resolve(pid && command ? { pid: Number(pid), command } : null)
    })
  })
