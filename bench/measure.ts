import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}

/** What a command took: wall seconds, and the most memory that its processes held together, in MiB. */
export type Took = { readonly seconds: number; readonly mib: number; readonly output: string }

export const none: Took = { seconds: Number.NaN, mib: Number.NaN, output: '' }

/** Wall time of a command in seconds; throws with its output when it fails. */
export const timed = async (
  argv: readonly string[],
  o: { cwd: string; env?: Record<string, string> },
): Promise<number> => (await measured(argv, o)).seconds

const LOOK_MS = 20

/** As `timed`, with memory (Linux: the high-water marks of the process and its children, looked at every 20 ms) and output. */
export function measured(
  argv: readonly string[],
  o: { cwd: string; env?: Record<string, string>; memory?: boolean },
): Promise<Took> {
  const [command, ...args] = argv as [string, ...string[]]
  const began = performance.now()
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: o.cwd,
      env: { ...process.env, ...o.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const peaks = new Map<number, number>()
    const look = setInterval(() => {
      if (o.memory && child.pid !== undefined) lookAt(child.pid, peaks)
    }, LOOK_MS)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()))
    child.on('error', reject)
    child.on('exit', () => clearInterval(look))
    child.on('close', (code) => {
      const seconds = (performance.now() - began) / 1000
      const mib = Math.round([...peaks.values()].reduce((sum, kib) => sum + kib, 0) / 1024)
      if (code === 0) resolve({ seconds, mib, output })
      else reject(new Error(`${argv.join(' ').slice(0, 500)} ended with ${code}\n${output.slice(-3000)}`))
    })
  })
}

function lookAt(pid: number, peaks: Map<number, number>): void {
  try {
    const kib = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    if (kib !== undefined) peaks.set(pid, Math.max(peaks.get(pid) ?? 0, Number(kib)))
    for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean))
      lookAt(Number(child), peaks)
  } catch {
    // it ended meanwhile
  }
}

/** Medians of several runs of one thing. */
export const medianOf = (runs: readonly Took[]): Took =>
  runs.length === 0
    ? none
    : {
        seconds: median(runs.map((run) => run.seconds)),
        mib: median(runs.map((run) => run.mib)),
        output: runs.at(-1)?.output ?? '',
      }

const figure = (value: number): string => (Number.isNaN(value) ? '-' : value.toFixed(value < 10 ? 2 : 1))
const ratio = (ours: number, other: number): string =>
  Number.isNaN(other / ours) ? '-' : `${(other / ours).toFixed(1)}×`

/** One row of work: each contender's seconds and memory, and how many times longer than mqops (the first) it took. */
export type Row = { readonly work: string; readonly goal?: number; readonly by: Readonly<Record<string, Took>> }

/** Markdown, one line for each contender of each row. */
export function table(rows: readonly Row[]): string {
  const lines = rows.flatMap(({ work, goal, by }) => {
    const ours = Object.values(by)[0] ?? none
    return Object.entries(by).map(([name, took], i) => {
      const what = i === 0 ? work + (goal === undefined ? '' : ` (goal ${goal} s)`) : ''
      return `| ${what} | ${name} | ${figure(took.seconds)} | ${i === 0 ? '' : ratio(ours.seconds, took.seconds)} | ${Number.isNaN(took.mib) || took.mib === 0 ? '-' : took.mib} |`
    })
  })
  return `| work | by | s | to mqops | MiB |\n|---|---|---|---|---|\n${lines.join('\n')}\n`
}
