import { mkdtempSync, rmSync } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Cache } from '../../../../src/runtimes/cache.ts'
import type { EnsureOptions, InstallProgress } from '../../../../src/runtimes/types.ts'

/** A folder that goes with the test. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mqops-runtimes-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export const cacheIn = (folder: string, env: NodeJS.ProcessEnv = { PATH: '', HOME: folder }): Cache => ({
  root: join(folder, 'runtimes'),
  env,
})

export function options(): EnsureOptions & { readonly said: InstallProgress[] } {
  const said: InstallProgress[] = []
  return { signal: new AbortController().signal, progress: (p) => said.push(p), said }
}

/** An executable sh script. */
export async function sh(path: string, body: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, `#!/bin/sh\n${body}\n`)
  await chmod(path, 0o755)
  return path
}

export const file = async (path: string, content: string | Buffer): Promise<string> => {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, content)
  return path
}

export const rejection = async (promise: Promise<unknown>): Promise<Record<string, unknown> & Error> => {
  try {
    await promise
  } catch (error) {
    return error as Record<string, unknown> & Error
  }
  throw new Error('it was expected to fail')
}
