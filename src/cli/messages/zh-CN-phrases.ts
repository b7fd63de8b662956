import { zhFailure } from './zh-CN-failures.ts'
import { zhNote } from './zh-CN-notes.ts'

/**
 * Steps, checks and waits carry short English texts of their own, made by the engine, the operations and the brokers.
 * The usual ones are known here; what is not is shown as it is.
 */
const REASONS: Readonly<Record<string, string>> = {
  'not installed yet': '尚未安装',
  'new member': '新成员',
  'it is not running': '未在运行',
  'the machine was started anew': '机器重启过',
  'its data is gone': '其数据已不在',
  'its folder is missing': '其目录已不在',
  'allot what the spec has added': '为规格中新增的内容分配资源',
  'first credentials and feature levels': '初始凭据和特性级别',
  'some of what it was first given is missing, or refused by a member': '初始设置中有缺失，或被某个成员拒绝',
  'members, configuration, certificates, secrets and all data': '成员、配置、证书、密钥和全部数据',
  'not made by mqops and not in the spec: left alone': '不是 mqops 建立的，也不在规格中：保持不动',
  'the spec names it, it exists and nobody owns it: mqops takes it over': '规格中有、已经存在且无人拥有：由 mqops 接管',
  'it is gone already: forget that it was ours': '已经不存在：不再记为自己的资源',
  'every cluster has it: set as the spec says': '每个集群都有：按规格设置',
  'it has expired': '已过期',
  'it is not there': '尚不存在',
  'the spec has it, the cluster has not': '规格中有，集群中没有',
  'the spec has it, the members do not know it': '规格中有，成员尚不知道',
  'the spec sets it for this broker': '规格为这个 broker 单独设置',
  'the spec has it no more: back to what all brokers have': '规格中已不再有：恢复为所有 broker 共有的值',
  'the spec has it no more': '规格中已不再有',
  'the spec has it no more; all that is in it goes with it': '规格中已不再有，其中的一切也会一并移除',
  'the spec has it no more: what it routed goes nowhere': '规格中已不再有：原先经它路由的消息将无处可去',
  'the spec has it no more: its users are refused': '规格中已不再有：它的用户将被拒绝',
  'the spec has it no more: its clients are disconnected': '规格中已不再有：它的客户端将被断开',
  'mqops made it and the spec has it no more': '由 mqops 建立，规格中已不再有',
  'mqops made it and the spec has it no more: its clients can no longer log in':
    '由 mqops 建立，规格中已不再有：其客户端将无法登录',
  'the spec allows it': '规格允许',
  'the spec denies it': '规格拒绝',
  'throttles are left of a move of its replicas: they are removed': '移动副本后留下了限速：将予移除',
  'a move of its replicas has broken off: it is finished': '移动副本中断：将予完成',
  'declared again as the spec says; its bindings come back': '按规格重新声明，绑定随之恢复',
  'JetStream is taken from it': '取消其 JetStream',
  'fewer copies of each message: less redundancy': '每条消息的副本减少：冗余降低',
  'to the earliest offset': '到最早的偏移量',
  'to the latest offset': '到最新的偏移量',
  'no record is that new: the end': '没有那么新的记录：到末尾',
  'it had no offset': '此前没有偏移量',
  'its topic is gone: left alone': '其主题已不存在：保持不动',
  'more copies of each message': '每条消息的副本增多',
  'what was not complete has been taken back; it begins anew when the run is resumed':
    '未完成的部分已撤回；恢复运行时重新开始',
}

const WAITS: Readonly<Record<string, string>> = {
  'still there': '仍然存在',
  'not there yet': '尚不存在',
  'not renewed yet': '尚未续期',
  'not recorded as ours yet': '尚未记为自己的资源',
  'still recorded as ours': '仍记为自己的资源',
  'nothing is allotted yet': '尚未分配',
  'not all is allotted': '分配尚未完成',
  'first credentials are missing': '缺少初始凭据',
  'no answer': '没有应答',
  'its replicas go back to where they were': '副本正回到原处',
  'its partitions are being added': '正在增加分区',
  'copying its replicas': '正在复制副本',
  'the meta group has no leader': '元数据组没有领导者',
}

