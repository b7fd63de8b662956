import { spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder of its own. Should this process end without having removed it, what still runs in it ends, and it goes. */
export function guardedFolder(prefix: string): string {
  const folder = mkdtempSync(join(tmpdir(), prefix))
  const script = join(import.meta.dirname, 'sweeper.ts')
  const sweeper = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  // It learns the folder by what ends with this process: named in its arguments it would be one of the processes there.
  sweeper.stdin.write(folder)
  sweeper.unref()
  const pipe = sweeper.stdin as unknown as { unref(): void }
  pipe.unref()
  return folder
}
