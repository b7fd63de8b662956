import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect } from 'vitest'
import { plainClients } from '../clients/install.ts'
import { guardedFolder } from '../support/guarded-folder.ts'
import { processesOf } from '../support/processes.ts'

export { processesOf }

const ROOT = resolve(import.meta.dirname, '..', '..')
const MAIN = join(ROOT, 'src', 'main.ts')

export type Ran = {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A folder of its own with the real binary in it; `end` destroys its clusters and checks that nothing is left. */
export class Project {
  readonly folder = guardedFolder('mqops-e2e-')
  readonly spec = join(this.folder, 'mqops.yaml')

  write(text: string, name = 'mqops.yaml'): void {
    writeFileSync(join(this.folder, name), text)
  }

  spawn(args: readonly string[], env: Record<string, string> = {}): ChildProcess {
    return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...args], {
      cwd: this.folder,
      env: { ...process.env, LANG: 'C.UTF-8', NO_COLOR: '1', ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
  }

  async run(args: readonly string[], o: { env?: Record<string, string>; input?: string } = {}): Promise<Ran> {
    const child = this.spawn(args, o.env)
    child.stdin?.end(o.input ?? '')
    return ended(child)
  }

  /** Runs and expects success; what went wrong is in the message. */
  async ok(...args: string[]): Promise<string> {
    const ran = await this.run(args)
    expect(ran.code, `mqops ${args.join(' ')}\n${ran.stdout}\n${ran.stderr}`).toBe(0)
    return ran.stdout
  }

  async json<T>(...args: string[]): Promise<T> {
    return JSON.parse(await this.ok(...args, '-o', 'json')) as T
  }

  async end(): Promise<void> {
    try {
      if (existsSync(join(this.folder, '.mqops-local'))) {
        const names = readdirSync(join(this.folder, '.mqops-local'))
        await this.run(['destroy', ...names, '--yes', ...names.flatMap((name) => ['--confirm', name])])
      }
      expect(processesOf(this.folder)).toEqual([])
    } finally {
      for (const { pid } of processesOf(this.folder)) process.kill(pid, 'SIGKILL')
      rmSync(this.folder, { recursive: true, force: true })
    }
  }
}

/** Local addresses (hex, as proc_pid_net(5) has them) on which processes of the folder listen. */
export function listeningAddresses(folder: string): readonly string[] {
  const ours = new Set<string>()
  for (const { pid } of processesOf(folder)) {
    for (const fd of readdirSync(`/proc/${pid}/fd`)) {
      try {
        ours.add(readlinkSync(`/proc/${pid}/fd/${fd}`))
      } catch {
        // closed while we looked
      }
    }
  }
  const rows = ['tcp', 'tcp6'].flatMap((table) => readFileSync(`/proc/net/${table}`, 'utf8').split('\n').slice(1))
  const columns = rows.map((row) => row.trim().split(/\s+/))
  return columns
    .filter((row) => row[3] === '0A' && ours.has(`socket:[${row[9]}]`))
    .map((row) => (row[1] as string).split(':')[0] as string)
}
/** 127.0.0.1, ::1 and ::ffff:127.0.0.1 */
export const LOOPBACK = ['0100007F', '00000000000000000000000001000000', '0000000000000000FFFF00000100007F']

export function ended(child: ChildProcess): Promise<Ran> {
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (data: string) => {
    stdout += data
  })
  child.stderr?.setEncoding('utf8').on('data', (data: string) => {
    stderr += data
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
}

/** A plain client of the broker: none of our code takes part. `connection` is what `connect -o json` printed. */
export function plainClient(verb: string, kind: string, args: readonly string[], connection: object): ChildProcess {
  const { python, env, script } = plainClients()
  const child = spawn(python, [script, verb, kind, ...args], { env, stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin?.write(`${JSON.stringify(connection)}\n`)
  if (!['witness', 'hold'].includes(verb)) child.stdin?.end()
  return child
}
