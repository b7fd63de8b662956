import { existsSync, rmSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { processesOf } from './processes.ts'

/** Reads a folder, then waits for the end of whoever wrote it; see guarded-folder.ts. */
const folder = await text(process.stdin)
if (existsSync(folder)) {
  // Those that see to others being started again may do so meanwhile.
  for (let left = processesOf(folder); left.length > 0; left = processesOf(folder))
    for (const { pid } of left)
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // has ended
      }
  rmSync(folder, { recursive: true, force: true })
}
