import type { Message } from '@aws-sdk/client-sqs'
import type { EnvelopeFields } from '@polo/core'
import { CLICKHOUSE_CODES } from '@polo/ingester'
import { compareSets, type Finding } from './finding.ts'
import type { Garbage, Row } from './poison.ts'
import { type PromisedBlock, rowKey } from './promise.ts'
import { bodyOf, rowsOfBody } from './workload.ts'

/** A dead letter that holds rows. */
export interface RowLetter {
  readonly envelope: EnvelopeFields
  readonly rows: readonly Row[]
  readonly reason: string
}

/** Tells the dead letters with rows from the messages that are dead as they came. */
export async function readLetters(messages: readonly Message[], garbage: readonly Garbage[]) {
  const garbageBodies = new Set(garbage.map(({ body }) => body))
  const [asTheyCame, withRows] = partition(messages, ({ Body = '' }) => garbageBodies.has(Body))
  const letters = await Promise.all(
    withRows.map(async ({ Body = '', MessageAttributes: about }) => ({
      ...(await rowsOfBody(Body)),
      reason: about?.reason?.StringValue ?? '',
    })),
  )
  return { asTheyCame, letters }
}

/** Every garbage message is there with its reason. */
export function verifyGarbage(asTheyCame: readonly Message[], garbage: readonly Garbage[]): Finding[] {
  const name = (body: string, reason: string) => `${reason} ${body}`
  return compareSets(
    'garbage messages in the DLQ',
    new Set(garbage.map(({ body, reason }) => name(body, reason))),
    new Set(
      asTheyCame.map(({ Body = '', MessageAttributes: about }) =>
        name(Body, about?.reason?.StringValue ?? ''),
      ),
    ),
  )
}

/** Every poison row is there, each with why, and nothing else is. */
export function verifyLetters(letters: readonly RowLetter[], poison: ReadonlySet<string>): Finding[] {
  return [
    ...compareSets('poison rows in the DLQ', poison, new Set(letters.flatMap(keysOf))),
    {
      check: 'dead letters with another reason than rejected_rows',
      expected: 0,
      found: letters.filter(({ reason }) => reason !== 'rejected_rows').length,
    },
    {
      check: 'dead rows without a code that says poison',
      expected: 0,
      found: letters.flatMap((letter) => letter.rows.filter((_, index) => !hasError(letter, index))).length,
    },
  ]
}

/** The bodies with the rows that `mended` knows put right, the others as they are. */
export async function mendLetters(
  letters: readonly RowLetter[],
  mended: ReadonlyMap<string, Row>,
): Promise<string[]> {
  const bodies = letters.map(async (letter) => {
    const keys = keysOf(letter)
    const rows = letter.rows.map((row, index) => mended.get(keys[index] ?? '') ?? row)
    const { run_id, created_at, block_id, root } = letter.envelope
    return await bodyOf(rows, { run_id, created_at, parent_block_id: block_id, root })
  })
  return [...new Set(await Promise.all(bodies))]
}

/** Which poison the operator mends: some of it stays dead. */
export function poisonToMend(
  blocks: readonly PromisedBlock[],
  chance: () => boolean,
): ReadonlyMap<string, Row> {
  return new Map(
    blocks.flatMap(({ blockId, poison }) =>
      [...poison].filter(() => chance()).map(([index, row]): [string, Row] => [rowKey(blockId, index), row]),
    ),
  )
}

function keysOf({ envelope: { root, block_id }, rows }: RowLetter): string[] {
  return rows.map((_, index) =>
    root ? rowKey(root.block_id, root.indices[index] ?? -1) : rowKey(block_id, index),
  )
}

function hasError({ envelope: { errors = [] } }: RowLetter, index: number): boolean {
  return errors.some(
    ({ row, rows, code }) => row <= index && index < row + rows && CLICKHOUSE_CODES.poison.includes(code),
  )
}

function partition<Item>(items: readonly Item[], isFirst: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))]
}
