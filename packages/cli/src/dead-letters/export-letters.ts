import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { finished } from 'node:stream/promises'
import { UsageError } from '../errors.ts'
import { describeError } from '../output/describe-error.ts'
import { printableJson } from '../output/printable.ts'
import { type DeadLetterSummary, summarize } from './dead-letters.ts'
import { type DecodedBody, decodeDeadLetter, readFields } from './decode-dead-letter.ts'
import type { LetterFilter } from './letter-filter.ts'
import { type PeekedMessage, peekMessages } from './peek-messages.ts'
import { createSelection, type Selection } from './selection.ts'
import type { DeadLetterQueue } from './with-dead-letter-queue.ts'

export interface ExportOptions {
  readonly filter: LetterFilter
  /** One line for each row instead of each letter. */
  readonly isRows: boolean
}

/** Where the lines of an export go. */
export interface LineSink {
  write(line: string): Promise<void>
  close(): Promise<void>
}

export interface ExportReport {
  readonly letters: number
  readonly lines: number
  /** Letters without a row that could be read. */
  readonly without_rows: number
  readonly hidden: number
  readonly missing_ids: readonly string[]
}

/** Writes the letters that are meant as NDJSON; all of them stay in the queue. */
export async function exportLetters(
  queue: DeadLetterQueue,
  { filter, isRows, sink }: ExportOptions & { sink: LineSink },
): Promise<{ report: ExportReport; selection: Selection }> {
  const selection = createSelection(filter)
  let lines = 0
  let withoutRows = 0
  const hidden = await peekMessages(queue, async (message) => {
    const summary = summarize(message)
    if (!selection.takes(summary)) return false
    const values = isRows ? await rowsOf(message, summary) : [letterOf(message, summary)]
    if (values.length === 0) withoutRows++
    for (const value of values) await sink.write(`${printableJson(value)}\n`)
    lines += values.length
    queue.output.progress(`exported: ${selection.matched} dead letters`)
    return false
  })
  const { matched } = selection
  const report = {
    letters: matched,
    lines,
    without_rows: withoutRows,
    hidden,
    missing_ids: selection.missingIds(),
  }
  return { report, selection }
}

/** All that it takes to send the message again. */
function letterOf({ body, attributes, sourceQueueArn }: PeekedMessage, summary: DeadLetterSummary) {
  return { ...summary, source_queue_arn: sourceQueueArn ?? null, attributes, body }
}

async function rowsOf(
  { body }: PeekedMessage,
  { message_id, reason, schema, collector, sent_at }: DeadLetterSummary,
) {
  const { rows, fields } = await decodeDeadLetter(body)
  const place = placeOf(fields)
  return rows.map(({ index, rootIndex = index, line, faults }) => ({
    message_id,
    reason,
    schema,
    collector,
    sent_at,
    ...place,
    root_row: rootIndex,
    errors: faults,
    values: readFields(line) ?? null,
    line,
  }))
}

function placeOf(fields: DecodedBody['fields']) {
  const { block_id = null, root, run_id = null } = fields ?? {}
  const isPlace = typeof root === 'object' && root !== null && 'block_id' in root
  return { run_id, block_id, root_block_id: isPlace ? root.block_id : block_id }
}

/**
 * A new file that only its owner reads.
 * @throws UsageError where there is a file already, or none can be made
 */
export async function openLineFile(name: string): Promise<LineSink> {
  const file = await open(name, 'wx', 0o600).catch((cause: unknown) => {
    throw new UsageError(`--out: ${describeError(cause)}`, { cause })
  })
  // Flushed, since a purge may follow.
  const stream = file.createWriteStream({ flush: true })
  return {
    ...lineStream(stream),
    async close() {
      stream.end()
      await finished(stream)
    },
  }
}

/** Lines to a stream, no faster than it takes them. */
export function lineStream(stream: NodeJS.WritableStream): LineSink {
  return {
    async write(line) {
      if (!stream.write(line)) await once(stream, 'drain')
    },
    async close() {},
  }
}
