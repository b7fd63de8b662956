import { spawn } from 'node:child_process'
import { accessSync, constants, realpathSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { aborted, diskFull } from './errors.ts'

export type RunOptions = {
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  readonly cwd?: string
  readonly timeoutMs?: number
  readonly diskPath?: string // named when the child says that the disk is full
}
export type RunResult = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

const MAX_OUTPUT = 8 * 1024 * 1024

/** Runs a command to its end. A command that doesn't exist gives code 127; only an abort or a full disk throws. */
export function run(command: string, args: readonly string[], o: RunOptions): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const signal = o.timeoutMs === undefined ? o.signal : AbortSignal.any([o.signal, AbortSignal.timeout(o.timeoutMs)])
    const child = spawn(command, args, {
      env: o.env,
      signal,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(o.cwd === undefined ? {} : { cwd: o.cwd }),
    })
    const out = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        if (out[name].length < MAX_OUTPUT) out[name] += text
      })
    }
    let failed: NodeJS.ErrnoException | undefined
    child.on('error', (error) => {
      failed = error
    })
    child.on('close', (code) => {
      if (o.signal.aborted) reject(aborted(o.signal.reason))
      else if (failed?.code === 'ENOENT' || failed?.code === 'EACCES') resolve({ ...out, code: 127 })
      else if (failed !== undefined) resolve({ ...out, code: null, stderr: `${out.stderr}\n${failed.message}` })
      else if (code !== 0 && o.diskPath !== undefined && /no space left on device/i.test(out.stderr + out.stdout))
        reject(diskFull(o.diskPath, null, new Error(lastLine(out.stderr))))
      else resolve({ ...out, code })
    })
  })
}

/** The line that most often holds the reason. */
export const lastLine = (text: string): string => {
  const lines = text
    .split('\n')
    .map((l) => l.trim())
    .filter((l) => l !== '')
  return lines.findLast((l) => /^(E:|error|ERROR|fatal)/i.test(l)) ?? lines.at(-1) ?? ''
}

/** The first executable of that name on PATH, as written there; undefined when there is none. */
export function onPath(command: string, env: NodeJS.ProcessEnv): string | undefined {
  return (env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, command))
    .find(isExecutable)
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

export const realPath = (path: string): string => {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
