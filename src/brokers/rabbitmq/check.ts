import type { ClusterSpec, Problem } from '../../model/spec.ts'
import { type BindingField, EXCHANGE_TYPES, type ExchangeField, fieldsOf, type RabbitmqFields } from './fields.ts'
import { bindingProblem } from './binding-rules.ts'
import { exchangeProblems } from './exchange-rules.ts'
import { keyOfField } from './kinds/binding.ts'
import { CANARY_VHOST, isBuiltInExchange, SHORT_STRING } from './names.ts'
import { ADMIN, OPERATOR } from './nodes.ts'
import { checkQueue } from './queue-arguments.ts'
import {
  checkAdvanced,
  checkCluster,
  checkParameters,
  checkPolicies,
  checkTopicPermissions,
  codePoints,
  LONGEST_ATOM,
} from './check-kinds.ts'
import { checkPattern } from './patterns.ts'
import { checkReachable, type Path, type Put } from './problems.ts'
import { checkSetting } from './settings.ts'

/** The shortest limit that leaves a member room to start in. */
const LEAST_MEMORY = 128 * 1024 ** 2
/** A stream's folder is VHOST_NAME_TIMESTAMP, of 255 characters at most; the broker declares longer ones, which never work. */
const STREAM_NAME = 255 - '__'.length - String(2 ** 60).length
const graphemes = new Intl.Segmenter()
const characters = (text: string): number => [...graphemes.segment(text)].length
/** Built-in exchanges that every virtual host has; amq.rabbitmq.log and .event stand in '/' only. */
const SOURCES = ['amq.direct', 'amq.fanout', 'amq.topic', 'amq.headers', 'amq.match', 'amq.rabbitmq.trace']
const DESTINATIONS = ['amq.direct', 'amq.fanout', 'amq.topic', 'amq.headers', 'amq.match']

/** All that a schema can't say, at once, with paths. Pure. */
export function check(spec: ClusterSpec): readonly Problem[] {
  const problems: Problem[] = []
  const put: Put = (path, code, message, hint) =>
    problems.push({ path, code, message, ...(hint === undefined ? {} : { hint }) })
  const fields = fieldsOf(spec)
  checkTarget(spec, put)
  checkServer(fields, put)
  for (const [vhost, value] of Object.entries(fields.vhosts)) {
    const path = ['vhosts', vhost]
    checkReachable(vhost, 'virtual host', path, put)
    checkTags(value.tags, [...path, 'tags'], put)
    if (vhost === CANARY_VHOST)
      put(
        path,
        'MQOPS_SPEC_RESERVED',
        `the virtual host "${vhost}" is mqops's own`,
        'Canaries run in it. Take another name.',
      )
    for (const [name, exchange] of Object.entries(value.exchanges))
      checkExchange(name, exchange, fields, [...path, 'exchanges', name], put)
    for (const [name, queue] of Object.entries(value.queues)) {
      checkName(name, 'queue', [...path, 'queues', name], put)
      if (queue.type === 'stream' && characters(vhost) + characters(name) > STREAM_NAME)
        put(
          [...path, 'queues', name],
          'MQOPS_SPEC_RANGE',
          `a stream's name and its virtual host's have ${STREAM_NAME} characters together at most, not ${characters(vhost) + characters(name)}: RabbitMQ could make no folder for it`,
        )
      for (const problem of checkQueue(queue, fields.members))
        put([...path, 'queues', name, ...problem.path], 'MQOPS_SPEC_QUEUE', problem.message, problem.hint)
    }
    const [queues, most] = [Object.keys(value.queues).length, value.limits?.maxQueues]
    if (most !== undefined && queues > most)
      put(
        [...path, 'limits', 'maxQueues'],
        'MQOPS_SPEC_RANGE',
        `${most} queues are allowed, and the spec has ${queues} in "${vhost}"`,
      )
    checkBindings(vhost, fields, put)
    // Which plugins someone else's cluster has is not told here.
    const plugins = spec.target.name === 'external' ? null : fields.plugins
    checkPolicies(vhost, value, plugins, put)
    checkParameters(vhost, value, plugins, put)
  }
  checkUsers(fields, put)
  checkTopicPermissions(fields, put)
  checkCluster(fields, put)
  return problems
}

