import type { Block, QueuedSchema } from '@polo/core'
import { OutageError } from './errors.ts'
import { type InsertContext, insertBlock } from './insert.ts'
import { targetOf } from './targets.ts'

/**
 * Tells a block's fault from the table's: a block that is known to be good is inserted again.
 * Its token is known too, so it is checked like any other and changes nothing.
 */
export interface Canary {
  /** Remembers a block that was stored. */
  feed(schema: QueuedSchema, block: Block): void
  /** Rows of a block were stored, though not all: the table is not at fault. */
  acquitTable(schema: QueuedSchema): void
  /** Whether the table takes good blocks; undefined while none is known. */
  sings(schema: QueuedSchema, context: InsertContext): Promise<boolean | undefined>
  /**
   * Remembers a block that was refused whole, and counts how many different ones were, one after the other and with the
   * same code, since a good one: while none is known, that is all there is to go by.
   */
  countRefused(schema: QueuedSchema, block: Block, code: number): number
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
  const refused = new Map<string, { code: number; blockIds: Set<string> }>()
  const failed = new Set<string>()
  return {
    feed(schema, block) {
      good.set(schema.name, block)
      refused.delete(schema.name)
      failed.clear()
    },
    countFailed({ blockId }) {
      return failed.add(blockId).size
    },
    convict({ blockId }) {
      failed.delete(blockId)
    },
    acquitTable(schema) {
      refused.delete(schema.name)
    },
    countRefused(schema, block, code) {
      const before = refused.get(schema.name)
      const streak = before?.code === code ? before : { code, blockIds: new Set<string>() }
      refused.set(schema.name, streak)
      return streak.blockIds.add(block.blockId).size
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
