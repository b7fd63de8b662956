import {
  AuthenticationError,
  NetworkError,
  ProtocolError,
  ResponseError,
  TimeoutError,
  UserError,
} from '@platformatic/kafka'
import { expect, test } from 'vitest'
import { isLeftBehind } from '../../../src/brokers/kafka/canary.ts'
import { numbered, percentile, summarize } from '../../../src/brokers/kafka/canary-messages.ts'
import { parseEndpoint } from '../../../src/brokers/kafka/client.ts'
import { answerOf, brokerError, isAnswer, toMqops } from '../../../src/brokers/kafka/errors.ts'
import { parseUuid, printUuid } from '../../../src/brokers/kafka/protocol.ts'
import { createSilences } from '../../../src/brokers/kafka/silence.ts'
import { MqopsError } from '../../../src/model/failure.ts'
import type { Context } from '../../../src/ports/context.ts'

const connecting = (cause: Error) => new NetworkError('Connection to h:1 failed.', { cause })
const system = (code: string) => Object.assign(new Error(code), { code })
const answered = (id: number, words: string | null = null) =>
  new ResponseError(3, 1, { '/': [id, words] }, { some: 'answer' })

test.each<[string, Error, string, boolean]>([
  ['refused connection', connecting(system('ECONNREFUSED')), 'MQOPS_UNREACHABLE', true],
  ['unknown host', connecting(system('ENOTFOUND')), 'MQOPS_UNREACHABLE', true],
  ['closed connection', new NetworkError('Connection closed'), 'MQOPS_UNREACHABLE', true],
  ['hanging connection attempt', new TimeoutError('Connection to h:1 timed out.'), 'MQOPS_UNREACHABLE', true],
  ['hanging request', new TimeoutError('Request timed out'), 'MQOPS_TIMEOUT', true],
  [
    'wrong password',
    connecting(new AuthenticationError('SASL authentication failed.', { cause: answered(58) })),
    'MQOPS_AUTHENTICATION',
    false,
  ],
  [
    'login that timed out',
    connecting(
      new AuthenticationError('SASL authentication failed.', { cause: new TimeoutError('Request timed out') }),
    ),
    'MQOPS_TIMEOUT',
    true,
  ],
  [
    'mechanism that is not offered',
    connecting(new AuthenticationError('Cannot find a suitable SASL mechanism.', { cause: answered(33) })),
    'MQOPS_AUTHENTICATION',
    false,
  ],
  ['unknown authority', connecting(system('SELF_SIGNED_CERT_IN_CHAIN')), 'MQOPS_TLS', false],
  ['expired certificate', connecting(system('CERT_HAS_EXPIRED')), 'MQOPS_TLS', false],
  ['other host in the certificate', connecting(system('ERR_TLS_CERT_ALTNAME_INVALID')), 'MQOPS_TLS', false],
  [
    'refused client certificate',
    new AggregateError([new NetworkError('Connection closed'), system('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED')]),
    'MQOPS_TLS',
    false,
  ],
  ['plaintext to a TLS port', new UserError('Broker requires TLS.'), 'MQOPS_TLS', false],
  ['missing permission', answered(31), 'MQOPS_FORBIDDEN', false],
  ['leader that is being elected', answered(5), 'MQOPS_BROKER', true],
  ['refused request', answered(42, 'no such thing'), 'MQOPS_BROKER', false],
])('%s', (_, error, code, retryable) => {
  const found = toMqops(error, 'h:1')
  expect([found.code, found.failure.retryable]).toEqual([code, retryable])
  expect(found.message).toMatch(/^h:1: \S/)
})

test("the broker's own words are kept, secrets never stand in an error", () => {
  expect(toMqops(answered(42, 'value should be at least half'), 'h:1').message).toBe(
    'h:1: INVALID_REQUEST: value should be at least half',
  )
  expect(toMqops(new MqopsError({ code: 'X', summary: 'mine' }), 'h:1').message).toBe('mine')
})

test('an answer for many of which one failed is still an answer', async () => {
  expect(await answerOf(Promise.reject(answered(36)))).toEqual({ some: 'answer' })
  await expect(answerOf(Promise.reject(connecting(system('ECONNREFUSED'))))).rejects.toThrow('Connection to h:1')
  expect(isAnswer(answered(36))).toBe(true)
  expect(isAnswer(new NetworkError('Connection closed'))).toBe(false)
  expect(brokerError(new MqopsError({ code: 'X', summary: '' }, { cause: answered(36) }))).toBe('TOPIC_ALREADY_EXISTS')
  expect(brokerError(new ProtocolError('LEADER_NOT_AVAILABLE'))).toBe('LEADER_NOT_AVAILABLE')
})

test('endpoints', () => {
  expect(parseEndpoint('a.example:9092')).toEqual({ host: 'a.example', port: 9092 })
  expect(parseEndpoint('[::1]:9092')).toEqual({ host: '::1', port: 9092 })
  for (const wrong of ['', 'a', 'a:', ':1', 'a:0', 'a:65536', 'a:x'])
    expect(() => parseEndpoint(wrong), wrong).toThrow('is no endpoint')
})

test("topic ids are printed as Kafka's tools print them, and read back", () => {
  const uuid = '18c40f5d-6b1d-4bd5-9ca0-82925c08b156'
  expect(printUuid(uuid)).toBe('GMQPXWsdS9WcoIKSXAixVg')
  expect(parseUuid(printUuid(uuid))).toBe(uuid)
})

test('a broker that hangs is not asked again for a while, unless all hang', () => {
  let now = 0
  const ctx = { now: () => now } as Context
  const { heard, silent, speaking } = createSilences()
  silent('a', new MqopsError({ code: 'MQOPS_TIMEOUT', summary: 'a: no answer in time' }), ctx)
  expect(speaking(['a', 'b'], ctx)).toEqual(['b'])
  silent('b', new MqopsError({ code: 'MQOPS_UNREACHABLE', summary: 'b: nothing listens there' }), ctx)
  expect(speaking(['a', 'b'], ctx)).toEqual(['b'])
  expect(speaking(['a'], ctx)).toEqual(['a'])
  heard('a')
  expect(speaking(['a', 'b'], ctx)).toEqual(['a', 'b'])
  silent('a', new MqopsError({ code: 'MQOPS_TIMEOUT', summary: '' }), ctx)
  now = 60_000
  expect(speaking(['a', 'b'], ctx)).toEqual(['a', 'b'])
})

test('canary: percentiles, verdicts, what was left behind', () => {
  const values = Array.from({ length: 100 }, (_, i) => i + 1)
  expect([0.5, 0.95, 0.99].map((share) => percentile(values, share))).toEqual([50, 95, 99])
  expect(percentile([7], 0.5)).toBe(7)
  expect(percentile([], 0.5)).toBe(0)
  expect(summarize({ count: 2, latenciesMs: [1, 3] }, { count: 2, wrong: null })).toMatchObject({
    ok: true,
    data: { messages: 2, read: 2, p50Ms: 1, p99Ms: 3 },
  })
  expect(summarize({ count: 2, latenciesMs: [1] }, { count: 1, wrong: '1 messages are missing' })).toMatchObject({
    ok: false,
    evidence: expect.stringContaining('missing'),
  })
  expect(numbered(3, (text) => `hash of ${text}`)).toBe('3 hash of 3')
  const made = 1_700_000_000_000
  const name = `mqops.canary.${made.toString(36)}.abc`
  expect(isLeftBehind(name, made + 3_600_001)).toBe(true)
  expect(isLeftBehind(name, made + 1000)).toBe(false)
  expect(isLeftBehind('orders', made * 2)).toBe(false)
})
