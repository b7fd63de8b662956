import { rmSync } from 'node:fs'
import { aclsOf, kafkaSpec, topicNames } from './kafka.ts'
import { medianOf, table, type Took } from './measure.ts'
import { project, told } from './project.ts'

const RUNS = 11

/** A spec of topics and ACLs, half and half, read and checked; and the smallest one, which says what starting takes. */
export async function validate(objects = 16_000): Promise<string> {
  const bench = project()
  try {
    const topics = topicNames(objects / 2)
    const large = bench.write(kafkaSpec(topics, aclsOf(topics)), 'large.yaml')
    const small = bench.write(kafkaSpec([]), 'small.yaml')
    const runs: Record<string, Took[]> = { large: [], small: [] }
    for (let i = 0; i < RUNS; i++) {
      runs['large']?.push(await told('large', bench.mqops('validate', '-f', large)))
      runs['small']?.push(await told('small', bench.mqops('validate', '-f', small)))
    }
    return `${table([
      { work: `${objects} objects`, goal: 1, by: { mqops: medianOf(runs['large'] ?? []) } },
      { work: 'one cluster, nothing in it', by: { mqops: medianOf(runs['small'] ?? []) } },
    ])}\nMedians of ${RUNS}, cold processes.\n`
  } finally {
    rmSync(bench.folder, { recursive: true, force: true })
  }
}
