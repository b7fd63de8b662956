import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { apiPath, createClient, type ManagementClient } from '../../../src/brokers/rabbitmq/client.ts'
import { amqpError, httpError, networkError } from '../../../src/brokers/rabbitmq/errors.ts'
import { context } from './support.ts'

const ctx = context({ now: () => Date.now() })
const open: (Server | ManagementClient)[] = []
afterEach(() => {
  for (const one of open.splice(0)) one.close()
})

type Seen = { readonly method: string; readonly url: string; readonly auth: string | undefined }

/** A member: answers every request with this status and body; 0 breaks the connection. */
async function member(status: number, body: unknown, seen: Seen[] = []): Promise<string> {
  const server = createServer((request, response) => {
    seen.push({ method: request.method ?? '', url: request.url ?? '', auth: request.headers.authorization })
    if (status === 0) request.socket.destroy()
    else response.writeHead(status).end(JSON.stringify(body))
  })
  open.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

const client = (...endpoints: string[]): ManagementClient => {
  const made = createClient({ endpoints, tls: false, user: 'u', password: 'p:w' })
  open.push(made)
  return made
}

describe('the management client', () => {
  test('asks the next member when one refuses the connection, breaks it, or is not ready', async () => {
    const good = await member(200, ['good'])
    const gone = '127.0.0.1:1'
    for (const bad of [gone, await member(0, null), await member(503, { reason: 'booting' })])
      expect(await client(bad, good).get('/api/x', ctx)).toEqual(['good'])
  })

  test('a kept connection that is closed as it is taken again: the request goes over a new one, unless it may not go twice', async () => {
    const sockets = new Set<unknown>()
    let seen = 0
    const server = createServer((request, response) => {
      if (request.url === '/api/whoami' || !sockets.has(request.socket)) {
        sockets.add(request.socket)
        response.writeHead(200).end('[]')
      } else {
        seen++
        request.socket.destroy() // as when it comes after the member has let go of it
      }
    })
    open.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const one = client(`127.0.0.1:${(server.address() as AddressInfo).port}`)
    for (const method of ['GET', 'PUT', 'DELETE'] as const) {
      await one.get('/api/whoami', ctx) // leaves a connection to take again
      expect(await one.ask('/api/x', ctx, { method })).toMatchObject({ status: 200 })
    }
    expect(seen).toBe(3)
    await one.get('/api/whoami', ctx)
    await expect(one.ask('/api/x', ctx, { method: 'POST' })).rejects.toMatchObject({ code: 'MQOPS_UNREACHABLE' })
    expect(seen).toBe(4)
  })

  test('writes go on with the next member too, after a probe', async () => {
    const seen: Seen[] = []
    const good = await member(204, null, seen)
    await client('127.0.0.1:1', good).ask('/api/x', ctx, { method: 'PUT', body: { a: 1 } })
    expect(seen.map((one) => `${one.method} ${one.url}`)).toEqual(['GET /api/whoami', 'PUT /api/x'])
    expect(seen[0]?.auth).toBe(`Basic ${Buffer.from('u:p:w').toString('base64')}`)
  })

  test('a refusal is the same everywhere: nobody else is asked', async () => {
    const seen: Seen[] = []
    const other = await member(200, [], seen)
    const asked = client(await member(400, { reason: 'inequivalent arg' }), other).get('/api/x', ctx)
    await expect(asked).rejects.toMatchObject({
      code: 'MQOPS_BROKER',
      message: expect.stringMatching(/400.*inequivalent arg/),
    })
    expect(seen).toEqual([])
  })

  test('a refused write is not tried elsewhere', async () => {
    const seen: Seen[] = []
    const other = await member(204, null, seen)
    const asked = client(await member(400, { reason: 'no' }), other).ask('/api/x', ctx, { method: 'DELETE' })
    await expect(asked).rejects.toMatchObject({ code: 'MQOPS_BROKER' })
    expect(seen).toEqual([])
  })

  test('asked for one member, no other answers for it', async () => {
    const good = await member(200, [])
    await expect(client('127.0.0.1:1', good).get('/api/x', ctx, { at: 0 })).rejects.toMatchObject({
      code: 'MQOPS_UNREACHABLE',
    })
  })

  test('a member that hangs is given up in time, by name', async () => {
    const server = createServer(() => {})
    open.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const endpoint = `127.0.0.1:${(server.address() as AddressInfo).port}`
    const asked = client(endpoint).get('/api/x', ctx, { timeoutMs: 30 })
    await expect(asked).rejects.toMatchObject({ code: 'MQOPS_UNREACHABLE', message: expect.stringContaining(endpoint) })
    server.closeAllConnections()
  })

  test('an accepted status is an answer', async () => {
    const answer = await client(await member(404, { error: 'Object Not Found' })).ask('/api/x', ctx, { accept: [404] })
    expect(answer.status).toBe(404)
  })

  test('turns go round', async () => {
    const hits: Seen[][] = [[], [], []]
    const all = await Promise.all(hits.map((seen) => member(200, [], seen)))
    const made = client(...all)
    for (let i = 0; i < 6; i++) await made.ask('/api/q', ctx, { method: 'PUT', spread: true })
    expect(hits.map((seen) => seen.filter((one) => one.method === 'PUT').length)).toEqual([2, 2, 2])
  })

  test('a run that was given up ends with its own reason', async () => {
    const over = new AbortController()
    over.abort(new DOMException('enough', 'AbortError'))
    const asked = client(await member(200, [])).get('/api/x', context({ signal: over.signal }))
    await expect(asked).rejects.toMatchObject({ name: 'AbortError', message: 'enough' })
  })

  test('parts of a path are encoded', () => {
    expect(apiPath('queues', '/', 'a/b c%')).toBe('/api/queues/%2F/a%2Fb%20c%25')
  })
})

describe('errors', () => {
  const http = (status: number, body: never) =>
    httpError({ status, body, endpoint: 'h:1', request: 'PUT /api/x', user: 'u' }).failure
  test('an expired certificate is said to be one, with the command that renews it', () => {
    const { failure } = networkError(Object.assign(new Error('x'), { code: 'CERT_HAS_EXPIRED' }), 'h:1')
    expect(failure).toMatchObject({ code: 'MQOPS_TLS', retryable: false, hint: expect.stringMatching(/^mqops apply /) })
    expect(failure.summary).toMatch(/^h:1: the member's certificate has expired/)
  })

  const coded = (code: string) => networkError(Object.assign(new Error('x'), { code }), 'h:1').code

  test('wrong credentials and missing permissions are both 401', () => {
    expect(http(401, { error: 'not_authorized', reason: 'Not_Authorized' } as never).code).toBe('MQOPS_AUTHENTICATION')
    expect(http(401, { error: 'not_authorised', reason: 'Access refused.' } as never).code).toBe('MQOPS_FORBIDDEN')
    expect(http(401, { error: 'not_authorised', reason: 'Not management user' } as never).code).toBe('MQOPS_FORBIDDEN')
  })

  test('what the broker says is said, in whatever form', () => {
    const said = (body: object) => http(400, body as never).summary.replace(/^.*: /, '')
    expect(said({ error: 'bad_request', reason: 'no such exchange' })).toBe('no such exchange')
    expect(said({ error: 'bad_request', reason: ['timeout', 3] })).toBe('["timeout",3]')
    expect(said({ error: 'bad_request' })).toBe('bad_request')
    expect(said({})).toBe('no reason given')
  })

  test('what may pass by itself is worth asking again', () => {
    expect(http(500, 'Internal' as never)).toMatchObject({ code: 'MQOPS_BROKER', retryable: true })
    expect(http(503, { reason: 'x' } as never)).toMatchObject({ code: 'MQOPS_UNREACHABLE', retryable: true })
    expect(http(400, { reason: 'no' } as never)).toMatchObject({ code: 'MQOPS_BROKER', retryable: false })
  })

  test('the network', () => {
    expect(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EWHAT'].map(coded)).toEqual(Array(4).fill('MQOPS_UNREACHABLE'))
    expect(
      [
        'CERT_HAS_EXPIRED',
        'SELF_SIGNED_CERT_IN_CHAIN',
        'ERR_TLS_CERT_ALTNAME_INVALID',
        'EPROTO',
        'HPE_INVALID_CONSTANT',
      ].map(coded),
    ).toEqual(Array(5).fill('MQOPS_TLS'))
  })

  test('AMQP', () => {
    const amqp = (message: string) => amqpError(new Error(message), 'h:1', 'u').code
    expect(
      amqp('Handshake terminated by server: 403 (ACCESS-REFUSED) with message "ACCESS_REFUSED - Login was refused"'),
    ).toBe('MQOPS_AUTHENTICATION')
    expect(
      amqp('Operation failed: QueueDeclare; 403 (ACCESS-REFUSED) with message "ACCESS_REFUSED - access to queue"'),
    ).toBe('MQOPS_FORBIDDEN')
    expect(amqp('Operation failed: QueueDeclare; 406 (PRECONDITION-FAILED)')).toBe('MQOPS_BROKER')
    expect(amqp('Expected ConnectionOpenOk; got <ConnectionClose channel:0>')).toBe('MQOPS_FORBIDDEN')
    expect(amqp('Socket closed abruptly')).toBe('MQOPS_UNREACHABLE')
  })
})
