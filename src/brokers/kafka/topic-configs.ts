import type { Connection } from '@platformatic/kafka'
import { library } from './library.ts'
import { RESOURCE, SOURCE } from './protocol.ts'

/** What was set on one topic itself; nothing of what it has from its broker. */
export type TopicConfigs = {
  readonly name: string
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly configs: readonly { readonly name: string; readonly value: string | null }[]
}

type Library = ReturnType<typeof library>
type Reader = Parameters<Library['describeConfigsV4']['parseResponse']>[3]
type Describe = (connection: Connection, names: readonly string[]) => Promise<readonly TopicConfigs[]>
let made: Describe | null = null

/**
 * DescribeConfigs v4 (https://kafka.apache.org/protocol#The_Messages_DescribeConfigs) of topics. Brokers tell some forty
 * settings of each, most of them inherited: those are passed over without becoming objects.
 */
export const describeTopicConfigs: Describe = (connection, names) => {
  if (!made) {
    const { createAPI, describeConfigsV4 } = library()
    const resources = (asked: readonly string[]) =>
      describeConfigsV4.createRequest(
        asked.map((name) => ({ resourceType: RESOURCE.topic, resourceName: name })),
        false,
        false,
      )
    made = createAPI<[readonly string[]], readonly TopicConfigs[]>(32, 4, resources, (_id, _key, _version, reader) =>
      parseTopicConfigs(bytesOf(reader)),
    ).async
  }
  return made(connection, names)
}

/** In one piece: the library's own reader looks for its place among the pieces at each byte. */
const bytesOf = (reader: Reader): Buffer => reader.buffer.slice(reader.position)

/** Errors of single topics stand in the results. Throws RangeError when the answer ends too early. */
export function parseTopicConfigs(bytes: Buffer): readonly TopicConfigs[] {
  const at = new Cursor(bytes)
  at.skip(4) // throttle_time_ms
  return Array.from({ length: at.length() }, () => {
    const errorCode = at.int16()
    const errorMessage = at.text()
    at.skip(1) // resource_type
    const name = at.text() ?? ''
    const configs: { name: string; value: string | null }[] = []
    for (let left = at.length(); left > 0; left--) readConfig(at, configs)
    at.tags()
    return { name, errorCode, errorMessage, configs }
  })
}

function readConfig(at: Cursor, into: { name: string; value: string | null }[]): void {
  const name = at.place()
  const value = at.place()
  at.skip(1) // read_only
  const source = at.int8()
  at.skip(1) // is_sensitive
  for (let left = at.length(); left > 0; left--) {
    at.place()
    at.place()
    at.skip(1)
    at.tags()
  }
  at.skip(1) // config_type
  at.place() // documentation
  at.tags()
  if (source === SOURCE.topic) into.push({ name: at.textAt(name) ?? '', value: at.textAt(value) })
}

/** Where a text begins, and its length; -1: none. */
type Place = { readonly from: number; readonly length: number }

/** Reads compact types (https://kafka.apache.org/protocol#protocol_types) one after another. */
class Cursor {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  skip(count: number): void {
    this.#at += count
    if (this.#at > this.#bytes.length) throw new RangeError('the answer ends too early')
  }

  int8(): number {
    const value = this.#bytes.readInt8(this.#at)
    this.#at += 1
    return value
  }

  int16(): number {
    const value = this.#bytes.readInt16BE(this.#at)
    this.#at += 2
    return value
  }

  #varint(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes.readUInt8(this.#at)
      this.#at += 1
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }

  /** Of an array; none is no entries. */
  length(): number {
    return Math.max(0, this.#varint() - 1)
  }

  place(): Place {
    const length = this.#varint() - 1
    const from = this.#at
    if (length > 0) this.skip(length)
    return { from, length }
  }

  textAt({ from, length }: Place): string | null {
    return length < 0 ? null : this.#bytes.toString('utf8', from, from + length)
  }

  text(): string | null {
    return this.textAt(this.place())
  }

  /** Of fields that a later version may have. */
  tags(): void {
    for (let left = this.#varint(); left > 0; left--) {
      this.#varint()
      this.skip(this.#varint())
    }
  }
}
