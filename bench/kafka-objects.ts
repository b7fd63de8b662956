import {
  aclResources,
  aclsOf,
  CLUSTER,
  kafkaSpec,
  kafkaTerraform,
  topicctl,
  topicNames,
  topicResources,
} from './kafka.ts'
import { medianOf, type Row, table, type Took } from './measure.ts'
import { project, told } from './project.ts'

const RUNS = 3
/** Of those that take minutes. */
const PEER_RUNS = 1

/**
 * Topics and ACLs, half and half, in a real broker: the plan of no change, and one topic more. mqops makes all of it
 * once; Terraform is given a state that says so, and its empty plan proves that it is right.
 */
export async function kafkaObjects(objects = 16_000): Promise<string> {
  const bench = project()
  const topics = topicNames(objects / 2)
  const acls = aclsOf(topics)
  const more = [...topics, 'one.more']
  try {
    bench.write(kafkaSpec(topics, acls))
    bench.write(kafkaSpec(more, acls), 'more.yaml')
    const up = bench.write(kafkaSpec([]), 'up.yaml')
    await bench.mqops('apply', '--yes', '-f', up)
    const made = await told('mqops: all made', bench.mqops('apply', '--yes'))
    const login = await bench.login(CLUSTER)
    const tf = kafkaTerraform(bench, login)
    const ctl = topicctl(bench, login)
    const plans: Record<string, Took[]> = { mqops: [], terraform: [], topicctl: [] }
    const adds: Record<string, Took[]> = { mqops: [], terraform: [], topicctl: [] }
    const all = [...topicResources(topics), ...aclResources(acls)]
    const forget = () => bench.mqops('apply', '--yes', '--no-verify', '--confirm', CLUSTER)
    for (let i = 0; i < RUNS; i++) {
      plans['mqops']?.push(await told('mqops: plan', planned(bench.mqops('plan'))))
      adds['mqops']?.push(await told('mqops: one more', bench.mqops('apply', '--yes', '-f', 'more.yaml')))
      await forget()
      if (tf && i < PEER_RUNS) {
        tf.blocks(all)
        tf.state(all)
        plans['terraform']?.push(await told('terraform: plan', tf.plan()))
        tf.blocks([...all, ...topicResources(['one.more'])])
        adds['terraform']?.push(await told('terraform: one more', tf.apply()))
        tf.blocks(all)
        await tf.apply() // takes it away again
      }
      if (ctl && i < PEER_RUNS) {
        plans['topicctl']?.push(await told('topicctl: nothing to do', ctl(topics, 'all')))
        adds['topicctl']?.push(await told('topicctl: one more', ctl(more, 'all')))
        await bench.mqops('apply', '--yes', '--no-verify', '-f', 'more.yaml') // mqops' own from here on
        await forget()
      }
    }
    const by = (runs: Record<string, Took[]>) => ({
      mqops: medianOf(runs['mqops'] ?? []),
      'Terraform, Mongey/kafka': medianOf(runs['terraform'] ?? []),
      'topicctl, the topics alone': medianOf(runs['topicctl'] ?? []),
    })
    const rows: Row[] = [
      { work: 'plan without changes', goal: 3, by: by(plans) },
      { work: 'one topic more: plan, apply, verify', goal: 5, by: by(adds) },
      { work: 'all of it made, verified', by: { mqops: made } },
    ]
    return `${objects / 2} topics of one partition and ${objects / 2} ACLs of ${new Set(acls.map((acl) => acl.user)).size} users, one member, TLS and SCRAM. Terraform has separate blocks, and a state that mqops' work fits; topicctl gets all files each time, and sleeps 2 s after a topic that it makes, as it is shipped.\n\n${table(rows)}\nmqops: medians of ${RUNS}, peers: ${PEER_RUNS} run; cold processes.\n`
  } finally {
    await bench.end(CLUSTER)
  }
}

async function planned(run: Promise<Took>): Promise<Took> {
  const took = await run
  if (!took.output.includes('No changes')) throw new Error(`mqops plans changes:\n${took.output.slice(0, 2000)}`)
  return took
}
