import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt')

/** The folder with the plain clients' packages, installed once per machine by the user's own pip. */
export function plainClients(): { python: string; env: Record<string, string>; script: string } {
  const tag = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 12)
  const cache = process.env['MQOPS_CACHE'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'mqops')
  const folder = join(cache, `plain-clients-${tag}`)
  if (!existsSync(folder)) {
    mkdirSync(cache, { recursive: true })
    const making = `${folder}.${process.pid}`
    execFileSync('python3', ['-m', 'pip', 'install', '--quiet', '--target', making, '-r', REQUIREMENTS], {
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    try {
      renameSync(making, folder)
    } catch {
      rmSync(making, { recursive: true, force: true }) // another run was faster
    }
  }
  return {
    python: 'python3',
    env: { ...(process.env as Record<string, string>), PYTHONPATH: folder },
    script: join(import.meta.dirname, 'plain.py'),
  }
}
