import { z } from 'zod'
import { MqopsError } from '../../model/failure.ts'
import type { Json } from '../../model/json.ts'

/** Ports from 32768 on belong to outgoing connections on Linux: one of them once blocked a start. */
const HIGHEST_PORT = 32_767
const LOWEST_PORT = 1024

const portRange = z.string().refine((text) => parseRange(text) !== null, {
  message: `write FROM-TO, both from ${LOWEST_PORT} to ${HIGHEST_PORT}, as in 20000-29999`,
})

/** `target: { local: { … } }` */
export const localFields = {
  folder: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Folder that the cluster gets its own folder in; relative to the spec. Default: .mqops-local in the current folder',
    ),
  portRange: portRange
    .optional()
    .describe('Ports to choose from, as FROM-TO. Default: 20000-29999')
    .meta({ examples: ['21000-21999'] }),
  software: z
    .enum(['cache', 'path'])
    .optional()
    .describe(
      'path: an installation on PATH (for Kafka also KAFKA_HOME) is used when its version fits, else the pinned one; cache: only the pinned one. Default: cache',
    ),
}

export type LocalOptions = {
  readonly folder: string | null
  readonly ports: readonly [number, number]
  readonly allowPath: boolean
}

export function readOptions(options: Json): LocalOptions {
  const read = z.strictObject(localFields).safeParse(options ?? {})
  if (!read.success)
    throw new MqopsError({ code: 'MQOPS_SPEC_TARGET', summary: `target.local: ${z.prettifyError(read.error)}` })
  const { folder, portRange: range, software } = read.data
  return {
    folder: folder ?? null,
    ports: parseRange(range ?? '20000-29999') as readonly [number, number],
    allowPath: software === 'path',
  }
}

function parseRange(text: string): readonly [number, number] | null {
  const [, from, to] = /^(\d{4,5})-(\d{4,5})$/.exec(text) ?? []
  const range = [Number(from), Number(to)] as const
  return range[0] >= LOWEST_PORT && range[0] <= range[1] && range[1] <= HIGHEST_PORT ? range : null
}
