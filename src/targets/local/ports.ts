import { createServer } from 'node:net'
import { join } from 'node:path'
import { MqopsError } from '../../model/failure.ts'
import type { Processes } from '../../ports/process.ts'
import { makeFolder, readJson, writeJson } from './disk.ts'
import { withLock } from './lock.ts'

/**
 * Ports that clusters of this user have on this machine, running or not, so that two of them never collide. The truth is
 * each cluster's allocation.json: this register is only where the others look, and may be lost.
 */
type Register = { readonly v: 1; readonly ports: Record<string, string> } // port -> the folder of its cluster

export type PortPool = {
  readonly cache: string
  readonly range: readonly [number, number]
  readonly processes: Processes
  readonly sleep: (ms: number) => Promise<void>
}

/**
 * Chooses `count` ports that nobody has, lowest first; `keep` makes the choice last (writes the allocation) before
 * another cluster may choose. Throws MQOPS_PORT_TAKEN when the range has not so many.
 */
export async function choosePorts<T>(
  pool: PortPool,
  root: string,
  owned: readonly number[],
  count: number,
  keep: (ports: readonly number[]) => Promise<T>,
): Promise<T> {
  return inRegister(pool, async (register, write) => {
    const taken = new Set(
      Object.entries(await stillTrue(register)).flatMap(([port, folder]) => (folder === root ? [] : [Number(port)])),
    )
    const chosen: number[] = []
    for (let port = pool.range[0]; chosen.length < count && port <= pool.range[1]; port++) {
      if (!taken.has(port) && !owned.includes(port) && (await isFree(port))) chosen.push(port)
    }
    if (chosen.length < count) {
      throw new MqopsError({
        code: 'MQOPS_PORT_TAKEN',
        summary: `${pool.range.join('-')} has only ${chosen.length} of ${count} free ports`,
        hint: 'give a wider target.local.portRange, or destroy clusters that are not needed',
      })
    }
    const kept = await keep(chosen)
    await write(root, [...owned, ...chosen])
    return kept
  })
}

/** Enters ports that a cluster has already: its folder was moved, or the register was lost. Others' stay theirs. */
export const claimPorts = (pool: PortPool, root: string, ports: readonly number[]): Promise<void> =>
  inRegister(pool, async (register, write) => {
    const known = await stillTrue(register)
    const open = ports.filter((port) => known[port] === undefined || known[port] === root)
    if (open.some((port) => known[port] === undefined)) await write(root, open)
  })

export const releasePorts = (pool: PortPool, root: string): Promise<void> =>
  inRegister(pool, (_register, write) => write(root, []))

async function inRegister<T>(
  pool: PortPool,
  act: (register: Register, write: (root: string, ports: readonly number[]) => Promise<void>) => Promise<T>,
): Promise<T> {
  await makeFolder(pool.cache)
  const file = join(pool.cache, 'ports.json')
  return withLock(
    join(pool.cache, 'ports.lock'),
    { what: `the register of ports in ${pool.cache}`, timeoutMs: 60_000, sleep: pool.sleep },
    async () => {
      const register = (await readJson<Register>(file, 1)) ?? { v: 1, ports: {} }
      return act(register, async (root, ports) => {
        const others = Object.entries(await stillTrue(register)).filter(([, folder]) => folder !== root)
        await writeJson(file, {
          v: 1,
          ports: Object.fromEntries([...others, ...ports.map((port) => [String(port), root] as const)]),
        })
      })
    },
  )
}

/** Without those of clusters that were deleted by hand. */
async function stillTrue(register: Register): Promise<Record<string, string>> {
  const allotted = new Map<string, ReadonlySet<number>>()
  for (const folder of new Set(Object.values(register.ports))) {
    const file = await readJson<{ v: 1; members: readonly { ports: Record<string, number> }[] }>(
      join(folder, 'allocation.json'),
      1,
    ).catch(() => null)
    allotted.set(folder, new Set(file?.members.flatMap((member) => Object.values(member.ports)) ?? []))
  }
  return Object.fromEntries(
    Object.entries(register.ports).filter(([port, folder]) => allotted.get(folder)?.has(Number(port))),
  )
}

/** Can a server listen there now? Asked of the kernel, by listening for a moment. */
export const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })

/** Throws MQOPS_PORT_TAKEN naming each port that is in use, and by whom. */
export async function needFree(processes: Processes, name: string, ports: readonly number[]): Promise<void> {
  const taken: string[] = []
  for (const port of ports) {
    if (await isFree(port)) continue
    const holder = await processes.holder(port)
    taken.push(
      holder ? `${port} (${holder.command}, pid ${holder.pid})` : `${port} (by a process that this user may not see)`,
    )
  }
  if (taken.length === 0) return
  throw new MqopsError({
    code: 'MQOPS_PORT_TAKEN',
    summary: `${name} can't start: 127.0.0.1 port ${taken.join(', port ')} is in use`,
    hint: 'end that process, then try again: the ports of a cluster stay as they were allotted',
    retryable: true,
  })
}
