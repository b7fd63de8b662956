import type { Json } from '../../model/json.ts'
import type { KeyNotes } from '../../ports/broker.ts'

/** What queues' arguments and policies may say, and what it means: for checks, and for the reference. */

type Range = { readonly from: number; readonly to: number }
export type Rule =
  | 'positive'
  | 'natural'
  | 'integer'
  | 'boolean'
  | 'text'
  | 'age'
  | Range
  | readonly (string | number)[]

/** The longest that rabbit_misc:check_expiry/1 lets through: 10 years, in ms. A policy may ask for more; its quorum queues crash. */
export const LONGEST = 315_360_000_000
const TIME: Range = { from: 0, to: LONGEST }
const SOME_TIME: Range = { from: 1, to: LONGEST }
/** rabbit_stream_queue refuses larger segments. */
const SEGMENT: Range = { from: 1, to: 3_000_000_000 }
const RETRIED = ['all', 'failed', 'returned', 'disabled']
const FILTER: Range = { from: 16, to: 255 }
/** Those that are not documented any more mean `balanced`; clusters of old have them. */
const LOCATORS = ['client-local', 'balanced', 'random', 'least-leaders']

/** Of queues, as the server judges them: see queue-arguments.ts. */
export const RULES: Readonly<Record<string, Rule>> = {
  'x-consumer-disconnected-timeout': TIME,
  'x-consumer-timeout': TIME,
  'x-dead-letter-exchange': 'text',
  'x-dead-letter-routing-key': 'text',
  'x-dead-letter-strategy': ['at-most-once', 'at-least-once'],
  'x-delayed-retry-max': SOME_TIME,
  'x-delayed-retry-min': SOME_TIME,
  'x-delayed-retry-type': RETRIED,
  'x-delivery-limit': 'integer',
  'x-expires': SOME_TIME,
  'x-initial-cluster-size': 'positive',
  'x-max-age': 'age',
  'x-max-in-memory-bytes': 'natural',
  'x-max-in-memory-length': 'natural',
  'x-max-length': 'natural',
  'x-max-length-bytes': 'natural',
  'x-max-priority': { from: 0, to: 255 },
  'x-message-ttl': TIME,
  'x-overflow': ['drop-head', 'reject-publish', 'reject-publish-dlx'],
  'x-queue-leader-locator': [...LOCATORS, 'min-masters'],
  'x-queue-mode': ['default', 'lazy'],
  'x-queue-version': [2],
  'x-quorum-initial-group-size': 'positive',
  'x-single-active-consumer': 'boolean',
  'x-stream-filter-size-bytes': FILTER,
  'x-stream-max-segment-size-bytes': SEGMENT,
}

const COMMON = ['x-max-length-bytes', 'x-queue-leader-locator']
const DEAD_LETTERS = [
  'x-dead-letter-exchange',
  'x-dead-letter-routing-key',
  'x-expires',
  'x-max-length',
  'x-message-ttl',
  'x-overflow',
  'x-single-active-consumer',
]

export const OF_TYPE: Readonly<Record<string, readonly string[]>> = {
  quorum: [
    ...COMMON,
    ...DEAD_LETTERS,
    'x-consumer-disconnected-timeout',
    'x-consumer-timeout',
    'x-dead-letter-strategy',
    'x-delayed-retry-max',
    'x-delayed-retry-min',
    'x-delayed-retry-type',
    'x-delivery-limit',
    'x-max-in-memory-bytes',
    'x-max-in-memory-length',
    'x-quorum-initial-group-size',
  ],
  classic: [...COMMON, ...DEAD_LETTERS, 'x-max-priority', 'x-queue-mode', 'x-queue-version'],
  stream: [
    ...COMMON,
    'x-initial-cluster-size',
    'x-max-age',
    'x-stream-filter-size-bytes',
    'x-stream-max-segment-size-bytes',
  ],
}

/**
 * What a policy's definition may hold, as the server judges it: rabbit_policies, rabbit_quorum_queue and the validators
 * of the federation and sharding plugins, RabbitMQ 4.3.6. It refuses what it doesn't know, but at apply time only.
 */
