import { createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { openConnection } from '../../../src/brokers/rabbitmq/amqp.ts'
import type { RabbitmqSession } from '../../../src/brokers/rabbitmq/session.ts'

/** A frame of AMQP 0-9-1: a method on channel 0. */
function method(classId: number, methodId: number, ...args: readonly Buffer[]): Buffer {
  const payload = Buffer.concat([Buffer.from([0, classId, 0, methodId]), ...args])
  const head = Buffer.alloc(7)
  head.writeUInt8(1)
  head.writeUInt32BE(payload.length, 3)
  return Buffer.concat([head, payload, Buffer.from([0xce])])
}
const long = (text: string): Buffer => {
  const bytes = Buffer.alloc(4 + text.length)
  bytes.writeUInt32BE(text.length)
  bytes.write(text, 4)
  return bytes
}
const START = method(10, 10, Buffer.from([0, 9]), long(''), long('PLAIN'), long('en_US'))
const TUNE = method(10, 30, Buffer.from([0, 0, 0, 1, 0, 0, 0, 0]))

/** The name in `connection.open`, which ends the conversation. */
const vhostIn = (data: Buffer): string | null => {
  const at = data.indexOf(Buffer.from([0, 10, 0, 40]))
  return at < 0 ? null : data.subarray(at + 5, at + 5 + data.readUInt8(at + 4)).toString()
}

async function askedFor(vhost: string): Promise<string> {
  const answer = Promise.withResolvers<string>()
  const server = createServer((socket: Socket) => {
    socket.on('error', () => {})
    socket.on('data', (data) => {
      if (data.subarray(0, 4).toString() === 'AMQP') socket.write(START)
      else if (data.indexOf(Buffer.from([0, 10, 0, 11])) === 7) socket.write(TUNE)
      const name = vhostIn(data)
      if (name === null) return
      answer.resolve(name)
      socket.destroy()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const session = { credentials: { user: 'u', password: 'p' }, access: { tls: false } } as unknown as RabbitmqSession
  const ctx = { signal: new AbortController().signal } as never
  await openConnection(session, `127.0.0.1:${port}`, { vhost }, ctx).catch(() => {})
  server.close()
  return answer.promise
}

test.each(['/', 'shop', 'a%2Fb', '100%', 'ünï/✓ %2F'])(
  'the virtual host %j is asked for by its own name',
  async (name) => {
    expect(await askedFor(name)).toBe(name)
  },
)