/** The broker takes spaces around them away. */
function checkTags(tags: readonly string[], path: Path, put: Put): void {
  for (const [i, tag] of (tags ?? []).entries()) {
    if (tag.trim() !== tag)
      put([...path, i], 'MQOPS_SPEC_RESERVED', `RabbitMQ takes the spaces around ${JSON.stringify(tag)} away`)
    if (codePoints(tag) > LONGEST_ATOM)
      put(
        [...path, i],
        'MQOPS_SPEC_RANGE',
        `the tag has ${codePoints(tag)} characters, at most ${LONGEST_ATOM} are allowed`,
      )
    if (tags.indexOf(tag) < i) put([...path, i], 'MQOPS_SPEC_DUPLICATE', `the tag "${tag}" stands in the list already`)
  }
}

/** mqops speaks HTTP to a cluster that someone else built; a list of client endpoints does not say where. */
function checkTarget({ target }: ClusterSpec, put: Put): void {
  if (target.name !== 'external') return
  const { endpoints, user } = target.options
  const path = ['target', 'external']
  if (endpoints === undefined || Array.isArray(endpoints) || !Object.keys(endpoints as object).includes('management')) {
    const hint = 'Write endpoints: { client: [HOST:5671], management: [HOST:15671] }.'
    put([...path, 'endpoints'], 'MQOPS_SPEC_TARGET', "RabbitMQ's management endpoints are missing", hint)
  }
  if (user === undefined)
    put(path, 'MQOPS_SPEC_TARGET', 'a user with the tag "administrator" is missing', 'Give user and password.')
}

function checkServer({ memory, config, advancedConfig, plugins }: RabbitmqFields, put: Put): void {
  if (memory < LEAST_MEMORY)
    put(
      ['memory'],
      'MQOPS_SPEC_RANGE',
      `a member needs 150 MiB to stand still: ${memory} bytes would block publishers for ever`,
      'Give 256MiB or more.',
    )
  checkAdvanced(advancedConfig, put)
  for (const [name, value] of Object.entries(config)) {
    const problem = checkSetting(name, value, plugins)
    if (problem) put(['config', name], 'MQOPS_SPEC_SETTING', problem.message, problem.hint)
  }
}

function checkName(name: string, what: string, path: Path, put: Put): void {
  checkReachable(name, what, path, put)
  if (name.startsWith('amq.'))
    put(path, 'MQOPS_SPEC_RESERVED', `names that start with "amq." belong to the broker: "${name}"`)
  if (name.startsWith('mqops.'))
    put(path, 'MQOPS_SPEC_RESERVED', `names that start with "mqops." belong to mqops: "${name}"`)
  if (/[\r\n]/.test(name))
    put(path, 'MQOPS_SPEC_RESERVED', `RabbitMQ takes line breaks out of the ${what}'s name ${JSON.stringify(name)}`)
  if (Buffer.byteLength(name) > SHORT_STRING)
    put(
      path,
      'MQOPS_SPEC_RANGE',
      `the ${what}'s name has ${Buffer.byteLength(name)} bytes, at most ${SHORT_STRING} fit`,
    )
}

function checkExchange(name: string, exchange: ExchangeField, { plugins }: RabbitmqFields, path: Path, put: Put): void {
  checkName(name, 'exchange', path, put)
  const plugin = EXCHANGE_TYPES[exchange.type]
  if (plugin && !plugins.includes(plugin as never))
    put(
      [...path, 'type'],
      'MQOPS_SPEC_PLUGIN',
      `the type "${exchange.type}" comes with ${plugin}, which is not asked for`,
      `Add ${plugin} to plugins.`,
    )
  for (const { argument, message } of exchangeProblems(exchange))
    put([...path, 'arguments', argument], 'MQOPS_SPEC_EXCHANGE', message)
}

/** What bindings of a virtual host may lead from and to: gathered once, there may be tens of thousands of them. */
type Ends = {
  readonly sources: ReadonlySet<string>
  readonly queues: ReadonlySet<string>
  readonly targets: ReadonlySet<string>
}