export const QUEUES: Readonly<Record<string, Rule>> = {
  'consumer-disconnected-timeout': TIME,
  'consumer-timeout': TIME,
  'dead-letter-exchange': 'text',
  'dead-letter-routing-key': 'text',
  'dead-letter-strategy': ['at-most-once', 'at-least-once'],
  'delayed-retry-max': SOME_TIME,
  'delayed-retry-min': SOME_TIME,
  'delayed-retry-type': RETRIED,
  'delivery-limit': 'integer',
  expires: SOME_TIME,
  'initial-cluster-size': 'natural',
  'max-age': 'age',
  'max-in-memory-bytes': 'natural',
  'max-in-memory-length': 'natural',
  'max-length': 'natural',
  'max-length-bytes': 'natural',
  'message-ttl': TIME,
  overflow: ['drop-head', 'reject-publish', 'reject-publish-dlx'],
  'queue-leader-locator': LOCATORS,
  'queue-mode': ['default', 'lazy'],
  'queue-version': [1, 2],
  'stream-filter-size-bytes': FILTER,
  'stream-max-segment-size-bytes': SEGMENT,
  'target-group-size': 'positive',
}

export const OTHERS: Readonly<Record<string, Rule>> = {
  'alternate-exchange': 'text',
  'federation-upstream': 'text',
  'federation-upstream-pattern': 'text',
  'federation-upstream-set': 'text',
  'routing-key': 'text', // of rabbitmq_sharding
  'shards-per-node': 'positive',
}

export const OPERATOR = [
  'delayed-retry-max',
  'delayed-retry-min',
  'delayed-retry-type',
  'delivery-limit',
  'expires',
  'max-in-memory-bytes',
  'max-in-memory-length',
  'max-length',
  'max-length-bytes',
  'message-ttl',
  'overflow',
  'queue-version',
  'target-group-size',
]

/** What a value must be, for people. */
function ruleText(rule: Rule): string {
  if (typeof rule === 'string') return WORDS[rule]
  if (isRange(rule)) return `a whole number from ${rule.from} to ${rule.to}`
  return rule.length === 1 ? String(rule[0]) : `one of ${rule.join(', ')}`
}
const isRange = (rule: object): rule is Range => 'from' in rule
const WORDS: Readonly<Record<Extract<Rule, string>, string>> = {
  positive: 'a whole number above 0',
  natural: 'a whole number, 0 or more',
  integer: 'a whole number; -1 is no limit',
  boolean: 'true or false',
  text: 'a text',
  age: 'a number above 0 with Y, M, D, h, m or s, such as 7D',
}

/** @returns what the value must be, or null. */
export const mismatch = (rule: Rule, value: Json): string | null => (fits(rule, value) ? null : ruleText(rule))

function fits(rule: Rule, value: Json): boolean {
  const whole = typeof value === 'number' && Number.isSafeInteger(value)
  if (typeof rule === 'object')
    return isRange(rule) ? whole && value >= rule.from && value <= rule.to : rule.some((one) => one === value)
  switch (rule) {
    case 'positive':
      return whole && value > 0
    case 'natural':
      return whole && value >= 0
    case 'integer':
      return whole && value >= -1
    case 'boolean':
      return typeof value === 'boolean'
    case 'text':
      return typeof value === 'string'
    case 'age':
      return typeof value === 'string' && /^0*[1-9]\d*[YMDhms]$/.test(value)
  }
}

const DOCS = 'https://www.rabbitmq.com/docs/'
type About = readonly [meaning: string, page: string]

