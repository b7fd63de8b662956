import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JsonObject } from '../../../src/model/json.ts'
import { plainClients } from '../../clients/install.ts'
import type { RealCluster } from '../real.ts'
import type { KafkaCall } from './kafka.ts'
import type { NatsCall } from './nats.ts'
import type { RabbitmqCall } from './rabbitmq-calls.ts'

/** Somebody else at work on a real cluster: by the tools of the distribution, and by clients that are not our code. */

type Foreign<Call> = (cluster: RealCluster, calls: readonly Call[], fields: JsonObject) => Promise<void>

const AT_ONCE = 3

/** Each is a Java machine of its own: a few at a time. */
export const kafkaForeign: Foreign<KafkaCall> = async (cluster, calls, fields) => {
  const { properties, endpoints } = await cluster.connection(fields, null)
  const file = join(cluster.folder, properties.file)
  writeFileSync(file, properties.text)
  const left = [...calls]
  const next = async (): Promise<void> => {
    for (let call = left.shift(); call; call = left.shift()) {
      const to = ['--bootstrap-server', endpoints.join(','), '--command-config', file]
      await cluster.command(fields, 1, [call.tool, ...to, ...call.args])
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, next))
}

export const natsForeign: Foreign<NatsCall> = async (cluster, calls, fields) => {
  const requests = calls.filter((call) => 'request' in call)
  if (requests.length > 0) plainly('Nats', await cluster.connection(fields, 'shop'), requests)
  for (const call of calls) {
    if ('request' in call) continue
    edit(cluster, call)
    await cluster.command(fields, call.slot, ['nats-server', '--signal', `reload=${await cluster.pidOf(call.slot)}`])
  }
}

/** All parts of definitions files as one, imported once; then the requests; then the commands. */
export const rabbitmqForeign: Foreign<RabbitmqCall> = async (cluster, calls, fields) => {
  const definitions: Record<string, JsonObject[]> = {}
  for (const call of calls)
    if ('definitions' in call)
      for (const [list, parts] of Object.entries(call.definitions)) (definitions[list] ??= []).push(...parts)
  const file = join(cluster.folder, 'definitions.json')
  writeFileSync(file, JSON.stringify(definitions))
  if (Object.keys(definitions).length > 0)
    await cluster.command(fields, 1, ['rabbitmqctl', '--silent', 'import_definitions', file])
  const requests = calls.filter((call) => 'method' in call)
  if (requests.length > 0) plainly('RabbitMQ', await cluster.connection(fields, null), requests)
  for (const call of calls) {
    if ('argv' in call) await cluster.command(fields, call.slot, call.argv)
    if ('file' in call) edit(cluster, call)
  }
}

function plainly(broker: string, connection: unknown, calls: readonly unknown[]): void {
  const { python, env, script } = plainClients()
  const input = `${JSON.stringify(connection)}\n${JSON.stringify(calls)}\n`
  const ran = spawnSync(python, [join(script, '../foreign.py'), broker], { env, input, encoding: 'utf8' })
  if (ran.status !== 0) throw new Error(`foreign.py ${broker}: ${ran.stderr}`)
}

function edit(
  cluster: RealCluster,
  {
    slot,
    file,
    from,
    to,
  }: { readonly slot: number; readonly file: string; readonly from: string; readonly to: string },
): void {
  const path = join(cluster.homeOf(slot), file)
  const text = readFileSync(path, 'utf8')
  if (!text.includes(from)) throw new Error(`${path} has no ${from}: ${text}`)
  writeFileSync(path, text.replace(from, to))
}
