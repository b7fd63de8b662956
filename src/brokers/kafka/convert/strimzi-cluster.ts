import type { ForeignItem } from '../../../ports/foreign.ts'
import { mapOf, part, type Reading } from '../../shared/foreign.ts'
import { setting } from './topics.ts'

const KUBERNETES = 'it is about Kubernetes, not about Kafka'
const OWN = 'mqops has its own'

/** Parts of a Kafka resource that a spec has no words for. */
const LEFT: Readonly<Record<string, string>> = {
  listeners: `${OWN} listeners: TLS and SCRAM everywhere`,
  storage: 'the target keeps the data',
  metadataVersion: 'a new cluster has the newest of its version',
  authorization: `${OWN}: rules of users, and its administrator`,
  rack: KUBERNETES,
  brokerRackInitImage: KUBERNETES,
  image: KUBERNETES,
  livenessProbe: KUBERNETES,
  readinessProbe: KUBERNETES,
  resources: 'memory is the heap of each member',
  jvmOptions: 'memory is the heap of each member',
  jmxOptions: KUBERNETES,
  metricsConfig: `${OWN} metrics`,
  logging: `${OWN} logging`,
  template: KUBERNETES,
  tieredStorage: 'the distribution has no remote storage',
  quotas: "quotas of the whole cluster are a plugin's",
}
const LEFT_ABOVE: Readonly<Record<string, string>> = {
  zookeeper: 'Kafka 4 has no ZooKeeper',
  entityOperator: 'mqops itself manages topics and users',
  clusterCa: `${OWN} certificate authority`,
  clientsCa: `${OWN} certificate authority`,
  cruiseControl: 'it is no part of a Kafka cluster',
  kafkaExporter: 'it is no part of a Kafka cluster',
  jmxTrans: 'it is no part of a Kafka cluster',
  maintenanceTimeWindows: KUBERNETES,
}

/** The members of a cluster: from its Kafka resource and its node pools. */
export class Servers {
  readonly #items: ForeignItem[] = []
  readonly #pools: {
    readonly name: string
    readonly roles: readonly string[]
    readonly members: number
    readonly item: ForeignItem
  }[] = []
  #replicas: ForeignItem | null = null
  /** Told when it is known that pools say it. */
  #noteReplicas = () => {}

  readCluster(spec: Reading): void {
    const kafka = spec.map('kafka')
    const version = kafka.word('version')
    if (version !== undefined && /^[4-9]\./.test(version))
      this.#items.push(part('the version', ['version'], version, kafka.place('version')))
    else if (version !== undefined)
      kafka.note(`"version" is left out: mqops runs Kafka 4 and newer, not ${version}`, undefined, 'version')
    const replicas = kafka.number('replicas')
    if (replicas !== undefined) {
      this.#replicas = part('the number of members', ['members'], replicas, kafka.place('replicas'))
      this.#noteReplicas = () => kafka.leave('replicas', 'the node pools say how many there are')
    }
    const config = kafka.map('config')
    for (const [name, value] of Object.entries(mapOf(kafka.any('config'))))
      this.#items.push(part(`setting ${name}`, ['config', name], setting(name, value), config.place(name)))
    for (const [name, why] of Object.entries(LEFT)) kafka.leave(name, why)
    for (const [name, why] of Object.entries(LEFT_ABOVE)) spec.leave(name, why)
    kafka.end()
    spec.end()
  }

  readPool(name: string, spec: Reading): void {
    const roles = spec.words('roles')
    const members = spec.number('replicas') ?? 0
    const item = part(`node pool ${name}`, ['pools', name], { roles, members }, spec.at)
    this.#pools.push({ name, roles, members, item })
    for (const part of ['storage', 'resources', 'jvmOptions', 'template']) spec.leave(part, LEFT[part] as string)
    spec.end()
  }

  /** Do the files tell how many there are? */
  get known(): boolean {
    return this.#pools.length > 0 || this.#replicas !== null
  }

  items(): readonly ForeignItem[] {
    const [first] = this.#pools
    if (first === undefined) return [...(this.#replicas ? [this.#replicas] : []), ...this.#items]
    this.#noteReplicas()
    // One pool of servers that are both is what a spec says by `members`.
    const both = this.#pools.every(({ roles }) => roles.includes('broker') && roles.includes('controller'))
    if (!both) return [...this.#pools.map(({ item }) => item), ...this.#items]
    const members = this.#pools.reduce((sum, pool) => sum + pool.members, 0)
    return [part('the number of members', ['members'], members, first.item.at), ...this.#items]
  }
}
