import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RuntimeError } from './errors.ts'
import { listZip } from './zip.ts'

/** Kafka's commands and the classes behind them: the first that this version has. */
export const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  'kafka-server-start': ['kafka.Kafka'],
  'kafka-storage': ['org.apache.kafka.tools.StorageTool', 'kafka.tools.StorageTool'],
  'kafka-configs': ['org.apache.kafka.tools.ConfigCommand', 'kafka.admin.ConfigCommand'],
  'kafka-acls': ['org.apache.kafka.tools.AclCommand', 'kafka.admin.AclCommand'],
  'kafka-broker-api-versions': ['org.apache.kafka.tools.BrokerApiVersionsCommand'],
  'kafka-cluster': ['org.apache.kafka.tools.ClusterTool'],
  'kafka-console-consumer': ['org.apache.kafka.tools.consumer.ConsoleConsumer'],
  'kafka-console-producer': ['org.apache.kafka.tools.ConsoleProducer'],
  'kafka-consumer-groups': [
    'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
    'org.apache.kafka.tools.ConsumerGroupCommand',
  ],
  'kafka-consumer-perf-test': ['org.apache.kafka.tools.ConsumerPerformance'],
  'kafka-delete-records': ['org.apache.kafka.tools.DeleteRecordsCommand'],
  'kafka-dump-log': ['org.apache.kafka.tools.DumpLogSegments', 'kafka.tools.DumpLogSegments'],
  'kafka-features': ['org.apache.kafka.tools.FeatureCommand'],
  'kafka-get-offsets': ['org.apache.kafka.tools.GetOffsetShell'],
  'kafka-groups': ['org.apache.kafka.tools.GroupsCommand'],
  'kafka-leader-election': ['org.apache.kafka.tools.LeaderElectionCommand'],
  'kafka-log-dirs': ['org.apache.kafka.tools.LogDirsCommand'],
  'kafka-metadata-quorum': ['org.apache.kafka.tools.MetadataQuorumCommand'],
  'kafka-producer-perf-test': ['org.apache.kafka.tools.ProducerPerformance'],
  'kafka-reassign-partitions': ['org.apache.kafka.tools.reassign.ReassignPartitionsCommand'],
  'kafka-topics': ['org.apache.kafka.tools.TopicCommand'],
  'kafka-transactions': ['org.apache.kafka.tools.TransactionsCommand'],
  'connect-mirror-maker': ['org.apache.kafka.connect.mirror.MirrorMaker'],
}

/** Which Java runs them and how: `${libs}` first, so that one class archive serves the broker and its tools. */
const HEAD = (libs: readonly string[], more: readonly string[]) => `#!/bin/sh
here=$(cd -- "\${0%/*}/.." && pwd -P) || exit 1
java=\${MQOPS_JAVA:-\${JAVA_HOME:+$JAVA_HOME/bin/java}}
cp=${libs.map((l) => `$here/libs/${l}`).join(':')}
tools=${more.map((l) => `$here/libs/${l}`).join(':')}
log=\${KAFKA_LOG4J_CONFIG:-$here/log4j2.properties}
`

/** A class archive that is missing or made by another Java is no error: the JVM then starts without it. */
const ARCHIVE = `if [ -r "\${MQOPS_KAFKA_CDS:-}" ]; then
  set -- "-XX:SharedArchiveFile=$MQOPS_KAFKA_CDS" -Xshare:auto -Xlog:disable -Xlog:all=error:stderr "$@"
fi
`

export const FAST = '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC'

const broker = (main: string) => `
set -- "-Dlog4j2.configurationFile=$log" -cp "$cp" ${main} "$@"
${ARCHIVE}exec "\${java:-java}" \${KAFKA_HEAP_OPTS--Xms64m -Xmx256m} \${KAFKA_JVM_OPTS-${FAST}} \${KAFKA_OPTS:-} "$@"
`

const tool = (main: string) => `
set -- "-Dlog4j2.configurationFile=$log" -cp "$cp:$tools" ${main} "$@"
${ARCHIVE}exec "\${java:-java}" \${KAFKA_TOOLS_HEAP_OPTS--Xmx256m} \${KAFKA_TOOLS_JVM_OPTS-${FAST}} \${KAFKA_OPTS:-} "$@"
`

/** The sh script of one command. `libs`: names of jars in libs/ for the broker; `more`: those that the tools add. */
const script = (command: string, main: string, libs: readonly string[], more: readonly string[]): string =>
  HEAD(libs, more) + (command === 'kafka-server-start' ? broker(main) : tool(main))

/** Warnings only, on stderr: stdout belongs to what the tools print. */
export const LOG4J = `status = error
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}] %p %m (%c)%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
logger.started.name = kafka.server.KafkaRaftServer
logger.started.level = info
`

/** A script in bin/ for each command that the jars in libs/ have. Gives their paths. `broker`: jars of the server. */
export async function writeCommands(
  version: string,
  folder: string,
  broker: readonly string[],
  more: readonly string[],
): Promise<string[]> {
  const classes = new Set<string>()
  for (const jar of [...broker, ...more].filter((n) => /^(kafka|connect)[_-]/.test(n)))
    for (const name of await listZip(join(folder, 'libs', jar))) classes.add(name)
  await mkdir(join(folder, 'bin'))
  const written: string[] = []
  for (const [command, mains] of Object.entries(COMMANDS)) {
    const main = mains.find((m) => classes.has(`${m.replaceAll('.', '/')}.class`))
    if (main === undefined) continue
    const path = join(folder, 'bin', command)
    await writeFile(path, script(command, main, broker, more))
    await chmod(path, 0o755)
    written.push(`bin/${command}`)
  }
  if (written.includes('bin/kafka-server-start')) return written
  throw new RuntimeError({
    code: 'MQOPS_RUNTIME_BROKEN',
    summary: `The jars of Kafka ${version} hold no broker`,
    hint: `Ask for another version`,
  })
}
