import type { Block, QueuedSchema } from '@polo/core'
import { OutageError } from '../errors.ts'
import { type InsertContext, insertBlock } from './insert.ts'
import type { RowFault } from './row-check.ts'
import { targetOf } from './targets.ts'

/**
 * Tells a block's fault from the table's: a block that is known to be good is inserted again.
 * Its token is known too, so it is checked like any other and changes nothing.
 */
export interface Canary {
  /** Remembers a block that was stored. */
  feed(schema: QueuedSchema, block: Block): void
  /** Whether any block was stored since then, in milliseconds since the epoch. */
  storedSince(time: number): boolean
  /** Rows of a block were stored, though not all: the table is not at fault. */
  acquitTable(schema: QueuedSchema): void
  /** Whether the table takes good blocks; undefined while none is known. */
  sings(schema: QueuedSchema, context: InsertContext): Promise<boolean | undefined>
  /**
   * Remembers a block that was refused whole for no reason that this release knows, and counts how many different ones
   * were, for the same fault, since a block of the schema was stored.
   */
  countRefused(schema: QueuedSchema, block: Block, fault: RowFault): number
  /**
   * Remembers a block that ClickHouse failed on, and counts how many different ones it was since the last that was
   * stored: more than one is not alone.
   */
  countFailed(block: Block): number
  /** Forgets a block that was found to be at fault. */
  convict(block: Block): void
}

export function createCanary(): Canary {
  const good = new Map<string, Block>()
  const refused = new Map<string, { fault: string; blockIds: Set<string> }>()
  const failed = new Set<string>()
  let lastStoredAt = Number.NEGATIVE_INFINITY
  return {
    feed(schema, block) {
      good.set(schema.name, block)
      refused.delete(schema.name)
      failed.clear()
      lastStoredAt = Date.now()
    },
    storedSince: (time) => lastStoredAt >= time,
    countFailed({ blockId }) {
      return failed.add(blockId).size
    },
    convict({ blockId }) {
      failed.delete(blockId)
    },
    acquitTable(schema) {
      refused.delete(schema.name)
    },
    countRefused(schema, { blockId }, { column, code, message }) {
      const fault = JSON.stringify([column, code, message])
      const before = refused.get(schema.name)
      const streak = before?.fault === fault ? before : { fault, blockIds: new Set<string>() }
      refused.set(schema.name, streak)
      return streak.blockIds.add(blockId).size
    },
    async sings(schema, context) {
      const block = good.get(schema.name)
      if (!block) return undefined
      try {
        return (await insertBlock(block, targetOf(schema), context)) === null
      } catch (error) {
        if (error instanceof OutageError) return false
        throw error
      }
    },
  }
}
