import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { measured, type Took } from './measure.ts'
import { type Login, peer, type Project } from './project.ts'
import { type Resource, type Terraform, terraform } from './terraform.ts'

export const CLUSTER = 'bench-kafka'

/** One member is the same for everybody, and what 8,000 logs cost the broker is not what is measured. */
export const kafkaSpec = (topics: readonly string[], acls: readonly Acl[] = []): string =>
  [
    'apiVersion: mqops/v1',
    'kind: Kafka',
    `metadata: { name: ${CLUSTER} }`,
    'spec:',
    '  members: 1',
    '  memory: 1GiB',
    ...(topics.length > 0 ? ['  topics:'] : []),
    ...topics.map((name) => `    ${name}: { partitions: 1, replicas: 1, config: { retention.ms: 7d } }`),
    ...(acls.length > 0 ? ['  users:'] : []),
    ...[...Map.groupBy(acls, (acl) => acl.user)].flatMap(([user, own]) => [
      `    ${user}:`,
      '      acls:',
      ...own.map((acl) => `        - { topic: ${acl.topic}, allow: [read] }`),
    ]),
    '',
  ].join('\n')

export type Acl = { readonly user: string; readonly topic: string }

export const topicNames = (count: number, prefix = 'orders'): readonly string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}.${String(i).padStart(5, '0')}`)

const ACLS_OF_A_USER = 200
/** One for each topic, 200 for each user. */
export const aclsOf = (topics: readonly string[]): readonly Acl[] =>
  topics.map((topic, i) => ({ user: `service-${Math.floor(i / ACLS_OF_A_USER)}`, topic }))

const label = (name: string): string => name.replaceAll('.', '_')

export const topicResources = (topics: readonly string[]): readonly Resource[] =>
  topics.map((name) => ({
    type: 'kafka_topic',
    name: label(name),
    attributes: { id: name, name, partitions: 1, replication_factor: 1, config: { 'retention.ms': '604800000' } },
  }))

export const aclResources = (acls: readonly Acl[]): readonly Resource[] =>
  acls.map(({ user, topic }) => {
    const principal = `User:${user}`
    return {
      type: 'kafka_acl',
      name: `${user}_${label(topic)}`,
      attributes: {
        id: [principal, '*', 'Read', 'Allow', 'Topic', topic, 'Literal'].join('|'),
        resource_name: topic,
        resource_type: 'Topic',
        resource_pattern_type_filter: 'Literal',
        acl_principal: principal,
        acl_host: '*',
        acl_operation: 'Read',
        acl_permission_type: 'Allow',
      },
    }
  })

/** Mongey/terraform-provider-kafka; null when its program is not given. */
export function kafkaTerraform({ folder }: Project, login: Login): Terraform | null {
  const program = peer('BENCH_TERRAFORM_PROVIDER_KAFKA', 'the Terraform provider Mongey/kafka')
  if (program === null) return null
  return terraform(join(folder, 'terraform'), {
    source: 'mongey/kafka',
    program,
    settings: {
      bootstrap_servers: login.endpoints,
      ca_cert: login.caFile,
      tls_enabled: true,
      sasl_username: login.username,
      sasl_password: login.password,
      sasl_mechanism: 'scram-sha512',
    },
  })
}

/** segmentio/topicctl: one file for each topic; it knows no ACLs. Null when its program is not given. */
export function topicctl({ folder }: Project, login: Login) {
  const program = peer('BENCH_TOPICCTL', 'topicctl')
  if (program === null) return null
  const home = join(folder, 'topicctl')
  mkdirSync(home, { recursive: true })
  const meta = { environment: 'bench', region: 'bench', description: 'bench' }
  writeFileSync(
    join(home, 'cluster.yaml'),
    JSON.stringify({
      meta: { name: CLUSTER, ...meta },
      spec: {
        bootstrapAddrs: login.endpoints,
        tls: { enabled: true, caCertPath: login.caFile },
        sasl: { enabled: true, mechanism: 'SCRAM-SHA-512', username: login.username, password: login.password },
      },
    }),
  )
  return (topics: readonly string[], set: string): Promise<Took> => {
    mkdirSync(join(home, set), { recursive: true })
    for (const name of topics)
      writeFileSync(
        join(home, set, `${name}.yaml`),
        JSON.stringify({
          meta: { name, cluster: CLUSTER, ...meta },
          spec: {
            partitions: 1,
            replicationFactor: 1,
            placement: { strategy: 'any' },
            settings: { 'retention.ms': 604_800_000 },
          },
        }),
      )
    const files = topics.map((name) => join(home, set, `${name}.yaml`))
    const flags = ['--skip-confirm', '--no-spinner', '--cluster-config', join(home, 'cluster.yaml')]
    return measured([program, 'apply', ...flags, ...files], { cwd: home, memory: true })
  }
}