const CHECKS: Readonly<Record<string, string>> = {
  member: '成员',
  members: '成员',
  health: '健康状况',
  configuration: '配置',
  canary: '金丝雀消息',
  refusals: '拒绝检查',
  quorum: '法定人数',
  replicas: '副本',
  storage: '存储',
  readable: '可读',
  alarms: '告警',
  brokers: '代理节点',
  listeners: '监听端口',
  'feature flags': '特性开关',
  'virtual hosts': '虚拟主机',
  'log folders': '日志目录',
  racks: '机架',
  moves: '副本移动',
  'offline partitions': '离线分区',
  'under min ISR': '低于最小同步副本',
  'under-replicated': '副本不足',
  topic: '主题',
  queue: '队列',
  'plaintext refused': '拒绝明文',
  'wrong password refused': '拒绝错误密码',
  'no credentials refused': '拒绝无凭据',
  'guest refused': '拒绝 guest',
  'plaintext AMQP refused': '拒绝明文 AMQP',
  'plaintext HTTP refused': '拒绝明文 HTTP',
  'plaintext metrics refused': '拒绝明文指标',
  'plaintext monitoring refused': '拒绝明文监控',
  'management without credentials refused': '拒绝无凭据的管理访问',
  'distribution without certificate refused': '拒绝无证书的节点通信',
  'stranger on the route port refused': '拒绝路由端口上的陌生连接',
  'internal port without certificate refused': '拒绝无证书访问内部端口',
  'controller port without certificate refused': '拒绝无证书访问控制器端口',
  'asked again: as in the spec': '再次查询：与规格一致',
  'answers and is in the quorum': '有应答且在法定人数内',
  'answers and is in the quorum, leads': '有应答且在法定人数内，是领导者',
}

const PHRASES: ReadonlyMap<string, string> = new Map([REASONS, WAITS, CHECKS].flatMap(Object.entries))

