import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export type Fault =
  | { readonly breakAfter: number } // closes the connection after so many bytes of the body
  | { readonly alter: true } // one bit differs
  | { readonly status: number }
  | { readonly ignoreRange: true }

export type Asked = {
  readonly path: string
  readonly range: string | undefined
  readonly authorization: string | undefined
}

/**
 * A file server on loopback that stands in for a registry and misbehaves as told.
 * `together`: the first answers wait until so many requests are there at once.
 */
export async function repository(files: Record<string, Buffer>, o: { together?: number } = {}) {
  const asked: Asked[] = []
  const faults = new Map<string, Fault[]>()
  const held: (() => void)[] = []
  const watch = { now: 0, most: 0 }
  const server = createServer((request, response) => {
    watch.most = Math.max(watch.most, ++watch.now)
    response.on('close', () => watch.now--)
    const path = request.url ?? ''
    asked.push({ path, range: request.headers.range, authorization: request.headers.authorization })
    held.push(() => answer(request, response, files[path], faults.get(path)?.shift()))
    const release = () => held.splice(0).forEach((go) => go())
    if (o.together === undefined) release()
    // whoever else is on the way arrives before a few round trips are over
    else if (watch.most >= o.together) void roundTrips(20).then(release)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = () => {
    server.closeAllConnections()
    return new Promise<void>((resolve) => server.close(() => resolve()))
  }
  onTestFinished(async () => {
    if (server.listening) await close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, asked, watch, close, fail: (path: string, ...what: Fault[]) => faults.set(path, what) }
}

async function roundTrips(count: number): Promise<void> {
  const echo = createServer((_, response) => void response.end()).listen(0, '127.0.0.1')
  await once(echo, 'listening')
  for (let i = 0; i < count; i++) await (await fetch(`http://127.0.0.1:${(echo.address() as AddressInfo).port}`)).text()
  echo.close()
}

function answer(request: IncomingMessage, response: ServerResponse, whole: Buffer | undefined, fault?: Fault): void {
  if (fault !== undefined && 'status' in fault) return void response.writeHead(fault.status).end()
  if (whole === undefined) return void response.writeHead(404).end()
  const start =
    fault !== undefined && 'ignoreRange' in fault
      ? 0
      : Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
  if (start >= whole.length && start > 0) return void response.writeHead(416).end()
  const body = Buffer.from(whole.subarray(start))
  if (fault !== undefined && 'alter' in fault) body[0] = (body[0] ?? 0) ^ 1
  response.writeHead(start > 0 ? 206 : 200, { 'content-length': body.length })
  if (fault === undefined || !('breakAfter' in fault)) return void response.end(body)
  response.write(body.subarray(0, fault.breakAfter), () => setImmediate(() => response.destroy()))
}

export const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex')

/** Bytes that no two seeds share. */
export const bytes = (size: number, seed = 1): Buffer =>
  Buffer.from(Array.from({ length: size }, (_, i) => (i * 31 * seed + (i >> 8) + seed) & 255))
