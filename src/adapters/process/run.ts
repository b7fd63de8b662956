import { spawn } from 'node:child_process'
import { basename } from 'node:path'
import { MqopsError } from '../../model/failure.ts'
import type { RunOptions, RunResult } from '../../ports/process.ts'

const MOST_BYTES = 16 * 1024 * 1024

/** In a process group of its own, so that a time limit ends helpers of the command as well. */
export async function runCommand(argv: readonly string[], o: RunOptions): Promise<RunResult> {
  const [command, ...args] = argv as [string, ...string[]]
  const name = basename(command)
  o.signal.throwIfAborted()
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: o.cwd, env: o.env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    const output = { stdout: '', stderr: '' }
    let ending: Error | null = null
    const end = (reason: Error): void => {
      ending ??= reason
      killGroup(child.pid)
    }
    const aborted = (): void =>
      end(o.signal.reason instanceof Error ? o.signal.reason : new Error(String(o.signal.reason)))
    const timer = setTimeout(() => {
      end(
        new MqopsError({
          code: 'MQOPS_TIMEOUT',
          summary: `${name} did not end within ${o.timeoutMs / 1000} s`,
          retryable: true,
        }),
      )
    }, o.timeoutMs)
    const settle = (done: () => void): void => {
      clearTimeout(timer)
      o.signal.removeEventListener('abort', aborted)
      done()
    }
    o.signal.addEventListener('abort', aborted, { once: true })
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        if (output[stream].length < MOST_BYTES) output[stream] += text
      })
    }
    child.on('error', (cause) => {
      const hint = 'the distribution is incomplete: install it again'
      settle(() =>
        reject(new MqopsError({ code: 'MQOPS_RUNTIME_COMMAND', summary: `${name} could not be run`, hint }, { cause })),
      )
    })
    // A daemon that the command leaves behind may keep the pipes open: its exit counts, with a moment for the last words.
    child.on('exit', (code, signal) => {
      const finish = (): void =>
        settle(() => (ending ? reject(ending) : resolve({ code: code ?? exitCodeOf(signal), ...output })))
      const last = setTimeout(finish, 500)
      child.on('close', () => {
        clearTimeout(last)
        finish()
      })
    })
  })
}

const exitCodeOf = (signal: NodeJS.Signals | null): number => (signal === 'SIGTERM' ? 143 : 137)

function killGroup(pid: number | undefined): void {
  try {
    if (pid) process.kill(-pid, 'SIGKILL')
  } catch {
    // It ended by itself in the meantime.
  }
}
