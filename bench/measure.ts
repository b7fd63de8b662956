import { spawn } from 'node:child_process'

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}

/** Wall time of a command in seconds; throws with its output when it fails. */
export function timed(argv: readonly string[], o: { cwd: string; env?: Record<string, string> }): Promise<number> {
  const [command, ...args] = argv as [string, ...string[]]
  const began = performance.now()
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: o.cwd,
      env: { ...process.env, ...o.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()))
    child.on('error', reject)
    child.on('close', (code) =>
      code === 0
        ? resolve((performance.now() - began) / 1000)
        : reject(new Error(`${argv.join(' ')} ended with ${code}\n${output.slice(-3000)}`)),
    )
  })
}
