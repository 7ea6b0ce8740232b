import type { Collector } from './collector.ts'

/** Every collector there is; schedule, permissions, documentation and command line follow from it. */
export const COLLECTORS: readonly Collector[] = []