type Pattern = readonly [pattern: RegExp, translate: (...parts: string[]) => string]
const PATTERNS: readonly Pattern[] = [
  [/^a new (\S+) cluster of (\d+)$/, (_, broker, members) => `新建 ${broker} 集群，${members} 个成员`],
  [/^(\d+) members are running$/, (_, members) => `${members} 个成员正在运行`],
  [/^(\d+) members have not taken it up$/, (_, members) => `${members} 个成员尚未采用`],
  [/^(\S+) is not running$/, (_, name) => `${name} 未在运行`],
  [
    /^its process \(pid (\d+)\) has ended by itself: see its log$/,
    (_, pid) => `其进程（pid ${pid}）已自行结束：请看日志`,
  ],
  [/^pid (\d+) is not ours: another program has it now$/, (_, pid) => `pid ${pid} 不属于我们：现在是另一个程序`],
  [
    /^this folder is a copy: pid (\d+) belongs to the one it was copied from$/,
    (_, pid) => `此目录是副本：pid ${pid} 属于被复制的那个目录`,
  ],
  [
    /^its folder was moved while it ran, from (.+): stop it, then start it$/,
    (_, from) => `运行期间其目录被移走（原为 ${from}）：请先停止，再启动`,
  ],
  [/^(\S+) has not taken up (.+)$/, (_, name, files) => `${name} 尚未采用 ${files}`],
  [/^(.+) changed, taken up without restart$/, (_, files) => `${files} 有变更，无需重启即可生效`],
  [/^(.+) edited by someone else, written again$/, (_, files) => `${files} 被他人改动，将重新写入`],
  [/^(\S+) of (\S+) is not as it was written$/, (_, file, name) => `${name} 的 ${file} 与写入时不同`],
  [/^(.+) differ(?: from the spec)?$/, (_, fields) => `${fields} 与规格不同`],
  [/^(\S+(?:, \S+)*) changed$/, (_, files) => `${files} 有变更`],
  [/^(\d+) bindings that went when it was replaced are not back yet$/, (_, n) => `替换时移除的 ${n} 个绑定尚未恢复`],
  [/^(.+): publishers wait$/, (_, alarm) => `${alarm}：发布者在等待`],
  [
    /^member (\d+): (.+): publishers wait; drain consumers first$/,
    (_, slot, alarm) => `成员 ${slot}：${alarm}：发布者在等待，请先让消费者消费`,
  ],
  [/^it expires in (\d+) days$/, (_, days) => `${days} 天后到期`],
  [/^member (\d+) is not in the cluster yet$/, (_, slot) => `成员 ${slot} 尚未加入集群`],
  [/^member (\d+) is not up: (.+)$/, (_, slot, why = '') => `成员 ${slot} 不可用：${zhPhrase(why)}`],
  [
    /^the spec names it, it exists and the spec "(.+)" owns it: mqops takes it over$/,
    (_, spec) => `规格中有、已经存在，属于规格 "${spec}"：由 mqops 接管`,
  ],
  [/^the spec "(.+)" owns it: left alone$/, (_, spec) => `属于规格 "${spec}"：保持不动`],
  [
    /^partition (\d+): (.+ (?:log's start|log's end): \d+|no record is that new: the end)$/,
    (_, partition, why = '') => `分区 ${partition}：${zhPhrase(why)}`,
  ],
  [/^to the offset (\d+)$/, (_, offset) => `到偏移量 ${offset}`],
  [/^to the first record at or after (\S+)$/, (_, at) => `到 ${at} 起的第一条记录`],
  [/^shifted by ([+-]\d+)$/, (_, by) => `移动 ${by}`],
  [/^(-?\d+) is before the log's start: (\d+)$/, (_, wanted, start) => `${wanted} 在日志起点之前：取 ${start}`],
  [/^(\d+) is beyond the log's end: (\d+)$/, (_, wanted, end) => `${wanted} 超出日志末尾：取 ${end}`],
  [
    /^partition (\d+) has no committed offset to shift from(: left alone)?$/,
    (_, partition, left) => `分区 ${partition} 没有可供移动的已提交偏移量${left ? '：保持不动' : ''}`,
  ],
  [
    /^(.+) replicas? becomes? (\d+): copied while clients go on$/,
    (_, from = '', to) => `副本数由 ${from.replace(' and ', ' 和 ')} 变为 ${to}：复制期间客户端照常工作`,
  ],
  [
    /^(\d+) replicas become (\d+): fewer brokers can be lost$/,
    (_, from, to) => `副本数由 ${from} 变为 ${to}：可容忍的代理节点故障减少`,
  ],
  [
    /^copying its replicas: producers write faster, so at (.+)$/,
    (_, rate) => `正在复制副本：生产者写入更快，因此以 ${rate} 复制`,
  ],
  [
    /^(\S+) has no leader: its replicas are not moved now$/,
    (_, partition) => `${partition} 没有领导者：暂不移动其副本`,
  ],
  [
    /^(\S+) has too few replicas in sync: its replicas are not moved now$/,
    (_, partition) => `${partition} 的同步副本不足：暂不移动其副本`,
  ],
  [
    /^what was not complete could not be taken back \((.+)\): it is finished when the run is resumed$/,
    (_, why = '') => `未完成的部分无法撤回（${zhPhrase(why)}）：恢复运行时完成`,
  ],
  [/^and (\d+) more lines?$/, (_, count) => `另有 ${count} 行`],
  [/^(.+) owns it: left alone$/, (_, owner) => `属于 ${owner}：保持不动`],
  [
    /^(\d+) partitions become (\d+): keys map to other partitions$/,
    (_, from, to) => `${from} 个分区变为 ${to} 个：键会映射到其他分区`,
  ],
]

export function zhPhrase(text: string): string {
  const known = PHRASES.get(text)
  if (known !== undefined) return known
  for (const [pattern, translate] of PATTERNS) {
    const match = pattern.exec(text)
    if (match) return translate(...match)
  }
  return zhFailure(text) ?? zhNote(text) ?? text
}
