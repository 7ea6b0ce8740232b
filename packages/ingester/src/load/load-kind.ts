import type { ClickHouseSettings } from '@clickhouse/client'
import type { BulkLoad } from '@polo/core'
import type { BulkFiles } from './bulk-files.ts'

/** What one load brought in. */
export interface LoadedPart {
  readonly files: number
  readonly rows: number
  /** Decimal sums by what they are of, such as `unblended_cost`. */
  readonly sums?: Readonly<Record<string, string>>
  /** What else is worth knowing, such as the period. */
  readonly details?: Readonly<Record<string, string>>
}

/** How one kind of bulk data is brought into the database, by the database. */
export interface LoadKind {
  readonly kind: BulkLoad['kind']
  /** How many requests one call of `load` may be given; they are of one source and place. */
  readonly batchSize: number
  /**
   * Brings them in, all visible at once or none, and returns a part for each in their order. It must be safe to repeat: a
   * loader may be killed right after it. Whatever it throws fails the attempt; a batch is then tried again in halves,
   * so that only what is at fault fails.
   * @throws LoadError, `isFinal` where another try would end the same way
   */
  load(loads: readonly BulkLoad[], context: LoadContext): Promise<readonly LoadedPart[]>
}

/** One statement: values go into `params`, never into its text. */
export interface StatementOptions {
  readonly params?: Readonly<Record<string, unknown>>
  readonly settings?: ClickHouseSettings
}

/** What a staging table has of its table besides columns, partitions and order. */
export interface StagingOptions {
  /** Parts that are to be moved know when they expire, or they never do in their new place. Expired rows may vanish. */
  readonly expires?: boolean
}

/** What a kind works with during one attempt. */
export interface LoadContext {
  readonly files: BulkFiles
  /** Fires when the loader's time is up. */
  readonly signal: AbortSignal
  /**
   * An empty table with the columns, partitions and order of `table`, which only this attempt knows: the loader drops it
   * when the attempt has ended, and what a killed one left when it is started again. Its rows do not expire unless told so.
   */
  staging(table: string, options?: StagingOptions): Promise<string>
  /** Lets every replica know what was inserted into a staging table; before REPLACE PARTITION. */
  synced(table: string): Promise<void>
  run(query: string, options?: StatementOptions): Promise<void>
  select<Row>(query: string, options?: StatementOptions): Promise<Row[]>
}
