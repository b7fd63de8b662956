import { parseSettings } from './settings.ts'

/**
 * Kafka's own table of topic settings (4.3.1, `LogConfig`): name, type, what is valid. Without the throttles: they
 * belong to whoever moves replicas. An index smaller than one entry of a time index (12 bytes) Kafka takes, and no broker can make.
 */
export const TOPIC_SETTINGS = parseSettings(`
cleanup.policy list compact|delete =delete
compression.gzip.level int 1..9|-1 =-1
compression.lz4.level int 1..17 =9
compression.type string uncompressed|zstd|lz4|snappy|gzip|producer =producer
compression.zstd.level int -131072..22 =3
delete.retention.ms long 0.. =86400000
file.delete.delay.ms long 0.. =60000
flush.messages long 1.. =9223372036854775807
flush.ms long 0.. =9223372036854775807
index.interval.bytes int 0.. =4096
local.retention.bytes long -2.. =-2
local.retention.ms long -2.. =-2
max.compaction.lag.ms long 1.. =9223372036854775807
max.message.bytes int 0.. =1048588
message.timestamp.after.max.ms long 0.. =3600000
message.timestamp.before.max.ms long 0.. =9223372036854775807
message.timestamp.type string CreateTime|LogAppendTime =CreateTime
min.cleanable.dirty.ratio double 0..1 =0.5
min.compaction.lag.ms long 0.. =0
min.insync.replicas int 1.. =1
preallocate boolean =false
remote.log.copy.disable boolean =false
remote.log.delete.on.disable boolean =false
remote.storage.enable boolean =false
retention.bytes long =-1
retention.ms long -1.. =604800000
segment.bytes int 1048576.. =1073741824
segment.index.bytes int 12.. =10485760
segment.jitter.ms long 0.. =0
segment.ms long 1.. =604800000
unclean.leader.election.enable boolean =false
`)
