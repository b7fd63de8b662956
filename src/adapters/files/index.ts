import { mkdir, readdir, readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { type Failure, MqopsError } from '../../model/failure.ts'

export type SpecFile = { readonly name: string; readonly folder: string; readonly bytes: Uint8Array }

/** Larger files are refused before they are read: no spec is that long, and a bomb should cost nothing. */
export const LARGEST_SPEC_BYTES = 10 * 1024 * 1024

/** Reads spec files; a folder stands for every *.yaml and *.yml in it, sorted by name. */
export async function readSpecFiles(
  paths: readonly string[],
  cwd: string,
): Promise<{ files: readonly SpecFile[]; failures: readonly Failure[] }> {
  const files: SpecFile[] = []
  const failures: Failure[] = []
  for (const path of paths) {
    try {
      for (const name of await expand(path, cwd)) files.push(await read(name, cwd))
    } catch (error) {
      if (!(error instanceof MqopsError)) throw error
      failures.push(error.failure)
    }
  }
  return { files, failures }
}

/** A folder of another tool: how many files, and levels, are looked at. */
const MOST_FILES = 10_000
const MOST_LEVELS = 16

/**
 * Reads files that other tools wrote, of at most `largest` bytes; a folder stands for every *.json, *.yaml and *.yml in
 * it and below, sorted. Links to folders are not followed, hidden ones not entered.
 */
export async function readForeignFiles(
  paths: readonly string[],
  cwd: string,
  largest: number,
): Promise<{ files: readonly SpecFile[]; failures: readonly Failure[] }> {
  const files: SpecFile[] = []
  const failures: Failure[] = []
  for (const path of paths) {
    try {
      const about = await stat(resolve(cwd, path)).catch((error: NodeJS.ErrnoException) => unreadable(path, error))
      const names = about.isDirectory() ? await below(path, cwd, MOST_LEVELS) : [path]
      if (names.length === 0)
        throw new MqopsError({
          code: 'MQOPS_SPEC_MISSING',
          summary: `the folder ${path} holds no *.json, *.yaml or *.yml`,
        })
      if (names.length > MOST_FILES)
        throw new MqopsError({
          code: 'MQOPS_SPEC_TOO_LARGE',
          summary: `the folder ${path} holds more than ${MOST_FILES} files: name one further down`,
        })
      for (const name of names) files.push(await read(name, cwd, largest))
    } catch (error) {
      if (!(error instanceof MqopsError)) throw error
      // What it hints at is about specs.
      const { hint: _, ...failure } = error.failure
      failures.push(failure)
    }
  }
  return { files, failures }
}

async function below(path: string, cwd: string, levels: number): Promise<readonly string[]> {
  if (levels === 0) return []
  const found: string[] = []
  const entries = await readdir(resolve(cwd, path), { withFileTypes: true }).catch((error: NodeJS.ErrnoException) =>
    unreadable(path, error),
  )
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const name = join(path, entry.name)
    if (entry.isFile() && /\.(json|ya?ml)$/.test(entry.name)) found.push(name)
    else if (entry.isDirectory() && !entry.name.startsWith('.')) found.push(...(await below(name, cwd, levels - 1)))
    if (found.length > MOST_FILES) break
  }
  return found
}

async function expand(path: string, cwd: string): Promise<readonly string[]> {
  const about = await stat(resolve(cwd, path)).catch((error: NodeJS.ErrnoException) => unreadable(path, error))
  if (!about.isDirectory()) return [path]
  const names = (await readdir(resolve(cwd, path))).filter((name) => /\.ya?ml$/.test(name)).sort()
  if (names.length === 0)
    throw new MqopsError({
      code: 'MQOPS_SPEC_MISSING',
      summary: `the folder ${path} holds no *.yaml`,
      hint: 'Make one with: mqops init',
    })
  return names.map((name) => join(path, name))
}

async function read(name: string, cwd: string, largest = LARGEST_SPEC_BYTES): Promise<SpecFile> {
  const absolute = resolve(cwd, name)
  const { size } = await stat(absolute).catch((error: NodeJS.ErrnoException) => unreadable(name, error))
  if (size > largest) {
    throw new MqopsError({
      code: 'MQOPS_SPEC_TOO_LARGE',
      summary: `${name} has ${size} bytes; at most ${largest} are read`,
      source: { file: name, line: 1, column: 1 },
      hint: 'Split it into several files of one folder.',
    })
  }
  const bytes = await readFile(absolute).catch((error: NodeJS.ErrnoException) => unreadable(name, error))
  return { name, folder: dirname(absolute), bytes }
}

function unreadable(name: string, error: NodeJS.ErrnoException): never {
  throw new MqopsError(
    error.code === 'ENOENT'
      ? {
          code: 'MQOPS_SPEC_MISSING',
          summary: `there is no ${name}`,
          hint: 'Name the spec with -f, or make a starter with: mqops init',
        }
      : { code: 'MQOPS_SPEC_UNREADABLE', summary: `can't read ${name}: ${error.code ?? error.message}` },
  )
}

/** Public things that clients need as files (a CA certificate). Returns the absolute path. */
export async function writeClientFile(folder: string, name: string, text: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  const file = join(folder, name)
  await writeFile(file, text)
  return file
}

/** Takes those files away again, and their folder when it is empty. */
export async function removeClientFiles(folder: string, clusters: readonly string[]): Promise<void> {
  for (const name of clusters) await rm(join(folder, `${name}-ca.crt`), { force: true })
  await rmdir(folder).catch(() => {}) // others' files are in it, or it was never made
}
