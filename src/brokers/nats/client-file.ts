import type { Broker } from '../../ports/broker.ts'

/** A context of the nats CLI: `nats context` reads it from ~/.config/nats/context/NAME.json. */
export const client: Broker['client'] = (spec, access) => {
  const url = (access.endpoints.client ?? [])
    .map((endpoint) => `${access.tls ? 'tls' : 'nats'}://${endpoint}`)
    .join(',')
  const monitor = access.endpoints.management?.[0]
  return {
    file: `${spec.name}.json`,
    render: ({ user, password, caFile }) =>
      `${JSON.stringify({ description: `${spec.name}, by mqops`, url, user, password, ...(caFile && access.tls ? { ca: caFile } : {}) }, null, 2)}\n`,
    ...(monitor ? { managementUrl: `${access.tls ? 'https' : 'http'}://${monitor}/` } : {}),
  }
}
