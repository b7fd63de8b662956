import { zhFailure } from './zh-CN-failures.ts'

/** What `mqops import --from` could not take over from a file, as patterns over the English texts of the formats' readers. */

type Pattern = readonly [pattern: RegExp, translate: (...parts: string[]) => string]

const WHAT: Readonly<Record<string, string>> = {
  exchange: '交换机',
  queue: '队列',
  policy: '策略',
  'operator policy': '操作员策略',
  shovel: 'shovel',
  stream: '流',
  bucket: '键值桶',
  'object store': '对象存储',
  account: '账户',
  consumer: '消费者',
  topic: '主题',
  user: '用户',
  project: '项目',
  plan: '方案',
  'virtual host': '虚拟主机',
  'global parameter': '全局参数',
  'node pool': '节点池',
  setting: '设置',
  cluster: '集群',
  platform: '平台',
}
/** What a rule may lack. */
const LACKS: Readonly<Record<string, string>> = {
  principal: '主体',
  'type of resource': '资源类型',
  operation: '操作',
}

const KINDS = Object.keys(WHAT).join('|')

const NOTES: readonly Pattern[] = [
  [/^these definitions$/, () => '这份定义'],
  [/^this document$/, () => '这份文档'],
  [/^this topology$/, () => '这份拓扑'],
  [/^binding (.+) to queue (.+) in (.+)$/s, (_, from, to, vhost) => `${vhost} 中从 ${from} 到队列 ${to} 的绑定`],
  [/^binding (.+) to exchange (.+) in (.+)$/s, (_, from, to, vhost) => `${vhost} 中从 ${from} 到交换机 ${to} 的绑定`],
  [/^permission of (.+) in (.+)$/s, (_, user, vhost) => `${user} 在 ${vhost} 中的权限`],
  [/^rule of ([^:\s]+:?\S*): (.+)$/s, (_, principal, rule) => `${principal} 的规则：${rule}`],
  [/^rule of (\S+) on (.+)$/s, (_, user, resource) => `${user} 对 ${resource} 的规则`],
  [/^limits of (.+)$/s, (_, of = '') => `${zhNote(of) ?? of} 的限制`],
  [
    /^left out(?: with the (\d+) that belong to it)?: (.+)$/s,
    (_, lost, why = '') => {
      const [place, words] = parts(why)
      return `已略去${lost === undefined ? '' : `，连同属于它的 ${lost} 项`}：${place}${zhNote(words) ?? zhFailure(words) ?? words}`
    },
  ],
  [/^(".+") is left out: (.+)$/s, (_, key, why = '') => `已略去 ${key}：${zhNote(why) ?? why}`],
  [/^it is not known here$/, () => '这里不认识它'],
  [/^it stands at (\S+) already$/, (_, place) => `${place} 处已有`],
  [/^its password is there as a hash, which a spec can not say$/, () => '文件中的密码是散列值，规格无法表示'],
  [/^its password stands in the file, which no spec may$/, () => '文件中写有密码，规格中不允许'],
  [/^the password stands in the file, which no spec may$/, () => '文件中写有密码，规格中不允许'],
  [/^(\S+) holds a password, which no spec may$/, (_, field) => `${field} 中含有密码，规格中不允许`],
  [/^it has no password: it could not log in by one$/, () => '它没有密码：不能用密码登录'],
  [/^its password is in the Secret (\S+), under (\S+)$/, (_, secret, key) => `其密码在 Secret ${secret} 的 ${key} 中`],
  [
    /^the files do not say how it logs in: here it is a SCRAM user$/,
    () => '文件没有说明它如何登录：这里作为 SCRAM 用户',
  ],
  [
    /^it logs in by a client certificate, .+$/,
    () => '它用客户端证书登录，规格中没有这样的用户：这里作为同名的 SCRAM 用户',
  ],
  [/^the files do not say which account the streams are in$/, () => '文件没有说明这些流属于哪个账户'],
  [/^Rename it in the spec, and give it users\.$/, () => '请在规格中改名，并为它添加用户。'],
  [
    /^Put its password into the environment variable (\S+)\.(.*)$/s,
    (_, name, more = '') => `请将其密码放入环境变量 ${name}。${zhNote(more.trim()) ?? more.trim()}`,
  ],
  [/^Put (?:it|the whole URI) into the environment variable (\S+)\.$/, (_, name) => `请放入环境变量 ${name}。`],
  [/^Its clients then log in by it\.$/, () => '此后其客户端用它登录。'],
  [
    /^(ha-.+): left out(, and the policy with them: it says nothing else)?\. RabbitMQ 4 has no mirrored classic queues$/,
    (_, keys, alone) =>
      `已略去 ${keys}${alone === undefined ? '' : '，连同整条策略：其中别无他物'}。RabbitMQ 4 没有镜像经典队列`,
  ],
  [/^Queues of the type quorum are replicated by themselves: .+$/, () => 'quorum 类型的队列自带副本：请改用该类型。'],
  [/^its user is not in these files: it is left out$/, () => '文件中没有它的用户：已略去'],
  [/^Export the whole broker, with its users\.$/, () => '请导出整个 broker，包括用户。'],
  [/^it is of no format that mqops reads: it is left out$/, () => '不是 mqops 能读取的格式：已略去'],
  [/^it is ephemeral, and goes with its client$/, () => '它是临时的，随客户端消失'],
  [/^its stream is not in these files$/, () => '文件中没有它的流'],
  [/^the placement (\S+) is not in a spec: .+$/, (_, how) => `规格中没有放置方式 ${how}：Kafka 会自行在机架间分布副本`],
  [/^Replicas that are there stay where they are\.$/, () => '已有的副本保持原位。'],
  [
    /^it has as many partitions as the brokers' num\.partitions says; here it has 1$/,
    () => '分区数由 broker 的 num.partitions 决定；这里为 1',
  ],
  [/^Write partitions\.$/, () => '请写明 partitions。'],
  [
    /^it has as many replicas as the brokers' default\.replication\.factor says; .+$/,
    () => '副本数由 broker 的 default.replication.factor 决定；这里为 3，broker 不足时与其数量相同',
  ],
  [/^Write replicas\.$/, () => '请写明 replicas。'],
  [/^it names no (principal|type of resource|operation)$/, (_, what = '') => `它没有写明 ${LACKS[what]}`],
  [
    /^it has no (\S+): it is left out(, with all that is in it)?$/,
    (_, field, all) => `它没有 ${field}：已略去${all === undefined ? '' : '，连同其中的一切'}`,
  ],
  [/^a spec has no place for (?:it|them)$/, () => '规格中没有它的位置'],
  [/^Keep (?:it as a comment|them as comments)\.$/, () => '请作为注释保留。'],
  [/^Kafka 4 has no ZooKeeper$/, () => 'Kafka 4 没有 ZooKeeper'],
  [/^Kafka places replicas over racks by itself$/, () => 'Kafka 会自行在机架间分布副本'],
  [
    /^its resources are taken to be of one cluster with those of (\S+)$/,
    (_, other) => `其资源与 ${other} 中的视为同一集群`,
  ],
  [
    /^it has (\d+) consumers?, of which these files tell (\d+)$/,
    (_, all, told) => `它有 ${all} 个消费者，文件中只有 ${told} 个`,
  ],
  [
    /^it tells of (\d+) of the server's (\d+) accounts$/,
    (_, told, all) => `服务器有 ${all} 个账户，其中只有 ${told} 个`,
  ],
  [/^its configuration is not in the answer(?:: it is left out)?$/, () => '应答中没有它的设置：已略去'],
  [
    /^they stand in the file twice, with other values: the first ones hold$/,
    () => '文件中出现两次且数值不同：以前者为准',
  ],
  [/^it is about Kubernetes, not about Kafka$/, () => '它属于 Kubernetes，与 Kafka 无关'],
  [/^a (\S+) is no part of a Kafka cluster's spec$/, (_, kind) => `${kind} 不属于 Kafka 集群的规格`],
  [/^Keep it where it is\.$/, () => '请留在原处。'],
  [/^schemas are in a registry, not in Kafka$/, () => '模式存放在注册中心，不在 Kafka 中'],
  [/^(".+"): expected (.+), got (.+)$/s, (_, key, wanted, got) => `${key}：应为 ${wanted}，实为 ${got}`],
  [/^(\S+) is of no format that mqops reads$/, (_, file) => `${file} 不是 mqops 能读取的格式`],
  [/^a spec of mqops itself is read with -f$/, () => 'mqops 自己的规格请用 -f 读取'],
  [/^the files tell of no cluster (".*")$/s, (_, name) => `文件中没有集群 ${name}`],
  [/^They tell of (.+)\.$/s, (_, names) => `文件中有：${names}。`],
  [new RegExp(`^((?:${KINDS}) .+), (?:tag )?(\\S+)$`, 's'), (_, of = '', part) => `${zhNote(of) ?? of} 的 ${part}`],
  [/^RabbitMQ 4 has no mirrored classic queues$/, () => 'RabbitMQ 4 没有镜像经典队列'],
  [/^RabbitMQ 4 has no masters of queues$/, () => 'RabbitMQ 4 的队列没有主节点'],
  [/^Take the type quorum\.$/, () => '请改用 quorum 类型。'],
  [/^Take another name\.$/, () => '请换一个名称。'],
  [/^there is no user "guest": its password is known to everybody$/, () => '不能有用户 "guest"：它的密码人人皆知'],
  [new RegExp(`^(${KINDS}) (.+) in (.+)$`, 's'), (_, kind = '', name, of) => `${of} 中的${WHAT[kind]} ${name}`],
  [new RegExp(`^(${KINDS}) (.+)$`, 's'), (_, kind = '', name) => `${WHAT[kind]} ${name}`],
]

/** 'arguments.x-foo: …': a path inside the thing before the words. */
const parts = (text: string): readonly [string, string] => {
  const [, place, words] =
    /^((?:[\w-]+|\["(?:[^"\\]|\\.)*"\]|\[\d+\])(?:\.[\w-]+|\["(?:[^"\\]|\\.)*"\]|\[\d+\])*): (.+)$/s.exec(text) ?? []
  return place === undefined || words === undefined ? ['', text] : [`${place}：`, words]
}

/** The text in Chinese; null when it is not known. */
export function zhNote(text: string): string | null {
  for (const [pattern, translate] of NOTES) {
    const match = pattern.exec(text)
    if (match) return translate(...match)
  }
  return null
}
