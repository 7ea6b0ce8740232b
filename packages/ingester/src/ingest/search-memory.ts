import type { Rejection } from './insert.ts'

/** What ClickHouse said of parts of a block, by their ids: why it refuses one, or null for one that it stored. */
export type Verdicts = Map<string, Rejection | null>

/**
 * Remembers how far the search for a block's bad rows came, so that its next delivery goes on from there. A process that
 * remembers nothing comes to the same end, with more inserts.
 */
export interface SearchMemory {
  of(blockId: string): Verdicts
  /** To be called when a search came to its end. */
  forget(blockId: string): void
}

/** A block that comes back is searched again within minutes; more than some at a time would be an outage. */
const MAX_BLOCKS = 32

export function createSearchMemory(): SearchMemory {
  const blocks = new Map<string, Verdicts>()
  return {
    of(blockId) {
      const verdicts: Verdicts = blocks.get(blockId) ?? new Map()
      blocks.delete(blockId)
      blocks.set(blockId, verdicts)
      for (const oldest of blocks.keys()) {
        if (blocks.size <= MAX_BLOCKS) break
        blocks.delete(oldest)
      }
      return verdicts
    },
    forget(blockId) {
      blocks.delete(blockId)
    },
  }
}
