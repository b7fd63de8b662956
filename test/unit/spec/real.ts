import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { brokers } from '../../../src/brokers/registry.ts'
import type { TargetFactory } from '../../../src/ports/target.ts'
import { loadSpec, type SpecFile } from '../../../src/spec/index.ts'
import { externalTarget } from '../../../src/targets/external/index.ts'
import { localFields } from '../../../src/targets/local/options.ts'

/** The brokers and targets that users have; of `local` only what a spec says of it. */
export const realBrokers = brokers
export const realTargets: readonly TargetFactory[] = [
  { name: 'local', fields: localFields, members: true, create: () => null as never },
  externalTarget,
]

export const loadReal = (text: string | readonly SpecFile[], env = {}) =>
  loadSpec(
    typeof text === 'string' ? [{ name: 'mqops.yaml', folder: '/work', bytes: new TextEncoder().encode(text) }] : text,
    {
      brokers: realBrokers,
      targets: realTargets,
      env,
    },
  )

const folder = join(import.meta.dirname, '../../../examples')

/** [file name, text] of each example. */
export const examples = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => [name, readFileSync(join(folder, name), 'utf8')] as const)
