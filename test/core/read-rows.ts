import { openBlock, parseEnvelope, type QueuedSchemaName, readBlockRows } from '@polo/core'

/** The rows of a schema in message bodies, as JSON holds them, whatever the blocks' format. */
export async function readRows(
  bodies: readonly string[],
  schema: QueuedSchemaName = 'resource_event/1',
): Promise<unknown[]> {
  const parsed = bodies.map(parseEnvelope).filter(({ envelope }) => envelope.schema === schema)
  const blocks = await Promise.all(
    parsed.map(async ({ block, schema }) => readBlockRows(await openBlock(block, schema), block.format)),
  )
  return blocks.flatMap((rows) =>
    Array.from({ length: rows.length }, (_, index): unknown => JSON.parse(rows.json(index))),
  )
}