/** By name without x-. */
const ABOUT: Readonly<Record<string, About>> = {
  'alternate-exchange': ['The exchange that gets what could not be routed', 'ae'],
  'consumer-disconnected-timeout': [
    'Milliseconds until messages of a consumer whose member is gone come back',
    'quorum-queues',
  ],
  'consumer-timeout': [
    'Milliseconds that a delivery may wait for its acknowledgement',
    'consumers#acknowledgement-timeout',
  ],
  'dead-letter-exchange': ['The exchange that rejected, expired and dropped messages go to', 'dlx'],
  'dead-letter-routing-key': ['The routing key that they get there; else they keep their own', 'dlx'],
  'dead-letter-strategy': ['Whether dead letters may be lost on their way', 'quorum-queues#dead-lettering'],
  'delayed-retry-max': [
    'Milliseconds that a returned message waits at most before it is delivered again',
    'quorum-queues',
  ],
  'delayed-retry-min': [
    'Milliseconds that a returned message waits at least before it is delivered again',
    'quorum-queues',
  ],
  'delayed-retry-type': ['Which returned messages wait before they are delivered again', 'quorum-queues'],
  'delivery-limit': [
    'Deliveries of one message before it is dropped or dead-lettered',
    'quorum-queues#poison-message-handling',
  ],
  expires: ['Milliseconds without a user after which the queue is deleted', 'ttl#queue-ttl'],
  'federation-upstream': ['The upstream that messages come from', 'federation'],
  'federation-upstream-pattern': ['The upstreams whose names match this regular expression', 'federation'],
  'federation-upstream-set': ['The set of upstreams; all of them with "all"', 'federation'],
  'initial-cluster-size': ['Members that a stream is placed on when it is declared', 'streams'],
  'max-age': ['Age from which segments of a stream are deleted', 'streams#retention'],
  'max-in-memory-bytes': ['Bytes that a quorum queue keeps in memory', 'quorum-queues'],
  'max-in-memory-length': ['Messages that a quorum queue keeps in memory', 'quorum-queues'],
  'max-length': ['Messages that are ready at most', 'maxlength'],
  'max-length-bytes': ['Bytes of ready messages at most; of a stream: of all its segments', 'maxlength'],
  'max-priority': ['The highest priority; each costs memory', 'priority'],
  'message-ttl': ['Milliseconds after which a message expires', 'ttl#message-ttl-using-x-args'],
  overflow: [
    'What gives way when the queue is full: the oldest message or the new one',
    'maxlength#overflow-behaviour',
  ],
  'queue-leader-locator': ['Where the leader of a new queue is placed', 'clustering#replica-placement'],
  'queue-mode': ['Without effect since 3.12', 'lazy-queues'],
  'queue-version': ['The version of the index of a classic queue', 'persistence-conf'],
  'quorum-initial-group-size': [
    'Members that a quorum queue is placed on when it is declared',
    'quorum-queues#replication-factor',
  ],
  'routing-key': ['The routing key of shards', 'plugins'],
  'shards-per-node': ['Queues on each member that an exchange is spread over', 'plugins'],
  'single-active-consumer': ['Only one consumer at a time gets messages', 'consumers#single-active-consumer'],
  'stream-filter-size-bytes': ['Bytes of the filter of each chunk', 'stream-filtering'],
  'stream-max-segment-size-bytes': ['Bytes of a segment', 'streams#retention'],
  'target-group-size': ['Members that a quorum queue is grown to', 'quorum-queues#replica-reconciliation'],
}

function notesOf(name: string, rule: Rule, extra = ''): KeyNotes {
  const [meaning, page] = ABOUT[name.replace(/^x-/, '')] as About
  return { type: ruleText(rule), about: `${meaning}${extra}`, link: `${DOCS}${page}` }
}

/** Of queues, with the types that have them. */
export const queueKeys = (): Readonly<Record<string, KeyNotes>> =>
  Object.fromEntries(
    Object.entries(RULES).map(([name, rule]) => {
      const types = Object.keys(OF_TYPE).filter((type) => OF_TYPE[type]?.includes(name))
      return [name, notesOf(name, rule, ` (${types.join(', ')})`)]
    }),
  )

export const exchangeKeys = (): Readonly<Record<string, KeyNotes>> => ({
  'alternate-exchange': notesOf('alternate-exchange', 'text'),
})

export const policyKeys = (operator: boolean): Readonly<Record<string, KeyNotes>> =>
  Object.fromEntries(
    Object.entries({ ...QUEUES, ...OTHERS })
      .filter(([name]) => !operator || OPERATOR.includes(name))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, rule]) => [name, notesOf(name, rule)]),
  )
