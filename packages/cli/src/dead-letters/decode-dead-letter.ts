import { createZstdDecompress } from 'node:zlib'
import {
  BlockError,
  Envelope,
  EnvelopeError,
  MAX_DECOMPRESSED_BYTES,
  MAX_FRAMES,
  openBlock,
  parseEnvelope,
  RootRows,
  RowError,
  splitRows,
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
  return { fields, problems: [...problems, ...block.problems], rows: toRows(block.raw, fields) }
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
): Promise<{ raw: Buffer; problems: string[] }> {
  const bytes = Buffer.from(data, 'base64')
  const { block_id: blockId = '', rows = 0 } =
    Envelope.pick({ block_id: true, rows: true }).partial().strip().safeParse(json).data ?? {}
  try {
    return {
      raw: await openBlock({ blockId, rows, format: 'JSONEachRow', data: bytes }),
      problems: [],
    }
  } catch (error) {
    if (!(error instanceof BlockError)) throw error
    return { raw: await salvage(bytes), problems: [`${error.fault}: ${error.message}`] }
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

function toRows(raw: Buffer, fields: Record<string, unknown>): DeadLetterRow[] {
  const indices = RootRows.safeParse(fields.root).data?.indices
  const lines = [...splitRows(raw)]
  const faults = spreadErrors(Errors.safeParse(fields.errors).data ?? [], lines.length)
  return lines.map((line, index) => ({
    index,
    rootIndex: indices?.[index],
    line: line.toString(),
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
