import { parseConfig } from '@polo/core'
import input from '../polo.config.ts'

/** What `polo.config.ts` says; it is bundled with the functions that need it. */
export const config = parseConfig(input)
