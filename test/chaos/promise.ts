import type { Row } from './poison.ts'
import { rowsOfBody } from './workload.ts'

/** What one block that the queue took promises. */
export interface PromisedBlock {
  readonly blockId: string
  readonly runId: string
  readonly rows: number
  /** The rows that can be stored. */
  readonly good: readonly Row[]
  /** By index in the block, as they would be without their fault. */
  readonly poison: ReadonlyMap<number, Row>
}

/** What the blocks in `bodies` promise; `mended` says which resources' rows are poison. */
export async function readPromises(
  bodies: Iterable<string>,
  mended: ReadonlyMap<string, Row>,
): Promise<PromisedBlock[]> {
  const blocks = await Promise.all([...new Set(bodies)].map((body) => readPromise(body, mended)))
  return [...new Map(blocks.map((block) => [block.blockId, block])).values()]
}

async function readPromise(body: string, mended: ReadonlyMap<string, Row>): Promise<PromisedBlock> {
  const { envelope, rows } = await rowsOfBody(body)
  const poison = new Map<number, Row>()
  for (const [index, { resource_id }] of rows.entries()) {
    const row = mended.get(String(resource_id))
    if (row) poison.set(index, row)
  }
  return {
    blockId: envelope.block_id,
    runId: envelope.run_id,
    rows: rows.length,
    good: rows.filter((_, index) => !poison.has(index)),
    poison,
  }
}

/** Names a row by where it stood in the block that was published. */
export function rowKey(blockId: string, index: number): string {
  return `${blockId}/${index}`
}

/** Every poison row, by `rowKey`. */
export function poisonRows(blocks: readonly PromisedBlock[]): ReadonlyMap<string, Row> {
  return new Map(
    blocks.flatMap(({ blockId, poison }) =>
      [...poison].map(([index, row]): [string, Row] => [rowKey(blockId, index), row]),
    ),
  )
}
