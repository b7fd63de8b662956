import type { Json, JsonObject } from '../../model/json.ts'
import { mismatch, OPERATOR, OTHERS, QUEUES, type Rule } from './argument-rules.ts'
import { type ArgumentProblem, isDelayed } from './queue-arguments.ts'

/** The setting of a policy that does what a queue's argument does, or null. */
export const settingFor = (argument: string): string | null => {
  const name = argument.replace(/^x-/, '')
  return argument !== name && name in QUEUES ? name : null
}

const PLUGINS: Readonly<Record<string, string>> = {
  'federation-upstream': 'rabbitmq_federation',
  'federation-upstream-pattern': 'rabbitmq_federation',
  'federation-upstream-set': 'rabbitmq_federation',
  'routing-key': 'rabbitmq_sharding',
  'shards-per-node': 'rabbitmq_sharding',
}

/** Everything wrong with a definition; paths stand against it. Pure. */
export function checkDefinition(
  definition: JsonObject,
  o: { readonly operator: boolean; readonly plugins: readonly string[] | null }, // null: not ours to know
): readonly ArgumentProblem[] {
  const entries = Object.entries(definition)
  if (entries.length === 0) return [{ path: [], message: 'the definition is empty: it sets nothing' }]
  const upstreams = entries.filter(([name]) => name.startsWith('federation-upstream'))
  return [
    ...entries.flatMap(([name, value]) => checkEntry(name, value, o)),
    ...(upstreams.length > 1
      ? [{ path: [upstreams[1]?.[0] ?? ''], message: 'one of the federation-upstream settings, not several' }]
      : []),
    ...checkTogether(definition),
  ]
}

/** Settings that need each other: the validators of quorum queues and of the sharding plugin. */
function checkTogether(definition: JsonObject): readonly ArgumentProblem[] {
  const { 'delayed-retry-type': type, 'delayed-retry-min': least, 'delayed-retry-max': most } = definition
  return [
    ...(isDelayed(type) && least === undefined
      ? [
          {
            path: ['delayed-retry-type'],
            message: `"delayed-retry-type": ${JSON.stringify(type)} needs delayed-retry-min`,
          },
        ]
      : []),
    ...(typeof least === 'number' && typeof most === 'number' && most < least
      ? [{ path: ['delayed-retry-max'], message: `${most} is less than delayed-retry-min, ${least}` }]
      : []),
    ...('routing-key' in definition && !('shards-per-node' in definition)
      ? [{ path: ['routing-key'], message: '"routing-key" is that of shards: it needs shards-per-node' }]
      : []),
  ]
}

function checkEntry(
  name: string,
  value: Json,
  { operator, plugins }: { readonly operator: boolean; readonly plugins: readonly string[] | null },
): readonly ArgumentProblem[] {
  const path = [name]
  if (name.startsWith('ha-'))
    return [
      {
        path,
        message: `RabbitMQ 4 has no mirrored classic queues: "${name}" means nothing any more`,
        hint: 'Take it away; queues of the type quorum are replicated by themselves.',
      },
    ]
  const known = operator ? OPERATOR : [...Object.keys(QUEUES), ...Object.keys(OTHERS)]
  if (!known.includes(name)) {
    const argument = name.replace(/^x-/, '')
    const hint =
      operator && (name in QUEUES || name in OTHERS)
        ? 'A policy may set it.'
        : known.includes(argument)
          ? `Policies write it "${argument}".`
          : undefined
    const whose = operator ? 'an operator policy' : 'a policy'
    return [{ path, message: `${whose} has no setting "${name}"`, ...(hint ? { hint } : {}) }]
  }
  const plugin = PLUGINS[name]
  if (plugin && plugins && !plugins.includes(plugin))
    return [
      { path, message: `"${name}" comes with ${plugin}, which is not asked for`, hint: `Add ${plugin} to plugins.` },
    ]
  const wrong = mismatch((QUEUES[name] ?? OTHERS[name]) as Rule, value)
  return wrong === null ? [] : [{ path, message: `"${name}" must be ${wrong}, not ${JSON.stringify(value)}` }]
}
