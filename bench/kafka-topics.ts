import { globSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { CLUSTER, kafkaSpec, kafkaTerraform, topicctl, topicNames, topicResources } from './kafka.ts'
import { measured, medianOf, table, type Took } from './measure.ts'
import { type Project, project, told } from './project.ts'

const RUNS = 3
/** Of those that take minutes. */
const PEER_RUNS = 1
/** Of contenders that make one topic after another: enough to know what one takes. */
const ONE_BY_ONE = 5
const TOPICCTL_TOPICS = 20

/** New topics in a cluster that runs: each contender makes its own set and finds nobody else's. */
export async function kafkaTopics(count = 1000): Promise<string> {
  const bench = project()
  const names = ['mqops', 'terraform', 'topicctl', 'admin', 'tool'] as const
  const runs = Object.fromEntries(names.map((name) => [name, [] as Took[]])) as Record<(typeof names)[number], Took[]>
  try {
    const up = bench.write(kafkaSpec([]), 'up.yaml')
    await bench.mqops('apply', '--yes', '-f', up)
    const login = await bench.login(CLUSTER)
    const properties = bench.write(
      (await bench.mqops('connect', CLUSTER, '--properties', '--show-secrets')).output,
      'client.properties',
    )
    const [tf, ctl, tools] = [kafkaTerraform(bench, login), topicctl(bench, login), kafkaTools(bench)]
    const endpoint = login.endpoints[0] as string
    const clear = (prefix: string) => tools.adminClient(properties, endpoint, prefix, 0)
    for (let i = 0; i < RUNS; i++) {
      const set = (of: string) => topicNames(count, `${of}${i}`)
      const ours = bench.write(kafkaSpec(set('mqops')), 'ours.yaml')
      runs.mqops.push(await told('mqops', bench.mqops('apply', '--yes', '-f', ours)))
      await bench.mqops('apply', '--yes', '--no-verify', '--confirm', CLUSTER, '-f', up)
      if (tf && i < PEER_RUNS) {
        tf.state([])
        tf.blocks(topicResources(set('terraform')))
        runs.terraform.push(await told('terraform', tf.apply()))
        await clear('terraform')
      }
      if (ctl && i < PEER_RUNS) {
        const few = set('topicctl').slice(0, TOPICCTL_TOPICS)
        runs.topicctl.push(await told(`topicctl, ${few.length} topics`, ctl(few, `set${i}`)))
        await clear('topicctl')
      }
      runs.admin.push(await told("Kafka's admin client", tools.adminClient(properties, endpoint, `admin${i}`, count)))
      await clear('admin')
      for (let k = 0; k < ONE_BY_ONE; k++)
        runs.tool.push(await told('kafka-topics.sh', tools.kafkaTopics(properties, endpoint, `tool${i}.${k}`)))
      await clear('tool')
    }
    const one = medianOf(runs.tool)
    const few = medianOf(runs.topicctl)
    const ofTopicctl = few.seconds / Math.min(TOPICCTL_TOPICS, count)
    const by = {
      'mqops (plan, apply, verify)': medianOf(runs.mqops),
      'Terraform, Mongey/kafka': medianOf(runs.terraform),
      [`topicctl (${ofTopicctl.toFixed(2)} s each, × ${count})`]: { ...few, seconds: ofTopicctl * count },
      "Kafka's Java admin client, all in one request, not waited for": medianOf(runs.admin),
      [`kafka-topics.sh one after another (${one.seconds.toFixed(2)} s each, × ${count})`]: {
        ...one,
        seconds: one.seconds * count,
      },
    }
    return `New topics of one partition in a cluster of one member, TLS and SCRAM. mqops waits until all logs are on the disks, and then asks again for everything; Kafka's own tools end when the controller has answered; topicctl sleeps 2 s after each topic that it makes, as it is shipped.\n\n${table([{ work: `${count} topics`, by }])}\nMedians of ${RUNS}, Terraform and topicctl: ${PEER_RUNS} run; cold processes.\n`
  } finally {
    await bench.end(CLUSTER)
  }
}

/** In one request: kafka-topics.sh takes one topic a call, its library takes any number. Of none it removes those with the prefix. */
const ADMIN = `import java.io.FileInputStream;
import java.util.*;
import org.apache.kafka.clients.admin.*;

public class Batch {
  public static void main(String[] args) throws Exception {
    Properties properties = new Properties();
    try (FileInputStream in = new FileInputStream(args[0])) { properties.load(in); }
    properties.put("bootstrap.servers", args[1]);
    List<NewTopic> topics = new ArrayList<>();
    for (int i = 0; i < Integer.parseInt(args[3]); i++)
      topics.add(new NewTopic(String.format("%s.%05d", args[2], i), 1, (short) 1).configs(Map.of("retention.ms", "604800000")));
    try (Admin admin = Admin.create(properties)) {
      if (topics.isEmpty()) clear(admin, args[2]);
      else admin.createTopics(topics).all().get();
    }
  }

  static void clear(Admin admin, String prefix) throws Exception {
    for (;;) {
      Set<String> own = new HashSet<>(admin.listTopics().names().get());
      own.removeIf(name -> !name.startsWith(prefix));
      if (own.isEmpty()) return;
      try {
        admin.deleteTopics(own).all().get();
      } catch (java.util.concurrent.ExecutionException e) {
        // The broker that lists them may be behind the controller.
        if (!(e.getCause() instanceof org.apache.kafka.common.errors.UnknownTopicOrPartitionException)) throw e;
      }
    }
  }
}
`

/** Kafka's own, from the distribution that the members run; Java with its compiler on PATH. */
function kafkaTools({ folder }: Project) {
  const cache = process.env['MQOPS_CACHE'] ?? join(homedir(), '.cache', 'mqops')
  const jars = globSync(join(cache, 'runtimes/kafka/4.*/libs/*.jar'))
  const libraries = jars.length > 0 ? jars : globSync(join(cache, 'runtimes/kafka/4.*/**/*.jar'))
  const newest =
    libraries
      .map((jar) => jar.split('/kafka/')[1]?.split('/')[0] ?? '')
      .toSorted()
      .at(-1) ?? ''
  const path = libraries.filter((jar) => jar.includes(`/kafka/${newest}/`)).join(':')
  writeFileSync(join(folder, 'Batch.java'), ADMIN)
  const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=off'
  const compiled = measured(['javac', '-cp', path, '-d', folder, join(folder, 'Batch.java')], { cwd: folder })
  return {
    adminClient: async (properties: string, endpoint: string, prefix: string, count: number): Promise<Took> => {
      await compiled
      const argv = ['java', quiet, '-cp', `${path}:${folder}`, 'Batch', properties, endpoint, prefix, String(count)]
      return measured(argv, { cwd: folder, memory: true })
    },
    kafkaTopics: (properties: string, endpoint: string, name: string): Promise<Took> =>
      measured(
        [
          ...['java', quiet, '-cp', path, 'org.apache.kafka.tools.TopicCommand', '--create', '--topic', name],
          ...['--bootstrap-server', endpoint, '--command-config', properties],
          ...['--partitions', '1', '--replication-factor', '1', '--config', 'retention.ms=604800000'],
        ],
        { cwd: folder, memory: true },
      ),
  }
}
