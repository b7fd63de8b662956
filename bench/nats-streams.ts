import { join } from 'node:path'
import { medianOf, type Row, table, type Took } from './measure.ts'
import { peer, project, told } from './project.ts'
import { type Resource, terraform } from './terraform.ts'

const RUNS = 3
const CLUSTER = 'bench-nats'
const CONSUMERS = 5

const spec = (count: number): string =>
  [
    'apiVersion: mqops/v1',
    'kind: Nats',
    `metadata: { name: ${CLUSTER} }`,
    'spec:',
    '  members: 1',
    '  storage: 8GiB',
    '  accounts:',
    '    OURS:',
    ...(count === 0 ? ['      streams: {}'] : ['      streams:']),
    ...Array.from({ length: count }, (_, i) => [
      `        S${i}:`,
      `          subjects: ["s${i}.>"]`,
      '          maxAge: 7d',
      '          maxBytes: 1MiB',
      '          consumers:',
      ...Array.from({ length: CONSUMERS }, (_, k) => `            c${k}: { filter: s${i}.c${k}, ack: explicit }`),
    ]).flat(),
    '    THEIRS:',
    '      users: { terraform: { publish: [">"], subscribe: [">"] } }',
    '',
  ].join('\n')

const resources = (count: number): readonly Resource[] =>
  Array.from({ length: count }, (_, i): readonly Resource[] => [
    {
      type: 'jetstream_stream',
      name: `S${i}`,
      attributes: { name: `S${i}`, subjects: [`s${i}.>`], max_age: 604_800, max_bytes: 1_048_576, storage: 'file' },
    },
    ...Array.from({ length: CONSUMERS }, (_, k) => ({
      type: 'jetstream_consumer',
      name: `S${i}_c${k}`,
      attributes: {
        stream_id: `\${jetstream_stream.S${i}.id}`,
        durable_name: `c${k}`,
        deliver_all: true,
        ack_policy: 'explicit',
        filter_subject: `s${i}.c${k}`,
      },
    })),
  ]).flat()

/** Streams with five consumers each, made and compared; beside nats-io/terraform-provider-jetstream where that is given. */
export async function natsStreams(count = 1000): Promise<string> {
  const bench = project()
  const runs = { apply: [] as Took[], plan: [] as Took[], tfApply: [] as Took[], tfPlan: [] as Took[] }
  try {
    const up = bench.write(spec(0), 'up.yaml')
    bench.write(spec(count))
    await bench.mqops('apply', '--yes', '-f', up)
    const login = await bench.login(CLUSTER, 'terraform')
    const program = peer('BENCH_TERRAFORM_PROVIDER_JETSTREAM', 'the Terraform provider nats-io/jetstream')
    for (let i = 0; i < RUNS; i++) {
      runs.apply.push(await told('mqops: apply', bench.mqops('apply', '--yes')))
      runs.plan.push(await told('mqops: plan', bench.mqops('plan')))
      if (!runs.plan.at(-1)?.output.includes('No changes')) throw new Error('mqops plans changes')
      await bench.mqops('apply', '--yes', '--no-verify', '--confirm', CLUSTER, '-f', up)
    }
    // Last, and once: it takes twenty minutes to make them, and more than that to remove them again.
    if (program !== null) {
      const tf = terraform(join(bench.folder, 'terraform'), {
        source: 'nats-io/jetstream',
        program,
        settings: {
          servers: login.endpoints.map((endpoint) => `tls://${endpoint}`).join(','),
          user: login.username,
          password: login.password,
          tls: [{ ca_file: login.caFile }],
        },
      })
      tf.blocks(resources(count))
      runs.tfApply.push(await told('terraform: apply', tf.apply()))
      runs.tfPlan.push(await told('terraform: plan', tf.plan()))
    }
    const rows: Row[] = [
      {
        work: 'all made (mqops: plan, apply, verify)',
        by: {
          mqops: medianOf(runs.apply),
          'Terraform, nats-io/jetstream': medianOf(runs.tfApply),
        },
      },
      {
        work: 'plan without changes',
        by: {
          mqops: medianOf(runs.plan),
          'Terraform, nats-io/jetstream': medianOf(runs.tfPlan),
        },
      },
    ]
    return `${count} streams with ${CONSUMERS} consumers each, one member, TLS.\n\n${table(rows)}\nmqops: medians of ${RUNS}, Terraform: 1 run; cold processes.\n`
  } finally {
    await bench.end(CLUSTER)
  }
}
