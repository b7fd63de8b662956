import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { measured, type Took } from './measure.ts'

const ROOT = resolve(import.meta.dirname, '..')

/** How peers reach a cluster that mqops made. */
export type Login = {
  readonly endpoints: readonly string[]
  readonly username: string
  readonly password: string
  readonly caFile: string
  readonly managementUrl: string | null
}

/** A folder with clusters of its own, and the real command in it: each call a cold process. */
export type Project = {
  readonly folder: string
  write(text: string, name?: string): string
  /** Destroys nothing: a run that is measured says what it did. */
  mqops(...args: string[]): Promise<Took>
  login(cluster: string, user?: string): Promise<Login>
  end(...clusters: string[]): Promise<void>
}

export function project(): Project {
  const folder = mkdtempSync(join(tmpdir(), 'mqops-bench-'))
  const mqops = (...args: string[]) =>
    measured([join(ROOT, 'mqops'), ...args], { cwd: folder, env: { LANG: 'C.UTF-8', NO_COLOR: '1' }, memory: true })
  return {
    folder,
    mqops,
    write(text, name = 'mqops.yaml') {
      const file = join(folder, name)
      writeFileSync(file, text)
      return file
    },
    async login(cluster, user) {
      const who = user === undefined ? [] : ['--user', user]
      const { output } = await mqops('connect', cluster, ...who, '-o', 'json', '--show-secrets')
      return JSON.parse(output) as Login
    },
    async end(...clusters) {
      try {
        await mqops('destroy', '--yes', ...clusters.flatMap((name) => ['--confirm', name]), ...clusters)
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
  }
}

/** Says on the way what took how long: a benchmark of minutes should not be silent. */
export async function told(what: string, work: Promise<Took>): Promise<Took> {
  const took = await work
  console.error(`${what}: ${took.seconds.toFixed(2)} s, ${took.mib} MiB`)
  return took
}

/** A peer's program from the environment; null, and said, when it is not given. */
export function peer(variable: string, what: string): string | null {
  const file = process.env[variable]
  if (file) return resolve(file)
  console.error(`without ${what}: give its program as ${variable}=PATH`)
  return null
}
