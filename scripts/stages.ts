// The stages of npm test: four static ones, each of which counts as one test, and the vitest projects.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { constants, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { countTests, type Counts } from './count.ts'

const root = join(import.meta.dirname, '..')
const bin = (path: string): string => join(root, 'node_modules', path)

const STATIC: Record<string, string[][]> = {
  lint: [[bin('oxlint/bin/oxlint'), '--type-aware', '--deny-warnings'], [join(root, 'scripts/clock.ts')]],
  format: [[bin('@biomejs/biome/bin/biome'), 'format']],
  typecheck: [[bin('typescript/bin/tsc')]],
  layers: [[bin('dependency-cruiser/bin/dependency-cruiser.mjs'), 'src', '--config', '.dependency-cruiser.cjs']],
}
const PROJECTS = ['unit', 'sim', 'conformance', 'e2e']
/** The only project that can't be empty: the others come with what they test. */
const NEVER_EMPTY = 'unit'

export const STAGES: readonly string[] = [...Object.keys(STATIC), ...PROJECTS]
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export type Outcome = Counts & { stage: string; seconds: number }

export async function runStage(stage: string): Promise<Outcome> {
  const start = performance.now()
  const counts = PROJECTS.includes(stage) ? await runProject(stage) : await runStatic(STATIC[stage] ?? [])
  return { stage, ...counts, seconds: (performance.now() - start) / 1000 }
}

async function runStatic(commands: string[][]): Promise<Counts> {
  let ok = true
  for (const command of commands) ok = (await node(command)) === 0 && ok
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 }
}

async function runProject(project: string): Promise<Counts> {
  if ((await Array.fromAsync(glob(`test/${project}/**/*.test.ts`, { cwd: root }))).length === 0) {
    console.log(`no tests in test/${project}`)
    return { passed: 0, failed: project === NEVER_EMPTY ? 1 : 0, skipped: 0 }
  }
  const folder = mkdtempSync(join(tmpdir(), 'mqops-test-'))
  try {
    const report = join(folder, 'report.json')
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    const code = await node([bin('vitest/vitest.mjs'), 'run', '--project', project, ...reporters])
    return countTests(read(report), code)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const read = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null // vitest died before it could write
  }
}

/** Runs a script with this Node in the repository; a signal for us ends it, and with it everything. */
const node = (command: string[]): Promise<number> =>
  new Promise((done, fail) => {
    const env = { ...process.env, PATH: [bin('.bin'), process.env['PATH'] ?? ''].join(delimiter) }
    const child = spawn(process.execPath, command, { cwd: root, env, stdio: 'inherit' })
    const forward = FORWARDED.map((signal) => {
      const handler = (): void => {
        child.kill(signal)
        child.once('close', () => process.exit(128 + constants.signals[signal]))
      }
      process.once(signal, handler)
      return () => process.off(signal, handler)
    })
    child.once('error', fail)
    child.once('close', (code) => {
      for (const stop of forward) stop()
      done(code ?? 1)
    })
  })
