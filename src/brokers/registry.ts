import type { Broker } from '../ports/broker.ts'
import { kafka } from './kafka/index.ts'
import { nats } from './nats/index.ts'
import { rabbitmq } from './rabbitmq/index.ts'

/** One line for each broker. */
export const brokers: readonly Broker[] = [kafka, nats, rabbitmq]
