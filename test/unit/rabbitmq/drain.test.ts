import { expect, test } from 'vitest'
import { drain } from '../../../src/brokers/rabbitmq/drain.ts'
import { nodes } from '../../../src/brokers/rabbitmq/nodes.ts'
import { MqopsError } from '../../../src/model/failure.ts'
import type { NodeSpec } from '../../../src/model/member.ts'
import type { Exec } from '../../../src/ports/session.ts'
import { allocationFor, context, specOf } from './support.ts'

const [node] = nodes(specOf(), allocationFor(specOf())) as [NodeSpec]

const drained = async (exec: Exec): Promise<readonly string[]> => {
  const logged: string[] = []
  await drain(node, exec, context({ log: (what) => logged.push(what) }))
  return logged
}

test('the member itself is drained, in bounded time', async () => {
  const asked: (readonly unknown[])[] = []
  const logged = await drained(async (member, argv) => {
    asked.push([member.slot, argv.join(' ')])
    return { code: 0, stdout: '', stderr: '' }
  })
  expect(asked).toEqual([[1, 'rabbitmq-upgrade --silent --timeout 30 drain']])
  expect(logged).toEqual([])
})

test.each<[string, Exec]>([
  ['refuses', async () => ({ code: 69, stdout: '', stderr: 'nodedown' })],
  ['hangs', () => Promise.reject(new MqopsError({ code: 'MQOPS_TIMEOUT', summary: 'no end' }))],
])('a member that %s is restarted all the same, and it is logged', async (_name, exec) => {
  expect(await drained(exec)).toEqual(['rabbitmq.drain.failed'])
})
