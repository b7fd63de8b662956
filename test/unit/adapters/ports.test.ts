import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { socketsOn } from '../../../src/adapters/process/holder.ts'
import { createProcesses } from '../../../src/adapters/process/index.ts'

const processes = createProcesses()

test('who holds a port', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  expect((await processes.holder(port))?.pid).toBe(process.pid)
  expect(await processes.listening(port)).toBe(true)
  await new Promise((resolve) => server.close(resolve))
  expect(await processes.holder(port)).toBeNull()
  expect(await processes.listening(port)).toBe(false)
})

test('sockets of a port: by the local address, in both tables', () => {
  const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'
  const row = (local: string, remote: string, state: string, inode: number) =>
    `   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000  1000        0 ${inode} 1 0 100 0\n`
  const tcp =
    head +
    row('0100007F:5DC0', '00000000:0000', '0A', 11) +
    row('0100007F:9999', '0100007F:5DC0', '01', 12) +
    row('0100007F:5DC0', '0100007F:9999', '06', 0)
  const tcp6 = head + row('00000000000000000000000000000000:5DC0', '0:0', '01', 13)
  expect(socketsOn(24000, [tcp, tcp6])).toEqual([
    { link: 'socket:[11]', listening: true },
    { link: 'socket:[13]', listening: false },
  ])
})
