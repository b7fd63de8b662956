import { measured, medianOf, type Row, table, type Took } from './measure.ts'
import { type Login, type Project, project, told } from './project.ts'

const RUNS = 3
const CLUSTER = 'bench-rabbitmq'

const name = (i: number): string => `queue.${String(i).padStart(5, '0')}`
const spec = (vhost: string, count: number): string =>
  [
    'apiVersion: mqops/v1',
    'kind: RabbitMQ',
    `metadata: { name: ${CLUSTER} }`,
    'spec:',
    '  members: 1',
    '  memory: 2GiB',
    `  vhosts:${count === 0 ? ' {}' : ''}`,
    ...(count === 0 ? [] : [`    ${vhost}:`, '      exchanges: { events: { type: topic } }', '      queues:']),
    ...Array.from({ length: count }, (_, i) => `        ${name(i)}: { type: classic }`),
    ...(count === 0 ? [] : ['      bindings:']),
    ...Array.from(
      { length: count },
      (_, i) => `        - { source: events, destination: ${name(i)}, routingKey: ${name(i)} }`,
    ),
    '',
  ].join('\n')

const definitions = (vhost: string, count: number) => {
  const names = Array.from({ length: count }, (_, i) => name(i))
  return {
    vhosts: [{ name: vhost }],
    permissions: [{ user: 'admin', vhost, configure: '.*', write: '.*', read: '.*' }],
    exchanges: [
      { name: 'events', vhost, type: 'topic', durable: true, auto_delete: false, internal: false, arguments: {} },
    ],
    queues: names.map((queue) => ({
      name: queue,
      vhost,
      durable: true,
      auto_delete: false,
      arguments: { 'x-queue-type': 'classic' },
    })),
    bindings: names.map((queue) => ({
      source: 'events',
      vhost,
      destination: queue,
      destination_type: 'queue',
      routing_key: queue,
      arguments: {},
    })),
  }
}

/** Classic queues, each with a binding: made and compared by mqops, and by the server's own import of definitions. */
export async function rabbitmqQueues(count = 10_000): Promise<string> {
  const bench = project()
  const runs = { apply: [] as Took[], plan: [] as Took[], imported: [] as Took[], again: [] as Took[] }
  try {
    const up = bench.write(spec('', 0), 'up.yaml')
    await bench.mqops('apply', '--yes', '-f', up)
    const ask = curl(bench, await bench.login(CLUSTER))
    for (let i = 0; i < RUNS; i++) {
      const file = bench.write(JSON.stringify(definitions('theirs', count)), 'definitions.json')
      const post = () => ask('POST', '/api/definitions', file)
      runs.imported.push(await told('import of definitions', post()))
      runs.again.push(await told('import again', post()))
      await ask('DELETE', '/api/vhosts/theirs')
      bench.write(spec('ours', count))
      runs.apply.push(await told('mqops: apply', bench.mqops('apply', '--yes')))
      runs.plan.push(await told('mqops: plan', bench.mqops('plan')))
      if (!runs.plan.at(-1)?.output.includes('No changes')) throw new Error('mqops plans changes')
      await ask('DELETE', '/api/vhosts/ours') // at once, where deletes one by one would take minutes
      await bench.mqops('apply', '--yes', '--no-verify', '--confirm', CLUSTER, '-f', up)
    }
    const rows: Row[] = [
      {
        work: 'all made (mqops: plan, apply, verify)',
        by: { mqops: medianOf(runs.apply), "the server's import of definitions": medianOf(runs.imported) },
      },
      {
        work: 'all there already',
        by: { 'mqops plan': medianOf(runs.plan), "the server's import again": medianOf(runs.again) },
      },
    ]
    return `${count} classic queues with a binding each, one member, TLS. The import is one request to the management API, by curl; it compares nothing. The server's own work is in the seconds, not in the memory.\n\n${table(rows)}\nMedians of ${RUNS}, cold processes.\n`
  } finally {
    await bench.end(CLUSTER)
  }
}

/** The management API by a process of its own, so that the peer is as cold as mqops, and its memory is known. */
function curl({ folder, write }: Project, { managementUrl, username, password, caFile }: Login) {
  const config = write(`user = "${username}:${password}"\ncacert = "${caFile}"\n`, 'curl.conf')
  return (method: string, path: string, body?: string): Promise<Took> => {
    const sent = body === undefined ? [] : ['--header', 'content-type: application/json', '--data-binary', `@${body}`]
    const url = new URL(path, managementUrl ?? '').href
    const argv = ['curl', '--config', config, '--fail-with-body', '--silent', '--show-error', '--request', method]
    return measured([...argv, ...sent, url], { cwd: folder, memory: true })
  }
}
