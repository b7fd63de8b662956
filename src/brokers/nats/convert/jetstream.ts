import type { Json } from '../../../model/json.ts'
import type { ForeignCluster, ForeignDocument, ForeignFormat } from '../../../ports/foreign.ts'
import { hasKeys, mapOf, Notes, part, Reading } from '../../shared/foreign.ts'
import { isReservedAccount, OWN_ACCOUNT, SYSTEM_ACCOUNT } from '../names.ts'
import { Accounts, UNNAMED } from './accounts.ts'

/**
 * JetStream as the nats command and the server tell of it: `backup.json` of `nats stream backup` and `nats account
 * backup`, `nats stream info --json`, `nats consumer info --json`, configurations of either alone, and the answer of
 * /jsz?accounts=true&streams=true&consumers=true&config=true (`nats server report`), which names the accounts.
 */
export const jetstream: ForeignFormat = {
  name: 'nats',
  about: 'JSON of nats stream backup (backup.json), nats stream info, nats consumer info, or of /jsz',
  recognises: (value) =>
    kindOf(value) !== null || (Array.isArray(value) && value.some((one: Json) => kindOf(one) !== null)),
  convert: (documents) => [convert(documents)],
}

type Known = 'server' | 'stream' | 'consumer' | 'stream config' | 'consumer config'

function kindOf(value: Json): Known | null {
  if (hasKeys(value, 'account_details')) return 'server'
  if (hasKeys(value, 'data') && hasKeys(value['data'] ?? null, 'account_details')) return 'server'
  const config = mapOf(mapOf(value)['config'])
  if (hasKeys(value, 'stream_name', 'config')) return 'consumer'
  if (hasKeys(config, 'name') && (hasKeys(config, 'retention') || hasKeys(config, 'storage'))) return 'stream'
  if (hasKeys(value, 'name', 'retention', 'storage')) return 'stream config'
  return hasKeys(value, 'durable_name', 'ack_policy', 'stream_name') ? 'consumer config' : null
}

function convert(documents: readonly ForeignDocument[]): ForeignCluster {
  const notes = new Notes()
  const accounts = new Accounts(notes)
  const name = documents.map(({ value }) => clusterOf(value)).find((one) => one !== null) ?? null
  for (const [document, { value }] of documents.entries()) {
    const all = Array.isArray(value) ? value.map((one: Json, i) => [one, [i]] as const) : [[value, []] as const]
    for (const [one, path] of all) readOne(one, new Reading(one, { document, path }, 'this document', notes), accounts)
  }
  const { members, storage, memory } = accounts.needs()
  const first = { document: 0, path: [] }
  return {
    name,
    items: [
      ...(members === null ? [] : [part('the number of members', ['members'], members, first)]),
      ...(memory === null ? [] : [part('the memory', ['memory'], memory, first)]),
      ...(storage === null ? [] : [part('the storage', ['storage'], storage, first)]),
      ...accounts.items(),
    ],
    notes: notes.all,
  }
}

const clusterOf = (value: Json): string | null => {
  const [one] = Array.isArray(value) ? value : [value]
  const server = mapOf(mapOf(one)['server'])['cluster']
  const found = server ?? mapOf(mapOf(one)['cluster'])['name'] ?? mapOf(mapOf(one)['meta_cluster'])['name']
  return typeof found === 'string' && found !== '' ? found : null
}

function readOne(value: Json, one: Reading, accounts: Accounts): void {
  const kind = kindOf(value)
  if (kind === null) one.note('it is neither a stream nor a consumer: it is left out')
  else if (kind === 'server') readServer(one.has('account_details') ? one : one.map('data'), accounts)
  else if (kind === 'stream config') accounts.stream(null, new Reading(value, one.at, one.what, accounts.notes), null)
  else if (kind === 'stream') accounts.stream(null, one.map('config'), one)
  else if (kind === 'consumer') accounts.consumer(null, one.text('stream_name') ?? '', one.map('config'), one)
  else accounts.consumer(null, one.text('stream_name') ?? '', one, null)
}

/** Numbers that the server reports beside the configurations are no part of a spec. */
function readServer(all: Reading, accounts: Accounts): void {
  const details = all.maps('account_details', 'an account')
  const total = all.number('accounts') ?? 0
  if (total > details.length)
    all.note(
      `it tells of ${details.length} of the server's ${total} accounts`,
      'Ask /jsz without acc=, and with a limit= that takes in all.',
      'accounts',
    )
  for (const account of details) {
    const name = account.text('name') ?? ''
    if ([OWN_ACCOUNT, SYSTEM_ACCOUNT].includes(name)) continue
    account.what = `account ${name}`
    const as = isReservedAccount(name) ? UNNAMED : name
    if (as !== name)
      account.note(
        `it is the server's own, of users who name none: here it is ${as}`,
        'Give its users to that account.',
      )
    for (const stream of account.maps('stream_detail', 'a stream')) {
      if (!stream.has('config')) {
        stream.note('its configuration is not in the answer: it is left out', 'Ask /jsz with config=true, too.')
        continue
      }
      const config = stream.map('config')
      accounts.stream(as, config, stream)
      for (const consumer of stream.maps('consumer_detail', 'a consumer'))
        accounts.consumer(as, config.text('name') ?? '', consumer.map('config'), consumer)
    }
  }
}
