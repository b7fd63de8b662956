import { z } from 'zod'
import { parseDuration, parseSize } from '../../model/units.ts'

/** zod fields that every broker's spec uses, so that units and secrets read the same everywhere. */

/** '7d', '1h30m' -> milliseconds. */
export const duration = () =>
  z
    .string()
    .transform((text, issue) => {
      const ms = parseDuration(text)
      if (ms !== null) return ms
      issue.addIssue({ code: 'custom', message: `"${text}" is not a duration: write 500ms, 30s, 5m, 12h or 7d` })
      return z.NEVER
    })
    .meta({ unit: 'duration' })

/** '512MiB', 1048576 -> bytes. */
export const size = () =>
  z
    .union([z.string(), z.number().int().nonnegative()])
    .transform((value, issue) => {
      const bytes = typeof value === 'number' ? value : parseSize(value)
      if (bytes !== null) return bytes
      issue.addIssue({ code: 'custom', message: `"${value}" is not a size: write 512MiB, 1GB or a number of bytes` })
      return z.NEVER
    })
    .meta({ unit: 'size' })

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/
const NO_VARIABLE = { error: 'is no name of an environment variable: letters, digits and _' }

/** A secret is always a reference; its value never stands in a spec. */
export const secretRef = () =>
  z
    .strictObject({
      secretRef: z
        .strictObject({
          env: z.string().regex(VARIABLE, NO_VARIABLE).optional().describe('Name of an environment variable'),
          file: z.string().min(1).optional().describe('Path of a file; relative to the spec'),
        })
        .refine((ref) => Object.keys(ref).length === 1, { message: 'give exactly one of env, file' }),
    })
    .meta({ unit: 'secret' })

/** Scalar settings of a broker, in its own names; numbers and booleans are kept as people wrote them. */
export const settings = () => z.record(z.string().min(1), z.union([z.string(), z.number(), z.boolean()]))
