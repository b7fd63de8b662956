import type { Context } from '../../ports/context.ts'
import type { Call, Wire } from './client.ts'
import { brokerError } from './errors.ts'
import { api } from './protocol.ts'

/** Of brokers that know groups of the new protocol (KIP-848), and so the request that describes them. */
export const CONSUMER_PROTOCOL = 'consumer-protocol'
const CONSUMER_GROUP_DESCRIBE = 69

/** What the list of requests that a broker takes tells. */
export const offeredBy = (answer: { readonly apiKeys: readonly { readonly apiKey: number }[] }): readonly string[] =>
  answer.apiKeys.some(({ apiKey }) => apiKey === CONSUMER_GROUP_DESCRIBE) ? [CONSUMER_PROTOCOL] : []

/** 'acl' when an authorizer answers, 'scram' when credentials are kept in the cluster itself. */
export async function findCapabilities(
  wire: Wire,
  bootstrap: readonly string[],
  ctx: Context,
): Promise<ReadonlySet<string>> {
  const offered = async (name: string, call: Call<unknown>): Promise<readonly string[]> => {
    try {
      await wire.any(bootstrap, call, ctx)
      return [name]
    } catch (error) {
      const refused = ['SECURITY_DISABLED', 'UNSUPPORTED_VERSION', 'CLUSTER_AUTHORIZATION_FAILED', 'INVALID_REQUEST']
      if (refused.includes(brokerError(error) ?? '')) return []
      throw error
    }
  }
  const nobody = {
    resourceType: 2,
    resourceName: 'mqops.nobody',
    resourcePatternType: 3,
    principal: 'User:mqops.nobody',
    host: '*',
    operation: 3,
    permissionType: 3,
  } as const
  return new Set([
    ...(await offered('acl', (connection) => api.describeAcls(connection, nobody))),
    ...(await offered('scram', (connection) =>
      api.describeUserScramCredentials(connection, [{ name: 'mqops.nobody' }]).catch(ignoreUnknownUser),
    )),
  ])
}

const ignoreUnknownUser = (error: unknown) => {
  if (brokerError(error) !== 'RESOURCE_NOT_FOUND') throw error
}

/** Levels of metadata.version by release: the broker tells no version of its own (org.apache.kafka.server.common.MetadataVersion). */
const RELEASES: readonly (readonly [number, string])[] = [
  [30, '4.3'],
  [29, '4.2'],
  [27, '4.1'],
  [25, '4.0'],
  [21, '3.9'],
  [20, '3.8'],
  [19, '3.7'],
  [14, '3.6'],
  [11, '3.5'],
  [8, '3.4'],
  [4, '3.3'],
]

export function versionOf(answer: {
  readonly supportedFeatures?: readonly { readonly name: string; readonly maxVersion: number }[]
}): string {
  const level = answer.supportedFeatures?.find((feature) => feature.name === 'metadata.version')?.maxVersion
  return RELEASES.find(([from]) => level !== undefined && level >= from)?.[1] ?? 'unknown'
}
