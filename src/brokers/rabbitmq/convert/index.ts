import type { ForeignFormat } from '../../../ports/foreign.ts'
import { definitions } from './definitions.ts'

/** One line for each format. */
export const formats: readonly ForeignFormat[] = [definitions]
