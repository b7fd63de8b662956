import kafka421 from './locks/kafka-4.2.1.json' with { type: 'json' }
import kafka431 from './locks/kafka-4.3.1.json' with { type: 'json' }
import nats from './locks/nats.json' with { type: 'json' }
import rabbitmq from './locks/rabbitmq.json' with { type: 'json' }
import { RuntimeError } from './errors.ts'
import type { Software } from './types.ts'

export type KafkaLock = typeof kafka431
export type RabbitmqLock = (typeof rabbitmq.versions)[number]

export const KAFKA: readonly KafkaLock[] = [kafka431, kafka421]
export const NATS = nats.versions
export const RABBITMQ: readonly RabbitmqLock[] = rabbitmq.versions

const LOCKS = { kafka: KAFKA, nats: NATS, rabbitmq: RABBITMQ }

const parts = (version: string): number[] => version.split('.').map(Number)

/** As Array.sort wants it: the newest first. */
export function newestFirst(a: string, b: string): number {
  const [x, y] = [parts(a), parts(b)]
  for (let i = 0; i < Math.max(x.length, y.length); i++) if (x[i] !== y[i]) return (y[i] ?? 0) - (x[i] ?? 0)
  return 0
}

/** Whether `version` is what was wished for: '4.3' is fulfilled by any 4.3.x, '4.3.1' by itself, '' by any. */
export const fits = (version: string, wish: string): boolean =>
  wish === '' || version === wish || version.startsWith(`${wish}.`)

export const pinned = (software: Software): readonly string[] => LOCKS[software].map((l) => l.version).sort(newestFirst)

/** The newest pinned version that fits; undefined: none is pinned. */
export const resolve = (software: Software, wish: string): string | undefined =>
  pinned(software).find((version) => fits(version, wish))

export const isVersion = (text: string): boolean => /^\d+(\.\d+){0,2}$/.test(text)

export const unknownVersion = (software: Software, wish: string, tried?: string): RuntimeError =>
  new RuntimeError({
    code: 'MQOPS_RUNTIME_VERSION',
    summary: `${software} ${wish} is not available`,
    ...(tried === undefined ? {} : { detail: tried }),
    hint: `Ask for one of ${pinned(software).join(', ')}`,
  })
