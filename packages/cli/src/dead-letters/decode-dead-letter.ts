import { createZstdDecompress } from 'node:zlib'
import {
  BlockError,
  type BlockFormat,
  type BlockRows,
  Envelope,
  EnvelopeError,
  findQueuedSchema,
  MAX_DECOMPRESSED_BYTES,
  MAX_FRAMES,
  openBlock,
  parseEnvelope,
  RootRows,
  RowError,
  readBlockRows,
  UnknownEnvelopeError,
} from '@polo/core'
import { z } from 'zod'

export type RowFault = Pick<RowError, 'column' | 'code' | 'message'>

/** A row as it stands in a dead letter. */
export interface DeadLetterRow {
  /** Index in this message. */
  readonly index: number
  /** Index in the block that the collector published, where the envelope tells. */
  readonly rootIndex: number | undefined
  readonly line: string
  readonly faults: readonly RowFault[]
}

/** Whatever a dead letter's body lets itself be read as. */
export interface DecodedBody {
  /** The fields of the body, `data` aside, whether or not they make an envelope; undefined when it is no JSON object. */
  readonly fields: Readonly<Record<string, unknown>> | undefined
  /** What keeps the body from being an envelope, or its data from being its block. */
  readonly problems: readonly string[]
  readonly rows: readonly DeadLetterRow[]
}

const Fields = z.record(z.string(), z.unknown())
const Errors = z.array(RowError)
const BlockFields = Envelope.pick({ schema: true, block_id: true, rows: true, format: true })
  .partial()
  .strip()

/** The fields of a body that is a JSON object. */
export function readFields(body: string): Record<string, unknown> | undefined {
  try {
    return Fields.safeParse(JSON.parse(body)).data
  } catch {
    return undefined
  }
}

/** Reads as much of a body as can be read; it never throws for what the body is. */
export async function decodeDeadLetter(body: string): Promise<DecodedBody> {
  const json = readFields(body)
  const problem = findEnvelopeProblem(body)
  const problems = problem ? [problem] : []
  if (!json) return { fields: undefined, problems, rows: [] }
  const { data, ...fields } = json
  if (typeof data !== 'string') return { fields, problems, rows: [] }
  const block = await decodeData(data, json)
  return { fields, problems: [...problems, ...block.problems], rows: toRows(block.rows, fields) }
}

function findEnvelopeProblem(body: string): string | undefined {
  try {
    parseEnvelope(body)
    return undefined
  } catch (error) {
    if (error instanceof EnvelopeError || error instanceof UnknownEnvelopeError) return error.message
    throw error
  }
}

async function decodeData(
  data: string,
  json: Record<string, unknown>,
): Promise<{ rows: BlockRows; problems: string[] }> {
  const bytes = Buffer.from(data, 'base64')
  const {
    schema = '',
    block_id: blockId = '',
    rows = 0,
    format = 'JSONEachRow',
  } = BlockFields.safeParse(json).data ?? {}
  try {
    const raw = await openBlock({ blockId, rows, format, data: bytes }, findQueuedSchema(schema))
    return { rows: readBlockRows(raw, format), problems: [] }
  } catch (error) {
    if (!(error instanceof BlockError)) throw error
    return {
      rows: readWhatCanBeRead(await salvage(bytes), format),
      problems: [`${error.fault}: ${error.message}`],
    }
  }
}

/** Rows of Native data are only there together. */
function readWhatCanBeRead(raw: Buffer, format: BlockFormat): BlockRows {
  try {
    return readBlockRows(raw, format)
  } catch (error) {
    if (!(error instanceof BlockError)) throw error
    return readBlockRows(Buffer.alloc(0), format)
  }
}

/** What decompresses before the fault, whatever hash and count say. */
async function salvage(data: Buffer): Promise<Buffer> {
  const chunks: Buffer[] = []
  let room = MAX_DECOMPRESSED_BYTES
  let offset = 0
  try {
    for (let frames = 0; frames < MAX_FRAMES && offset < data.length && room > 0; frames++) {
      const decoder = createZstdDecompress()
      decoder.end(data.subarray(offset))
      for await (const chunk of decoder) {
        chunks.push(chunk)
        room -= chunk.length
        if (room <= 0) break
      }
      offset += decoder.bytesWritten
    }
  } catch {
    // The caller has told what is wrong; here counts what came before.
  }
  return Buffer.concat(chunks)
}

function toRows(rows: BlockRows, fields: Record<string, unknown>): DeadLetterRow[] {
  const indices = RootRows.safeParse(fields.root).data?.indices
  const faults = spreadErrors(Errors.safeParse(fields.errors).data ?? [], rows.length)
  return Array.from({ length: rows.length }, (_, index) => ({
    index,
    rootIndex: indices?.[index],
    line: rows.json(index),
    faults: faults.get(index) ?? [],
  }))
}

function spreadErrors(errors: readonly RowError[], count: number): Map<number, RowFault[]> {
  const faults = new Map<number, RowFault[]>()
  for (const { row, rows, ...fault } of errors) {
    for (let index = row; index < Math.min(row + rows, count); index++) {
      faults.set(index, [...(faults.get(index) ?? []), fault])
    }
  }
  return faults
}
