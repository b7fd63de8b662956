import { z } from 'zod'
import type { Dict } from '../../model/json.ts'
import type { FieldNotes, KeyNotes } from '../../ports/broker.ts'
import { printSetting, readUnits, type Scalar, type Setting } from './settings.ts'

const EXAMPLE_UNITS = 'Durations (7d) and sizes (1GiB) are read for *.ms and *.bytes.'

const DOCUMENTATION = 'https://kafka.apache.org/documentation/'
/** For the reference and `mqops explain`. */
export const keysOf = (
  table: Dict<Setting>,
  section: 'brokerconfigs' | 'topicconfigs',
  has: (setting: Setting) => boolean = () => true,
): Dict<KeyNotes> =>
  Object.fromEntries(
    Object.entries(table)
      .filter(([, setting]) => has(setting))
      .map(([name, setting]) => [
        name,
        {
          type: printSetting(setting),
          ...(setting.default === undefined ? {} : { default: setting.default }),
          link: `${DOCUMENTATION}#${section}_${name}`,
        },
      ]),
  )

/** Broker or topic settings in Kafka's own names; units resolved. */
export const settings = (what: string, notes: FieldNotes) =>
  z
    .record(z.string().min(1), z.union([z.string(), z.number(), z.boolean()]))
    .transform((written, issue) => {
      const read: Record<string, Scalar> = {}
      for (const [name, value] of Object.entries(written)) {
        const resolved = typeof value === 'string' ? readUnits(name, value) : value
        if (resolved !== null) read[name] = resolved
        else {
          const wants = name.endsWith('.ms')
            ? 'a duration (30s, 5m, 12h, 7d) or milliseconds'
            : 'a size (64KiB, 1GiB) or bytes'
          issue.addIssue({ code: 'custom', path: [name], message: `"${value}" is not ${wants}` })
        }
      }
      return read
    })
    .describe(`${what} in Kafka's own names. ${EXAMPLE_UNITS}`)
    .meta(notes)
