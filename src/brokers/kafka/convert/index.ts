import type { ForeignFormat } from '../../../ports/foreign.ts'
import { julie } from './julie.ts'
import { strimzi } from './strimzi.ts'
import { topicctl } from './topicctl.ts'

/** One line for each format. */
export const formats: readonly ForeignFormat[] = [topicctl, strimzi, julie]