function endsOf(vhost: string, { vhosts, plugins }: RabbitmqFields): Ends {
  const { exchanges, queues } = vhosts[vhost] as RabbitmqFields['vhosts'][string]
  const events = plugins.includes('rabbitmq_event_exchange') ? ['amq.rabbitmq.event'] : []
  const extra = vhost === '/' ? ['amq.rabbitmq.log', ...events] : []
  const named = Object.keys(exchanges)
  return {
    sources: new Set([...named, ...SOURCES, ...extra]),
    queues: new Set(Object.keys(queues)),
    targets: new Set([...named, ...DESTINATIONS]),
  }
}

function checkBindings(vhost: string, fields: RabbitmqFields, put: Put): void {
  const { bindings, exchanges, queues } = fields.vhosts[vhost] as RabbitmqFields['vhosts'][string]
  const ends = endsOf(vhost, fields)
  const seen = new Map<string, number>()
  for (const [i, binding] of bindings.entries()) {
    const path = ['vhosts', vhost, 'bindings', i]
    checkEnds(vhost, binding, ends, path, put)
    const refused = bindingProblem(binding, { exchanges, queues })
    if (refused) put([...path, refused.field], 'MQOPS_SPEC_BINDING', refused.message, refused.hint)
    if (Buffer.byteLength(binding.routingKey) > SHORT_STRING)
      put([...path, 'routingKey'], 'MQOPS_SPEC_RANGE', `the routing key has more than ${SHORT_STRING} bytes`)
    const text = JSON.stringify(keyOfField(vhost, binding))
    const before = seen.get(text)
    if (before !== undefined) put(path, 'MQOPS_SPEC_DUPLICATE', `the same binding stands at place ${before} already`)
    else seen.set(text, i)
  }
}

function checkEnds(
  vhost: string,
  binding: BindingField,
  { sources, queues, targets }: Ends,
  path: Path,
  put: Put,
): void {
  const { source, destination, destinationExchange } = binding
  if ((destination === undefined) === (destinationExchange === undefined)) {
    put(
      path,
      'MQOPS_SPEC_BINDING',
      'a binding leads to either a queue (destination) or an exchange (destinationExchange)',
    )
  }
  if (!sources.has(source)) unknown([...path, 'source'], 'exchange', source, vhost, sources, put)
  if (destination !== undefined && !queues.has(destination))
    unknown([...path, 'destination'], 'queue', destination, vhost, queues, put)
  if (destinationExchange !== undefined && !targets.has(destinationExchange))
    unknown([...path, 'destinationExchange'], 'exchange', destinationExchange, vhost, targets, put)
}

function unknown(path: Path, what: string, name: string, vhost: string, known: ReadonlySet<string>, put: Put): void {
  const own = [...known].filter((one) => !isBuiltInExchange(one))
  put(
    path,
    'MQOPS_SPEC_REFERENCE',
    `the virtual host "${vhost}" has no ${what} "${name}"`,
    own.length > 0 ? `It has ${own.slice(0, 5).join(', ')}.` : `Declare it in vhosts.${vhost}.${what}s.`,
  )
}

function checkUsers({ users, vhosts }: RabbitmqFields, put: Put): void {
  for (const [name, user] of Object.entries(users)) {
    const path = ['users', name]
    checkReachable(name, 'user', path, put)
    if (name === OPERATOR || name === ADMIN)
      put(
        path,
        'MQOPS_SPEC_RESERVED',
        `the user "${name}" is made by mqops`,
        'Its password: mqops connect. Take another name.',
      )
    if (name === 'guest')
      put(
        path,
        'MQOPS_SPEC_RESERVED',
        'there is no user "guest": its password is known to everybody',
        'Take another name.',
      )
    for (const [vhost, permission] of Object.entries(user.permissions)) {
      const at = [...path, 'permissions', vhost]
      if (vhost !== '/' && !(vhost in vhosts))
        put(
          at,
          'MQOPS_SPEC_REFERENCE',
          `there is no virtual host "${vhost}" in the spec`,
          `It has ${['/', ...Object.keys(vhosts).filter((one) => one !== '/')].slice(0, 5).join(', ')}.`,
        )
      for (const field of ['configure', 'write', 'read'] as const) {
        const wrong = checkPattern(permission[field])
        if (wrong !== null)
          put([...at, field], 'MQOPS_SPEC_PATTERN', `"${permission[field]}" is no regular expression: ${wrong}`)
      }
    }
  }
}
