import type { QueuedSchema } from '@polo/core'
import type { InsertTarget } from './insert.ts'

/** The columns are named, so that a column which a table gained later does not change what a block means. */
export function targetOf(schema: QueuedSchema): InsertTarget {
  return { table: schema.table, columns: schema.columns.map(({ name }) => name) }
}
