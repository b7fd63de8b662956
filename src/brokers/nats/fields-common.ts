import { z } from 'zod'

/** What streams, consumers and buckets have in common. */

export const metadata = z
  .record(z.string().min(1), z.string())
  .optional()
  .describe('Free labels, kept by the server')
  .meta({ examples: [{ team: 'billing' }] })
export const replicas = z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4), z.literal(5)])
export const storage = z.enum(['file', 'memory'])
export const compression = z.enum(['none', 's2']).optional().describe('Compression on disk; none unless said')
export const placement = z
  .strictObject({
    cluster: z.string().optional().describe('Name of the cluster, in a super-cluster'),
    tags: z
      .array(z.string())
      .optional()
      .describe('Only on servers with all of these tags')
      .meta({ examples: [['ssd']] }),
  })
  .optional()
  .describe('Servers that may keep it')

export type Deep<T> = T extends readonly (infer U)[]
  ? readonly Deep<U>[]
  : T extends object
    ? { readonly [K in keyof T]: Deep<T[K]> }
    : T
