import { QUEUED_SCHEMAS, type TableSchemaName } from '@polo/core'
import type { PublishError } from '../errors.ts'
import type { BlockSink } from './block-sink.ts'
import { createPublisher, type PublishedBlock } from './publisher.ts'
import { checkRowSize, createRowPublisher, type RowPublisher } from './row-publisher.ts'

/** Packs rows for other tables than the events' into blocks, each schema's apart. */
export interface TablePublishers {
  /**
   * @throws EventTooLargeError for a row that no block can hold; it is not published
   * @throws PublishError as soon as one block was not taken
   */
  publish(schema: TableSchemaName, row: object): Promise<void>
  /** Sends what is left, and names the blocks that are safe; `error` when any was not taken. */
  finish(): Promise<{ readonly blocks: readonly PublishedBlock[]; readonly error: PublishError | undefined }>
}

export interface TablePublishersOptions {
  readonly sink: BlockSink
  readonly runId: string
  readonly collector: string
  /** Told as soon as a block was not taken. */
  readonly onFailure: () => void
}

export function createTablePublishers(options: TablePublishersOptions): TablePublishers {
  const publishers = new Map<TableSchemaName, RowPublisher>()
  const publisherOf = (schema: TableSchemaName): RowPublisher => {
    const known = publishers.get(schema)
    if (known) return known
    const made = createTablePublisher(schema, options)
    publishers.set(schema, made)
    return made
  }
  return {
    publish: (schema, row) => publisherOf(schema).publish(row),
    async finish() {
      const ends = await Promise.all([...publishers.values()].map((publisher) => publisher.finish()))
      return {
        blocks: ends.flatMap(({ blocks }) => blocks),
        error: ends.find(({ error }) => error !== undefined)?.error,
      }
    },
  }
}

/** Control schemas have few rows, as JSON, which a release with fewer or more columns can read. */
function createTablePublisher(schema: TableSchemaName, options: TablePublishersOptions): RowPublisher {
  if (QUEUED_SCHEMAS[schema].control) return createRowPublisher({ ...options, schema })
  const publisher = createPublisher({
    ...options,
    schema,
    onTooLarge: (error) => {
      throw error
    },
  })
  return {
    finish: () => publisher.finish(),
    async publish(row) {
      checkRowSize(row)
      await publisher.publish({ ...row })
    },
  }
}
