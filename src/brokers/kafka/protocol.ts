import {
  addPartitionsToTxnV3,
  alterClientQuotasV1,
  alterPartitionReassignmentsV0,
  alterUserScramCredentialsV0,
  apiVersionsV3,
  apiVersionsV4,
  type Connection,
  consumerGroupDescribeV0,
  createAclsV2,
  createPartitionsV3,
  createTopicsV7,
  deleteAclsV2,
  deleteTopicsV6,
  describeAclsV2,
  describeClientQuotasV1,
  describeClusterV0,
  describeConfigsV4,
  describeGroupsV5,
  describeLogDirsV4,
  describeQuorumV1,
  describeUserScramCredentialsV0,
  endTxnV3,
  fetchV13,
  findCoordinatorV4,
  incrementalAlterConfigsV1,
  initProducerIdV4,
  listGroupsV4,
  listOffsetsV7,
  listPartitionReassignmentsV0,
  metadataV12,
  offsetCommitV8,
  offsetFetchV8,
  produceV9,
  protocolErrors,
  protocolErrorsCodesById,
  updateFeaturesV1,
} from '@platformatic/kafka'
import { answerOf, type ItemError } from './errors.ts'

/**
 * The requests that mqops sends, each at one fixed version: all of them are known to brokers from 3.3 to 4.x. The
 * library's Admin is not used: it hides which endpoint failed, and lacks SCRAM, quorum and cluster-wide settings.
 */
export const api = {
  addPartitionsToTxn: addPartitionsToTxnV3.api.async, // from v4 on it is for brokers only
  alterClientQuotas: alterClientQuotasV1.api.async,
  /** The library misreads the answer of v1. Null replicas: give the running one up. */
  alterPartitionReassignments: alterPartitionReassignmentsV0.api.async,
  alterUserScramCredentials: alterUserScramCredentialsV0.api.async,
  apiVersions: apiVersionsV3.api.async,
  /** Groups of the new protocol (KIP-848): from 3.7 on, see CONSUMER_PROTOCOL. */
  consumerGroupDescribe: consumerGroupDescribeV0.api.async,
  /** From 3.9 on. v3 leaves out every feature that may have the level 0, which is all of them but the metadata version. */
  features: apiVersionsV4.api.async,
  createAcls: createAclsV2.api.async,
  createPartitions: createPartitionsV3.api.async,
  createTopics: createTopicsV7.api.async,
  deleteAcls: deleteAclsV2.api.async,
  deleteTopics: deleteTopicsV6.api.async,
  describeAcls: describeAclsV2.api.async,
  describeClientQuotas: describeClientQuotasV1.api.async,
  describeCluster: describeClusterV0.api.async,
  describeConfigs: describeConfigsV4.api.async,
  describeGroups: describeGroupsV5.api.async,
  describeLogDirs: describeLogDirsV4.api.async,
  describeQuorum: describeQuorumV1.api.async,
  describeUserScramCredentials: describeUserScramCredentialsV0.api.async,
  endTxn: endTxnV3.api.async,
  fetch: fetchV13.api.async,
  findCoordinator: findCoordinatorV4.api.async,
  incrementalAlterConfigs: incrementalAlterConfigsV1.api.async,
  initProducerId: initProducerIdV4.api.async,
  listGroups: listGroupsV4.api.async,
  listOffsets: listOffsetsV7.api.async,
  listPartitionReassignments: listPartitionReassignmentsV0.api.async,
  /** Errors of single topics and partitions (no leader, unknown) stand in the answer. Null: all topics. */
  metadata: (connection: Connection, topics: readonly string[] | null) =>
    answerOf(
      metadataV12.api.async(connection, topics === null ? null : topics.map((name) => ({ name })), false, false),
    ),
  offsetCommit: offsetCommitV8.api.async,
  offsetFetch: offsetFetchV8.api.async,
  produce: produceV9.api.async,
  updateFeatures: updateFeaturesV1.api.async,
} as const

/** One item's error code in an answer for many; null when it is none. */
export function itemError(code: number, message: string | null | undefined): ItemError | null {
  if (code === 0) return null
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
export const SOURCE = { topic: 1, broker: 2, clusterDefault: 3 } as const
export const OPERATION = { set: 0, unset: 1 } as const
export const EARLIEST = -2n
export const LATEST = -1n
