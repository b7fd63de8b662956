import { cpus, release, totalmem } from 'node:os'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { kafkaObjects } from './kafka-objects.ts'
import { kafkaTopics } from './kafka-topics.ts'
import { natsStreams } from './nats-streams.ts'
import { rabbitmqQueues } from './rabbitmq-queues.ts'
import { startup } from './startup.ts'
import { validate } from './validate.ts'
import { zeroToVerified } from './zero-to-verified.ts'

/** One benchmark: runs peer and mqops in turn in one run, returns a Markdown section. `size`: of how many things. */
type Benchmark = (size?: number) => Promise<string>
const BENCHMARKS: Record<string, Benchmark> = {
  'kafka-objects': kafkaObjects,
  'kafka-topics': kafkaTopics,
  'nats-streams': natsStreams,
  'rabbitmq-queues': rabbitmqQueues,
  startup,
  validate,
  'zero-to-verified': zeroToVerified,
}

// With a size it is a try: nothing is recorded.
const [name, size] = process.argv.slice(2)
const chosen = name === undefined ? Object.keys(BENCHMARKS) : [name]
if (name !== undefined && !BENCHMARKS[name]) {
  console.error(`no benchmark "${name}"; there are ${Object.keys(BENCHMARKS).join(', ')}`)
  process.exit(64)
}
for (const one of chosen) {
  const section = await (BENCHMARKS[one] as Benchmark)(size === undefined ? undefined : Number(size))
  console.log(section)
  if (size === undefined) record(one, section)
}

/** Results land in RESULTS.md: one section for each benchmark, the newest run only, with machine and date. */
function record(of: string, section: string): void {
  const file = join(import.meta.dirname, 'RESULTS.md')
  const before = existsSync(file)
    ? readFileSync(file, 'utf8')
    : '# Results\n\nWritten by `npm run bench`; medians, peer and mqops in turn in one run.\n'
  const [head, ...sections] = before.split(/^(?=## )/m)
  const kept = sections.filter((text) => !text.startsWith(`## ${of}\n`))
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`
  const mine = `## ${of}\n\n${section.trim()}\n\n${machine}\n\n`
  writeFileSync(file, `${head?.trimEnd()}\n\n${[...kept, mine].toSorted().join('')}`.trimEnd().concat('\n'))
}
