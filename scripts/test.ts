// npm test [-- STAGE…]: every stage in turn (all when none is named), their times, and the totals alone on the last line.
import { type Outcome, runStage, STAGES } from './stages.ts'

const EXIT_USAGE = 64

const named = process.argv.slice(2)
const unknown = named.filter((name) => !STAGES.includes(name))
if (unknown.length > 0) {
  console.error(`no such stage: ${unknown.join(', ')}; there are ${STAGES.join(', ')}`)
  process.exit(EXIT_USAGE)
}

const outcomes: Outcome[] = []
for (const stage of STAGES.filter((name) => named.length === 0 || named.includes(name))) {
  console.log(`\n== ${stage}`)
  const outcome = await runStage(stage)
  console.log(`== ${line(outcome)}`)
  outcomes.push(outcome)
}

console.log(`\n${outcomes.map(line).join('\n')}\n`)
const failed = sum('failed')
process.exitCode = failed > 0 ? 1 : 0
console.log(`${sum('passed')} passed, ${failed} failed`)

function line({ stage, seconds, passed, failed, skipped }: Outcome): string {
  const result = failed > 0 ? 'FAILED' : 'ok'
  const counts = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
  return `${stage.padEnd(12)} ${result.padEnd(6)} ${seconds.toFixed(1).padStart(7)} s  ${counts}`
}

function sum(of: 'passed' | 'failed'): number {
  return outcomes.reduce((total, outcome) => total + outcome[of], 0)
}
