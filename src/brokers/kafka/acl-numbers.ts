type Library = typeof import('@platformatic/kafka')

// Numbers of the protocol (org.apache.kafka.common.acl and .resource), as the library has them: it is not loaded yet
// when they are wanted.

export const ResourceTypes: Library['ResourceTypes'] = {
  UNKNOWN: 0,
  ANY: 1,
  TOPIC: 2,
  GROUP: 3,
  CLUSTER: 4,
  TRANSACTIONAL_ID: 5,
  DELEGATION_TOKEN: 6,
  USER: 7,
}

export const ResourcePatternTypes: Library['ResourcePatternTypes'] = {
  UNKNOWN: 0,
  ANY: 1,
  MATCH: 2,
  LITERAL: 3,
  PREFIXED: 4,
}

export const AclOperations: Library['AclOperations'] = {
  UNKNOWN: 0,
  ANY: 1,
  ALL: 2,
  READ: 3,
  WRITE: 4,
  CREATE: 5,
  DELETE: 6,
  ALTER: 7,
  DESCRIBE: 8,
  CLUSTER_ACTION: 9,
  DESCRIBE_CONFIGS: 10,
  ALTER_CONFIGS: 11,
  IDEMPOTENT_WRITE: 12,
  CREATE_TOKENS: 13,
  DESCRIBE_TOKENS: 14,
  TWO_PHASE_COMMIT: 15,
}

export const AclPermissionTypes: Library['AclPermissionTypes'] = { UNKNOWN: 0, ANY: 1, DENY: 2, ALLOW: 3 }
