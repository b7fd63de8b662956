import { parseSettings } from './settings.ts'

/**
 * Kafka's own table of topic settings (4.3.1, `LogConfig`): name, type, what is valid. Without the throttles: they
 * belong to whoever moves replicas. An index smaller than one entry of a time index (12 bytes) Kafka takes, and no broker can make.
 */
export const TOPIC_SETTINGS = parseSettings(`
cleanup.policy list compact|delete
compression.gzip.level int 1..9|-1
compression.lz4.level int 1..17
compression.type string uncompressed|zstd|lz4|snappy|gzip|producer
compression.zstd.level int -131072..22
delete.retention.ms long 0..
file.delete.delay.ms long 0..
flush.messages long 1..
flush.ms long 0..
index.interval.bytes int 0..
local.retention.bytes long -2..
local.retention.ms long -2..
max.compaction.lag.ms long 1..
max.message.bytes int 0..
message.timestamp.after.max.ms long 0..
message.timestamp.before.max.ms long 0..
message.timestamp.type string CreateTime|LogAppendTime
min.cleanable.dirty.ratio double 0..1
min.compaction.lag.ms long 0..
min.insync.replicas int 1..
preallocate boolean
remote.log.copy.disable boolean
remote.log.delete.on.disable boolean
remote.storage.enable boolean
retention.bytes long
retention.ms long -1..
segment.bytes int 1048576..
segment.index.bytes int 12..
segment.jitter.ms long 0..
segment.ms long 1..
unclean.leader.election.enable boolean
`)
