import { parseSettings } from './settings.ts'

/**
 * Kafka's own table of broker settings (4.3.1, `kafka.server.KafkaConfig`): name, type, how it is changed (`cluster`: a
 * cluster-wide default while running; `static`: server.properties and a restart), what is valid. Without those that
 * mqops owns and those that name classes or hold secrets. The smallest index: see topic-settings.ts.
 */
export const BROKER_SETTINGS = parseSettings(`
add.partitions.to.txn.retry.backoff.max.ms int static 0..
add.partitions.to.txn.retry.backoff.ms int static 1..
alter.log.dirs.replication.quota.window.num int static 1..
alter.log.dirs.replication.quota.window.size.seconds int static 1..
auto.create.topics.enable boolean static
auto.leader.rebalance.enable boolean static
background.threads int cluster 1..
broker.heartbeat.interval.ms int static
broker.rack string static
broker.session.timeout.ms int static
compression.gzip.level int cluster 1..9|-1
compression.lz4.level int cluster 1..17
compression.type string cluster uncompressed|zstd|lz4|snappy|gzip|producer
compression.zstd.level int cluster -131072..22
connection.failed.authentication.delay.ms int static 0..
connections.max.idle.ms long static
connections.max.reauth.ms long static
controlled.shutdown.enable boolean static
controller.quorum.append.linger.ms int static 0..
controller.quorum.election.backoff.max.ms int static 0..
controller.quorum.election.timeout.ms int static 0..
controller.quorum.fetch.max.bytes int static 1..
controller.quorum.fetch.snapshot.max.bytes int static 1..
controller.quorum.fetch.timeout.ms int static 0..
controller.quorum.request.timeout.ms int static 0..
controller.quorum.retry.backoff.ms int static 0..
controller.quota.window.num int static 1..
controller.quota.window.size.seconds int static 1..
controller.socket.timeout.ms int static
default.replication.factor int static
delegation.token.expiry.check.interval.ms long static 1..
delegation.token.expiry.time.ms long static 1..
delegation.token.max.lifetime.ms long static 1..
delete.records.purgatory.purge.interval.requests int static
delete.topic.enable boolean static
fetch.max.bytes int static 1024..
fetch.purgatory.purge.interval.requests int static
follower.fetch.last.tiered.offset.enable boolean cluster
follower.replication.throttled.rate long cluster 0..
group.consumer.assignment.interval.ms int cluster 0..
group.consumer.assignors list static
group.consumer.heartbeat.interval.ms int static 1..
group.consumer.max.assignment.interval.ms int static 0..
group.consumer.max.heartbeat.interval.ms int static 1..
group.consumer.max.session.timeout.ms int static 1..
group.consumer.max.size int static 1..
group.consumer.migration.policy string static disabled|downgrade|upgrade|bidirectional
group.consumer.min.assignment.interval.ms int static 0..
group.consumer.min.heartbeat.interval.ms int static 1..
group.consumer.min.session.timeout.ms int static 1..
group.consumer.session.timeout.ms int static 1..
group.coordinator.append.linger.ms int static -1..
group.coordinator.background.threads int static 1..
group.coordinator.cached.buffer.max.bytes int cluster 524288..
group.coordinator.rebalance.protocols list static consumer|classic|share|streams
group.coordinator.threads int static 1..
group.initial.rebalance.delay.ms int static
group.max.session.timeout.ms int static
group.max.size int static 1..
group.min.session.timeout.ms int static
group.share.assignment.interval.ms int cluster 0..
group.share.assignors list static
group.share.delivery.count.limit int static 2..10
group.share.heartbeat.interval.ms int static 1..
group.share.max.assignment.interval.ms int static 0..
group.share.max.delivery.count.limit int static 5..25
group.share.max.heartbeat.interval.ms int static 1..
group.share.max.partition.max.record.locks int static 2000..10000
group.share.max.record.lock.duration.ms int static 30000..3600000
group.share.max.session.timeout.ms int static 1..
group.share.max.share.sessions int static 1..
group.share.max.size int static 1..1000
group.share.min.assignment.interval.ms int static 0..
group.share.min.delivery.count.limit int static 2..5
group.share.min.heartbeat.interval.ms int static 1..
group.share.min.partition.max.record.locks int static 100..2000
group.share.min.record.lock.duration.ms int static 1000..30000
group.share.min.session.timeout.ms int static 1..
group.share.partition.max.record.locks int static 100..10000
group.share.record.lock.duration.ms int static 1000..3600000
group.share.session.timeout.ms int static 1..
group.streams.assignment.interval.ms int cluster 0..
group.streams.heartbeat.interval.ms int static 1..
group.streams.initial.rebalance.delay.ms int static 0..
group.streams.max.assignment.interval.ms int static 0..
group.streams.max.heartbeat.interval.ms int static 1..
group.streams.max.session.timeout.ms int static 1..
group.streams.max.size int static 1..
group.streams.max.standby.replicas int static 0..
group.streams.min.assignment.interval.ms int static 0..
group.streams.min.heartbeat.interval.ms int static 1..
group.streams.min.session.timeout.ms int static 1..
group.streams.num.standby.replicas int static 0..
group.streams.session.timeout.ms int static 1..
initial.broker.registration.timeout.ms int static
kafka.metrics.polling.interval.secs int static 1..
leader.imbalance.check.interval.seconds long static 1..
leader.replication.throttled.rate long cluster 0..
log.cleaner.backoff.ms long cluster 0..
log.cleaner.dedupe.buffer.size long cluster
log.cleaner.delete.retention.ms long cluster 0..
log.cleaner.enable boolean static
log.cleaner.io.buffer.load.factor double cluster
log.cleaner.io.buffer.size int cluster 0..
log.cleaner.io.max.bytes.per.second double cluster
log.cleaner.max.compaction.lag.ms long cluster 1..
log.cleaner.min.cleanable.ratio double cluster 0..1
log.cleaner.min.compaction.lag.ms long cluster 0..
log.cleaner.threads int cluster 0..
log.cleanup.policy list cluster compact|delete
log.dir.failure.timeout.ms long static 1..
log.flush.interval.messages long cluster 1..
log.flush.interval.ms long cluster
log.flush.offset.checkpoint.interval.ms int static 0..
log.flush.scheduler.interval.ms long static
log.flush.start.offset.checkpoint.interval.ms int static 0..
log.index.interval.bytes int cluster 0..
log.index.size.max.bytes int cluster 12..
log.local.retention.bytes long cluster -2..
log.local.retention.ms long cluster -2..
log.message.timestamp.after.max.ms long cluster 0..
log.message.timestamp.before.max.ms long cluster 0..
log.message.timestamp.type string cluster CreateTime|LogAppendTime
log.preallocate boolean cluster
log.retention.bytes long cluster
log.retention.check.interval.ms long static 1..
log.retention.hours int static
log.retention.minutes int static
log.retention.ms long cluster
log.roll.hours int static 1..
log.roll.jitter.hours int static 0..
log.roll.jitter.ms long cluster
log.roll.ms long cluster
log.segment.bytes int cluster 1048576..
log.segment.delete.delay.ms long cluster 0..
max.connection.creation.rate int cluster 0..
max.connections int cluster 0..
max.connections.per.ip int cluster 0..
max.connections.per.ip.overrides string cluster
max.incremental.fetch.session.cache.slots int static 0..
max.request.partition.size.limit int static 1..
message.max.bytes int cluster 0..
metadata.log.max.record.bytes.between.snapshots long static 1..
metadata.log.max.snapshot.interval.ms long static 0..
metadata.log.segment.bytes int static 8388608..
metadata.log.segment.ms long static
metadata.max.idle.interval.ms int static 0..
metadata.max.retention.bytes long static
metadata.max.retention.ms long static
metrics.num.samples int static 1..
metrics.recording.level string static
metrics.sample.window.ms long static 1..
min.insync.replicas int cluster 1..
num.io.threads int cluster 1..
num.network.threads int cluster 1..
num.partitions int static 1..
num.recovery.threads.per.data.dir int cluster 1..
num.replica.alter.log.dirs.threads int static
num.replica.fetchers int cluster 1..
offset.metadata.max.bytes int static
offsets.commit.timeout.ms int static 1..
offsets.load.buffer.size int static 1..
offsets.retention.check.interval.ms long static 1..
offsets.retention.minutes int static 1..
offsets.topic.compression.codec int static
offsets.topic.num.partitions int static 1..
offsets.topic.replication.factor short static 1..
offsets.topic.segment.bytes int static 1..
producer.id.expiration.ms int cluster 1..
producer.purgatory.purge.interval.requests int static
queued.max.request.bytes long static
queued.max.requests int static 1..
quota.window.num int static 1..
quota.window.size.seconds int static 1..
remote.fetch.max.wait.ms int cluster 1..
remote.list.offsets.request.timeout.ms long cluster 1..
remote.log.index.file.cache.total.size.bytes long cluster 1..
remote.log.manager.copier.thread.pool.size int cluster 1..
remote.log.manager.copy.max.bytes.per.second long cluster 1..
remote.log.manager.copy.quota.window.num int static 1..
remote.log.manager.copy.quota.window.size.seconds int static 1..
remote.log.manager.expiration.thread.pool.size int cluster 1..
remote.log.manager.fetch.max.bytes.per.second long cluster 1..
remote.log.manager.fetch.quota.window.num int static 1..
remote.log.manager.fetch.quota.window.size.seconds int static 1..
remote.log.manager.follower.thread.pool.size int cluster 1..
remote.log.manager.task.interval.ms long static 1..
remote.log.manager.thread.pool.size int static 1..
remote.log.metadata.custom.metadata.max.bytes int static 0..
remote.log.metadata.manager.impl.prefix string static
remote.log.metadata.manager.listener.name string static
remote.log.reader.max.pending.tasks int static 1..
remote.log.reader.threads int cluster 1..
remote.log.storage.manager.impl.prefix string static
remote.log.storage.system.enable boolean static
replica.alter.log.dirs.io.max.bytes.per.second long cluster 0..
replica.fetch.backoff.ms int static 0..
replica.fetch.max.bytes int static 0..
replica.fetch.min.bytes int static
replica.fetch.response.max.bytes int static 0..
replica.fetch.wait.max.ms int static
replica.high.watermark.checkpoint.interval.ms long static
replica.lag.time.max.ms long static
replica.socket.receive.buffer.bytes int static
replica.socket.timeout.ms int static
replication.quota.window.num int static 1..
replication.quota.window.size.seconds int static 1..
request.timeout.ms int static
share.coordinator.append.linger.ms int static -1..
share.coordinator.cached.buffer.max.bytes int cluster 524288..
share.coordinator.load.buffer.size int static 1..
share.coordinator.snapshot.update.records.per.snapshot int static 0..500
share.coordinator.state.topic.compression.codec int static
share.coordinator.state.topic.min.isr short static 1..
share.coordinator.state.topic.num.partitions int static 1..
share.coordinator.state.topic.replication.factor short static 1..
share.coordinator.state.topic.segment.bytes int static 1..
share.coordinator.threads int static 1..
share.coordinator.write.timeout.ms int static 1..
share.fetch.purgatory.purge.interval.requests int static
socket.connection.setup.timeout.max.ms long static
socket.connection.setup.timeout.ms long static
socket.listen.backlog.size int static 1..
socket.receive.buffer.bytes int static
socket.request.max.bytes int static 1..
socket.send.buffer.bytes int static
telemetry.max.bytes int static 1..
transaction.abort.timed.out.transaction.cleanup.interval.ms int static 1..
transaction.max.timeout.ms int static 1..
transaction.partition.verification.enable boolean cluster
transaction.remove.expired.transaction.cleanup.interval.ms int static 1..
transaction.state.log.load.buffer.size int static 1..
transaction.state.log.min.isr int static 1..
transaction.state.log.num.partitions int static 1..
transaction.state.log.replication.factor short static 1..
transaction.state.log.segment.bytes int static 1..
transaction.two.phase.commit.enable boolean static
transactional.id.expiration.ms int static 1..
unclean.leader.election.enable boolean cluster
`)
