/**
 * What failures say most often, as patterns over their English texts (the spec's reader, the engine and the brokers
 * write them). Field names, values and codes stay as they are; a text that is not known is shown in English.
 */
type Pattern = readonly [pattern: RegExp, translate: (...parts: string[]) => string]

const WHAT: Readonly<Record<string, string>> = {
  text: '文本',
  nothing: '空值',
  'a map': '映射',
  'a list': '列表',
  'a number': '数字',
  'a whole number': '整数',
  'true or false': 'true 或 false',
}
/** 'one of a, b', '1, 3 or 5', 'the number 4', 'text "x"'. */
const thing = (text = ''): string =>
  WHAT[text] ??
  text
    .replace(/^one of /, '以下之一：')
    .replace(/^the number /, '数字 ')
    .replace(/^text (?=")/, '文本 ')
    .replace(/^a secret by reference, /, '以引用给出的密钥 ')
    .replace(/ or (?=\S+$)/, ' 或 ')

const LIMIT: Readonly<Record<string, string>> = {
  'at least': '不小于',
  'at most': '不大于',
  'more than': '大于',
  'less than': '小于',
}

/** What stands in a spec. */
const SPEC: readonly Pattern[] = [
  [/^unknown key (.+)$/s, (_, key) => `未知的键 ${key}`],
  [/^is missing$/, () => '缺少'],
  [/^is missing: expected (.+)$/s, (_, wanted) => `缺少：应为 ${thing(wanted)}`],
  [/^expected (.+), got (.+)$/s, (_, wanted, got) => `应为 ${thing(wanted)}，实为 ${thing(got)}`],
  [/^must be (at least|at most|more than|less than) (\S+)$/, (_, how = '', n) => `必须${LIMIT[how]} ${n}`],
  [
    /^must be (at least|at most|more than|less than) (\S+), got (.+)$/,
    (_, how = '', n, got) => `必须${LIMIT[how]} ${n}，实为 ${thing(got)}`,
  ],
  [/^must not be empty$/, () => '不能为空'],
  [/^(".*") is not a duration: write (.+)$/s, (_, value, how) => `${value} 不是时长：可写作 ${thing(how)}`],
  [
    /^(".*") is not a size: write (.+) or a number of bytes$/s,
    (_, value, how) => `${value} 不是大小：可写作 ${how} 或字节数`,
  ],
  [/^give exactly one of (.+)$/, (_, names) => `只能给出其中一个：${names}`],
  [/^a name has 1 to 40 characters: .+$/, () => '名称须有 1 到 40 个字符：小写字母、数字和 -，且首尾不能是 -'],
  [/^a version reads like (.+)$/, (_, like) => `版本号形如 ${thing(like)}`],
  [/^the key (".*") is given twice in one map$/s, (_, key) => `键 ${key} 在同一映射中出现了两次`],
  [/^the name (".*") is taken by (?:another )?(\S+)$/s, (_, name, kind) => `名称 ${name} 已被另一个 ${kind} 使用`],
  [/^names are unique; .+$/, () => '名称必须唯一；后面的文件（-f）可以覆盖前面的文档，同一文件内不行'],
  [/^names are unique across brokers$/, () => '名称在所有种类的集群之间必须唯一'],
  [/^first at (.+)$/, (_, place) => `第一次出现在 ${place}`],
  [/^keep one of them$/, () => '只保留一个'],
  [/^did you mean ([^?]+)\?$/, (_, name) => `是否想写 ${name}？`],
  [/^did you mean ([^?]+)\? allowed: (.+)$/s, (_, name, all) => `是否想写 ${name}？可用：${all}`],
  [/^allowed: (.+)$/s, (_, all) => `可用：${all}`],
  [/^(\S+) has two owners$/, (_, address) => `${address} 有两个所有者`],
  [/^also at (.+)$/s, (_, place) => `另一处在 ${place}`],
  [/^each resource stands in one document: .+$/, () => '每个资源只写在一份文档中：请从其中一处删去'],
  [/^(\S+) belongs to the document of the cluster, .+$/, (_, key) => `${key} 属于集群自己的文档，不能写在团队的文档里`],
  [/^write it at (.+)$/s, (_, place) => `请写在 ${place}`],
  [/^no (\S+) document is named (".*")$/s, (_, kind, name) => `没有名为 ${name} 的 ${kind} 文档`],
  [/^the cluster's own document has to be given, too: .+$/, () => '还须给出集群自己的文档：用 -f，或放在同一文件夹中'],
  [/^quote it: (.+)$/s, (_, how) => `加上引号：${how}`],
  [/^write it without quotes$/, () => '去掉引号'],
  [/^give a value, or remove the key$/, () => '给出值，或删去这个键'],
  [/^the environment variable (\S+) is not set$/, (_, name) => `环境变量 ${name} 未设置`],
  [/^set it, or give a default: (.+)$/, (_, how) => `请设置它，或给出默认值：${how}`],
  [/^Set it, and run the command again\.$/, () => '请设置后再运行此命令。'],
  [/^secret (\w+:.+)$/, (_, reference) => `密钥 ${reference}`],
  [/^write \$\$\{ for a literal \$\{$/, () => '若要字面的 ${，请写 $${'],
  [/^nested deeper than (\d+) levels(?:, aliases counted)?$/, (_, levels) => `嵌套超过 ${levels} 层`],
  [/^more than (\d+) values in one document, .+$/, (_, most) => `一个文档中的值超过 ${most} 个（别名每次引用都计入）`],
  [/^a tab indents this line: YAML wants spaces$/, () => '此行用制表符缩进：YAML 只接受空格'],
  [/^replace the tab by spaces$/, () => '请把制表符换成空格'],
  [/^wrong indentation$/, () => '缩进有误'],
  [/^a second ": " in one line$/, () => '一行中出现了第二个 ": "'],
  [/^a closing (.) is missing$/, (_, mark) => `缺少结尾的 ${mark}`],
  [/^the tag (".*") has no meaning here$/s, (_, tag) => `标签 ${tag} 在此没有意义`],
  [/^remove it: mqops reads plain YAML 1\.2$/, () => '请删去：mqops 只读普通的 YAML 1.2'],
  [/^a document is a map that begins with (.+)$/, (_, how) => `一个文档应是以 ${how} 开头的映射`],
  [/^(\S+) holds no document$/, (_, file) => `${file} 中没有文档`],
  [/^mqops init writes a first one$/, () => '用 mqops init 写出第一份'],
  [
    /^(\S+) is not UTF-8: byte (\S+) at byte position (\d+)$/,
    (_, file, byte, at) => `${file} 不是 UTF-8：字节位置 ${at} 处为 ${byte}`,
  ],
  [/^(\S+) is (UTF-16\w\w) .+$/, (_, file, kind) => `${file} 是 ${kind}，不是 UTF-8`],
  [/^save it as UTF-8$/, () => '请存为 UTF-8'],
  [/^there is no (\S+)$/, (_, file) => `没有 ${file}`],
  [/^Name the spec with -f, or make a starter with: (.+)$/, (_, how) => `用 -f 指定规格，或写出起始规格：${how}`],
  [/^the folder (.+) holds no \*\.yaml$/, (_, folder) => `文件夹 ${folder} 中没有 *.yaml`],
  [
    /^(\S+) has (\d+) bytes; at most (\d+) are read$/,
    (_, file, size, most) => `${file} 有 ${size} 字节；最多读取 ${most} 字节`,
  ],
  [/^Split it into several files of one folder\.$/, () => '请拆成同一文件夹中的多个文件。'],
  [
    /^no write could ever have (\d+) copies of (\d+)$/,
    (_, least, of) => `${of} 个副本永远凑不齐写入所需的 ${least} 个`,
  ],
  [/^somebody else moves its replicas now$/, () => '其他人正在移动其副本'],
  [
    /^somebody else has throttled its replicas: they move them, or have not tidied up$/,
    () => '其他人对其副本设了限速：正在移动，或者没有清理',
  ],
  [/^nothing has moved for (\d+) s: (.+)$/s, (_, seconds, why = '') => `${seconds} 秒没有进展：${why}`],
  [
    /^(\d+) replicas need as many brokers; there are (\d+)$/,
    (_, replicas, brokers) => `${replicas} 个副本需要同样多的代理节点；现有 ${brokers} 个`,
  ],
]

const offset = (text: string): string => (/^\d+$/.test(text) ? text : '（无）')

/** What happens with clusters and plans. */
const RUNNING: readonly Pattern[] = [
  [/^(\S+) ended by itself soon after its start$/, (_, name) => `${name} 启动后不久便自行结束`],
  [/^See its whole log: (.+)$/, (_, how) => `查看完整日志：${how}`],
  [/^the spec "(.+)" owns it$/, (_, spec) => `它属于规格 "${spec}"`],
  [
    /^the spec "(.+)" has taken it over: this one no longer owns it$/,
    (_, spec) => `规格 "${spec}" 已经接管它：它不再属于这份规格`,
  ],
  [
    /^Keep it in one spec only: .+ What takes it over: (.+)$/s,
    (_, how) => `只应留在一份规格中：请从其中一份删去。要接管它：${how}`,
  ],
  [
    /^"(.+)" overlaps "(.+)" of (\S+) (\S+), which is not in the spec$/,
    (_, subject, other, kind, name) => `“${subject}”与 ${kind} ${name} 的“${other}”重叠，而后者不在规格中`,
  ],
  [
    /^A subject belongs to one stream of an account: change this one, or remove the other\.$/,
    () => '同一账户中一个主题只属于一个流：请改这一个，或移除另一个。',
  ],
  [
    /^it takes what (\S+) has now, and that one waits for it in turn: .+$/,
    (_, other) => `它要接管 ${other} 现有的部分，而后者又在等它：两者无论先后都不可行`,
  ],
  [
    /^Take it away from one of them and apply, then give it to the other\.$/,
    () => '先从其中一个移除并应用，再交给另一个。',
  ],
  [
    /^"(.+)" and "(.+)", which is not in the spec, differ only in \. and _: .+$/,
    (_, name, other) => `“${name}”与不在规格中的“${other}”只差 . 和 _：指标会同名，Kafka 拒绝后建的一个`,
  ],
  [/^there is no (\S+\/\S+)$/, (_, address) => `没有 ${address}`],
  [/^nothing matches (\S+)$/, (_, pattern) => `没有与 ${pattern} 匹配的资源`],
  [/^(\S+\/\S+) is not in the spec$/, (_, address) => `规格中没有 ${address}`],
  [
    /^the spec names none of the (\d+) that match (\S+)$/,
    (_, count, pattern) => `与 ${pattern} 匹配的共 ${count} 项，规格中一项也没有`,
  ],
  [
    /^What is taken over is kept as the spec says\. To write what is there: (.+)$/s,
    (_, how) => `接管之后即按规格维护。要写出现有内容：${how}`,
  ],
  [/^Did you mean (\S+)\?$/, (_, address) => `是不是想写 ${address}?`],
  [
    /^(?:Did you mean (\S+)\? )?Kinds are: (.+)$/,
    (_, address, kinds) => `${address === undefined ? '' : `是不是想写 ${address}？`}种类有：${kinds}`,
  ],
  [/^it was removed by someone else after the plan was made$/, () => '计划生成之后被他人移除'],
  [/^(\S+) can't be reached$/, (_, where) => `无法连接 ${where}`],
  [/^connection refused(.*)$/, (_, more) => `连接被拒绝${more}`],
  [/^Do its members run\? See (.+) and (.+)\.$/, (_, a, b) => `成员在运行吗？请看 ${a} 和 ${b}。`],
  [/^Do its members run\? See (.+)$/, (_, how) => `成员在运行吗？请看 ${how}`],
  [/^(\S+) is held by (.+) since (\S+)$/, (_, name, holder, since) => `${name} 正由 ${holder} 占用，自 ${since} 起`],
  [/^wait for it to end; if it hangs, .+$/, () => '请等它结束；若已卡死，结束该进程即可：租约随即释放'],
  [/^(.+) works on this cluster$/, (_, holder) => `${holder} 正在操作此集群`],
  [
    /^(\S+): (.+) is at work on it since (\S+)$/,
    (_, name, holder, since) => `${name}：${holder} 自 ${since} 起正在操作`,
  ],
  [/^Wait until it has finished.*$/, () => '请等它结束。'],
  [/^the plan file was edited after it was made$/, () => '计划文件在生成之后被改动过'],
  [/^A plan is approved as it is\. .+$/, () => '计划只能按原样批准。请改规格后重新计划。'],
  [/^this is no plan file(?:: it is not JSON)?$/, () => '这不是计划文件'],
  [/^Make a new one, with --out FILE\.$/, () => '请用 --out FILE 重新生成。'],
  [
    /^the plan no longer fits: (.+) changed since it was made$/,
    (_, names) => `计划已不再适用：生成之后 ${names} 有变化`,
  ],
  [
    /^the plan is for the cluster (\S+) with the id (\S+), here its id is (.+)$/,
    (_, name, id, now) => `计划针对的是 id 为 ${id} 的集群 ${name}，此处的 id 是 ${now}`,
  ],
  [
    /^it has (\d+) partitions and can't have (\d+): .+$/,
    (_, has, wants) => `现有 ${has} 个分区，不能变为 ${wants} 个：分区不能减少`,
  ],
  [/^Keep partitions: (\d+), or use another topic\.$/, (_, has) => `请保持 partitions: ${has}，或改用另一个主题。`],
  [/^it was changed by someone else after the plan was made$/, () => '计划生成之后被他人改动过'],
  [/^can't be read: (.+)$/s, (_, why) => `无法读取：${why}`],
  [/^Nothing is planned for what can not be seen\.$/, () => '看不到的内容不会列入计划。'],
  [/^the cluster (\S+) has no user (".*")$/s, (_, name, user) => `集群 ${name} 没有用户 ${user}`],
  [/^not with (\S+): it has no consumer groups .+$/, (_, kind) => `${kind} 不行：它没有可设置偏移量的消费者组`],
  [
    /^it is a (\S+) group: where it stands is more than .+$/,
    (_, type) => `它是 ${type} 组：其位置不只是每个分区一个偏移量`,
  ],
  [/^Use the broker's own tool for groups of this type\.$/, () => '请用软件自带的、针对此类组的工具。'],
  [/^it is read by (\d+) members? now \((.+)\)$/, (_, n, state) => `它有 ${n} 个成员正在读取（${state}）`],
  [/^Stop them first\. .+$/, () => '请先停止它们。被杀死的成员要等会话超时才算离开。'],
  [
    /^Stop them, then go on with: (mqops resume)\. .+$/,
    (_, how) => `请先停止它们，再继续：${how}。被杀死的成员要等会话超时才算离开。`,
  ],
  [/^there is no group (".*")$/s, (_, name) => `没有消费者组 ${name}`],
  [/^there are: (.+)$/s, (_, names) => `现有：${names}`],
  [/^See the groups: (.+)$/, (_, how) => `查看消费者组：${how}`],
  [/^it has committed no offset in any topic$/, () => '它在任何主题中都没有提交过偏移量'],
  [/^Name the topics: (.+)$/, (_, how) => `请指明主题：${how}`],
  [/^there is no topic (".*")$/s, (_, name) => `没有主题 ${name}`],
  [/^it has the partitions 0 to (\d+), and no (\d+)$/, (_, last, no) => `它有分区 0 到 ${last}，没有 ${no}`],
  [/^Say where to: (.+)$/, (_, how) => `请写明位置：${how}`],
  [
    /^partition (\d+) holds the offsets (\d+) to (\d+) now, not (\d+)$/,
    (_, partition, start, end, not) => `分区 ${partition} 现有偏移量 ${start} 到 ${end}，没有 ${not}`,
  ],
  [/^partition (\d+) is gone$/, (_, partition) => `分区 ${partition} 已不存在`],
  [/^the group is gone$/, () => '该消费者组已不存在'],
  [
    /^somebody has committed since the plan was made: partition (\d+) is at (.+), the plan found (.+)$/,
    (_, partition, now = '', then = '') =>
      `计划生成之后有人提交过：分区 ${partition} 在 ${offset(now)}，计划时为 ${offset(then)}`,
  ],
  [
    /^it was set, and somebody has committed since: partition (\d+) is at (.+), not at (\d+)$/,
    (_, partition, now = '', to) => `已经设置，但之后有人提交过：分区 ${partition} 在 ${offset(now)}，而不是 ${to}`,
  ],
  [/^Nothing was set\. Ask again .+$/, () => '什么都没有设置。请重新规划，看看现在会怎样。'],
  [/^A transaction that commits there is open: .+$/, () => '有事务正在那里提交：请等它结束。'],
  [/^Ask again: the log has changed\.$/, () => '请重新规划：日志有变化。'],
  [/^Stop who reads in the group, then ask again\.$/, () => '请先停止该组的读取者，再重新规划。'],
  [/^It has: (.+)$/s, (_, names) => `现有：${names}`],
]

/** 'spec.topics["a"].partitions: …': a path before the words. */
const PLACED = /^((?:spec|metadata|kind|apiVersion|the document)(?:\.[\w-]+|\["(?:[^"\\]|\\.)*"\]|\[\d+\])*): (.+)$/s

const inPatterns = (text: string): string | null => {
  for (const [pattern, translate] of [...SPEC, ...RUNNING]) {
    const match = pattern.exec(text)
    if (match) return translate(...match)
  }
  return null
}

/** The text in Chinese; null when it is not known. */
export function zhFailure(text: string): string | null {
  const [, place, words] = PLACED.exec(text) ?? []
  if (place === undefined || words === undefined) return inPatterns(text)
  const translated = inPatterns(words)
  return translated === null ? null : `${place === 'the document' ? '文档' : place}：${translated}`
}
