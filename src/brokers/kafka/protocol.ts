import type { Connection } from '@platformatic/kafka'
import { answerOf, type ItemError } from './errors.ts'
import { library, request } from './library.ts'

/**
 * The requests that mqops sends, each at one fixed version: all of them are known to brokers from 3.3 to 4.x. The
 * library's Admin is not used: it hides which endpoint failed, and lacks SCRAM, quorum and cluster-wide settings.
 */
export const api = {
  addPartitionsToTxn: request('addPartitionsToTxnV3'), // from v4 on it is for brokers only
  alterClientQuotas: request('alterClientQuotasV1'),
  /** The library misreads the answer of v1. Null replicas: give the running one up. */
  alterPartitionReassignments: request('alterPartitionReassignmentsV0'),
  alterUserScramCredentials: request('alterUserScramCredentialsV0'),
  apiVersions: request('apiVersionsV3'),
  /** Groups of the new protocol (KIP-848): from 3.7 on, see CONSUMER_PROTOCOL. */
  consumerGroupDescribe: request('consumerGroupDescribeV0'),
  /** From 3.9 on. v3 leaves out every feature that may have the level 0, which is all of them but the metadata version. */
  features: request('apiVersionsV4'),
  createAcls: request('createAclsV2'),
  createPartitions: request('createPartitionsV3'),
  createTopics: request('createTopicsV7'),
  deleteAcls: request('deleteAclsV2'),
  deleteTopics: request('deleteTopicsV6'),
  describeAcls: request('describeAclsV2'),
  describeClientQuotas: request('describeClientQuotasV1'),
  describeCluster: request('describeClusterV0'),
  describeConfigs: request('describeConfigsV4'),
  describeGroups: request('describeGroupsV5'),
  describeLogDirs: request('describeLogDirsV4'),
  describeQuorum: request('describeQuorumV1'),
  describeUserScramCredentials: request('describeUserScramCredentialsV0'),
  endTxn: request('endTxnV3'),
  fetch: request('fetchV13'),
  findCoordinator: request('findCoordinatorV4'),
  incrementalAlterConfigs: request('incrementalAlterConfigsV1'),
  initProducerId: request('initProducerIdV4'),
  listGroups: request('listGroupsV4'),
  listOffsets: request('listOffsetsV7'),
  listPartitionReassignments: request('listPartitionReassignmentsV0'),
  /** Errors of single topics and partitions (no leader, unknown) stand in the answer. Null: all topics. */
  metadata: (connection: Connection, topics: readonly string[] | null) =>
    answerOf(
      request('metadataV12')(connection, topics === null ? null : topics.map((name) => ({ name })), false, false),
    ),
  offsetCommit: request('offsetCommitV8'),
  offsetFetch: request('offsetFetchV8'),
  produce: request('produceV9'),
  updateFeatures: request('updateFeaturesV1'),
} as const

/** One item's error code in an answer for many; null when it is none. */
export function itemError(code: number, message: string | null | undefined): ItemError | null {
  if (code === 0) return null
  const { protocolErrorsCodesById, protocolErrors } = library()
  const id = protocolErrorsCodesById[code] ?? `ERROR_${code}`
  const known = protocolErrors[id]
  return { id, message: message || known?.message || id, canRetry: known?.canRetry ?? false }
}

/** Topic ids as Kafka's own tools print them: 22 characters of base64url in place of a hyphenated UUID. */
export const printUuid = (uuid: string): string => Buffer.from(uuid.replaceAll('-', ''), 'hex').toString('base64url')

/** The inverse of printUuid. */
export const parseUuid = (text: string): string =>
  Buffer.from(text, 'base64url')
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

/** Numbers of the protocol: https://kafka.apache.org/protocol (ConfigResource.Type, ConfigEntry.ConfigSource …). */
export const RESOURCE = { topic: 2, broker: 4 } as const
export const SOURCE = { topic: 1, broker: 2, clusterDefault: 3, file: 4, default: 5 } as const
export const OPERATION = { set: 0, unset: 1 } as const
export const EARLIEST = -2n
export const LATEST = -1n
