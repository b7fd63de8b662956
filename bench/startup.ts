import { join, resolve } from 'node:path'
import { median, timed } from './measure.ts'

const ROOT = resolve(import.meta.dirname, '..')
const RUNS = 21

/** `mqops --version` against an empty Node program on the same Node. Goal: at most twice. */
export async function startup(): Promise<string> {
  const peer: number[] = []
  const ours: number[] = []
  for (let i = 0; i < RUNS; i++) {
    peer.push(await timed([process.execPath, '-e', '0'], { cwd: ROOT }))
    ours.push(await timed([join(ROOT, 'mqops'), '--version'], { cwd: ROOT }))
  }
  const [a, b] = [median(peer) * 1000, median(ours) * 1000]
  return `| | ms |\n|---|---|\n| an empty Node program | ${a.toFixed(0)} |\n| \`mqops --version\` | ${b.toFixed(0)} |\n| ratio (goal 2) | ${(b / a).toFixed(2)} |\n\nMedians of ${RUNS}.\n`
}
