export { jsonSchema } from './json-schema.ts'
export { type LoadedSpec, type LoadOptions, loadSpec } from './load.ts'
export { starter } from './starter.ts'
export type { SpecFile } from './text.ts'
