import { describe, expect, test } from 'vitest'
import { checkSetting } from '../../../src/brokers/rabbitmq/settings.ts'

describe('settings of rabbitmq.conf', () => {
  test.each([
    ['heartbeat', 30],
    ['consumer_timeout', '1800000'],
    ['channel_max_per_node', 'infinity'],
    ['frame_max', '128KB'],
    ['default_queue_type', 'quorum'],
    ['log.connection.level', 'warning'],
    ['deprecated_features.permit.global_qos', true],
    ['cluster_tags.region', 'eu'],
  ])('%s = %s is known', (name, value) => {
    expect(checkSetting(name, value, [])).toBeNull()
  })

  test.each([
    ['listeners.tcp.1', 5672, /allots ports/],
    ['listeners.ssl', 'none', /allots ports/],
    ['ssl_options.verify', 'verify_peer', /allots ports and certificates/],
    ['management.tcp.port', 15672, /allots ports/],
    ['prometheus.tcp.listener', 'none', /allots ports/],
    ['stream.listeners.tcp.1', 5552, /allots ports/],
    ['cluster_name', 'x', /forms the cluster/],
    ['cluster_formation.classic_config.nodes.1', 'x@y', /forms the cluster/],
    ['cluster_partition_handling', 'pause_minority', /no partition strategies/],
    ['load_definitions', '/x', /first users/],
    ['default_user', 'guest', /no default user/],
    ['default_pass', 'guest', /no default user/],
    ['loopback_users', 'none', /no default user/],
    ['auth_mechanisms.1', 'ANONYMOUS', /logs in by password/],
    ['vm_memory_high_watermark.relative', 0.4, /`memory`/],
    ['disk_free_limit.absolute', '1GB', /`diskFreeLimit`/],
    ['log.dir', '/tmp', /own folder/],
    ['management.oauth_client_secret', 'x', /secret/],
  ])('%s belongs to mqops', (name, value, hint) => {
    expect(checkSetting(name, value, [])).toEqual({
      message: `"${name}" belongs to mqops`,
      hint: expect.stringMatching(hint),
    })
  })

  test.each([
    ['heartbeat', -1, /whole number/],
    ['heartbeat', 1.5, /whole number/],
    ['reverse_dns_lookups', 'yes', /true or false/],
    ['default_queue_type', 'mirrored', /one of quorum, classic, stream/],
    ['frame_max', '1 big', /bytes/],
    ['log.file.rotation.date', '', /text/],
    ['cluster_tags.region', 'ünï', /plain ASCII/],
    ['log.file.rotation.date', '$D0\nheartbeat = 0', /one line/],
  ])('%s = %j is refused', (name, value, message) => {
    expect(checkSetting(name, value, [])?.message).toMatch(message)
  })

  test('an unknown name is met with the nearest known one, or with none', () => {
    expect(checkSetting('consumer_timout', 1, [])?.hint).toBe('Did you mean "consumer_timeout"?')
    expect(checkSetting('colour_of_the_sky', 1, [])).toEqual({ message: expect.stringMatching(/no setting/) })
  })

  test("a plugin's settings want the plugin", () => {
    expect(checkSetting('mqtt.prefetch', 10, [])?.hint).toMatch(/rabbitmq_mqtt/)
    expect(checkSetting('mqtt.prefetch', 10, ['rabbitmq_mqtt'])).toBeNull()
  })
})
