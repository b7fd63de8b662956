import { existsSync } from 'node:fs'
import type { ProcessIdentity, Processes } from '../../ports/process.ts'
import { latestStarted, settleSlot, startDetached, writeNote } from './detached.ts'
import { isListening, portHolder } from './holder.ts'
import { procTable, psTable, standingOf } from './identity.ts'
import type { ProcessTable } from './identity.ts'
import { runCommand } from './run.ts'

const POLL_MS = 20

/** @param table where facts about processes come from: the machine's own, unless a test changes them. */
export function createProcesses(table: ProcessTable = machineTable()): Processes {
  const standing = (identity: ProcessIdentity) => standingOf(table, identity)
  return {
    async self() {
      const seen = await table.see(process.pid)
      return { pid: process.pid, start: seen?.start ?? '', boot: await table.boot(), token: '' }
    },
    standing,
    start: (options) => startDetached(table, options),
    latest: (slot) => latestStarted(table, slot),
    settle: (slot) => settleSlot(table, slot),
    annotate: writeNote,
    async signal(identity, signal) {
      if ((await standing(identity)) !== 'running') return false
      const seen = await table.see(identity.pid)
      const leads = seen !== null && seen.start === identity.start && !seen.ended
      // It leads a group of its own: a negative pid reaches what it begot. Orphans are named one by one.
      const orphans = leads ? [] : await table.descendants(identity.pid, identity.token)
      const sent = (leads ? [signal === 'SIGKILL' ? -identity.pid : identity.pid] : orphans).map((pid) =>
        send(pid, signal),
      )
      return sent.includes(true)
    },
    async ended(identity, timeoutMs, sleep) {
      const deadline = performance.now() + timeoutMs
      while ((await standing(identity)) === 'running') {
        if (performance.now() >= deadline) return false
        await sleep(POLL_MS)
      }
      return true
    },
    run: runCommand,
    listening: (port) => isListening(port),
    holder: (port) => portHolder(port),
  }
}

export const machineTable = (): ProcessTable => (existsSync('/proc/self/stat') ? procTable() : psTable())

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}
