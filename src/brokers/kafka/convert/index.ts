import type { ForeignFormat } from '../../../ports/foreign.ts'

/** One line for each format. */
export const formats: readonly ForeignFormat[] = []
