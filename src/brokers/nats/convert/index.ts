import type { ForeignFormat } from '../../../ports/foreign.ts'
import { jetstream } from './jetstream.ts'

/** One line for each format. */
export const formats: readonly ForeignFormat[] = [jetstream]
