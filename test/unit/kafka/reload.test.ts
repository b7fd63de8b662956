import { expect, test } from 'vitest'
import { reload } from '../../../src/brokers/kafka/reload.ts'
import type { NodeSpec } from '../../../src/model/member.ts'
import type { Context } from '../../../src/ports/context.ts'
import { specOf } from './support.ts'

test('a broker takes its certificate up at its own port, a controller at that of the active one', async () => {
  const asked: string[] = []
  const session = {
    nodes: [
      { id: 1, role: 'controller', isController: true, endpoints: { controller: 'a:1' } },
      { id: 4, role: 'broker', isController: false, endpoints: { client: 'a:4', internal: 'a:5' } },
    ],
    at: async (node: number) => void asked.push(`at ${node}`),
    atController: async () => void asked.push('at the active controller'),
  }
  for (const slot of [1, 4]) {
    const node = { member: { slot }, argv: ['', '/m/server.properties'], files: {} } as unknown as NodeSpec
    await reload(specOf({}), node, ['ca.crt'], session as never, {} as never, {} as Context)
  }
  expect(asked).toEqual(['at the active controller', 'at 4'])
})
