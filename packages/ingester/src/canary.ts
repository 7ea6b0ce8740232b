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
  /** Whether the table takes good blocks; undefined while none is known. */
  sings(schema: QueuedSchema, context: InsertContext): Promise<boolean | undefined>
}

export function createCanary(): Canary {
  const good = new Map<string, Block>()
  return {
    feed(schema, block) {
      good.set(schema.name, block)
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
