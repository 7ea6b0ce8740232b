import * as z from 'zod'
import { BLOCK_FORMATS, type Block, type BlockFormat } from './block.ts'
import { EnvelopeError, UnknownEnvelopeError } from './errors.ts'
import { IsoTime } from './event.ts'
import { findQueuedSchema, type QueuedSchema } from './queued-schemas.ts'

/** Why rows are in the dead-letter queue: the first `rows` rows from `row` (counted within this envelope) share it. */
export const RowError = z.strictObject({
  row: z.int().nonnegative(),
  rows: z.int().positive(),
  column: z.string(),
  /** ClickHouse's error code; 0 where Polo itself found the fault. */
  code: z.int(),
  message: z.string(),
})
export type RowError = z.infer<typeof RowError>

/** A list whose first wrong item is the only one told: a message has room for half a million wrong items. */
function listOf<Item>(schema: z.ZodType<Item>) {
  return z.custom<Item[]>(
    (input) => Array.isArray(input) && input.every((item) => schema.safeParse(item).success),
    'expected a list, each item of it right',
  )
}

/** Where the rows of a dead letter stood in the block that the collector published. */
export const RootRows = z.strictObject({
  block_id: z.string(),
  /** Rows of the whole root block. */
  rows: z.int().positive(),
  /** For each row of this envelope, its index in the root block. */
  indices: listOf(z.int().nonnegative()),
})
export type RootRows = z.infer<typeof RootRows>

/**
 * The JSON body of an SQS message that carries one block.
 * The last three fields are a dead letter's; with them it can still be sent back as it is.
 */
export const Envelope = z.strictObject({
  v: z.literal(1),
  schema: z.string(),
  /** SHA-256 of the bytes that `data` encodes, in hex. */
  block_id: z.string().regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in lower-case hex'),
  rows: z.int().positive(),
  format: z.enum(BLOCK_FORMATS),
  encoding: z.literal('zstd'),
  run_id: z.uuid(),
  collector: z.string().min(1),
  /** When the root block was frozen. */
  created_at: IsoTime,
  /** Base64. */
  data: z.string().min(1),
  parent_block_id: z.string().optional(),
  root: RootRows.optional(),
  errors: listOf(RowError).optional(),
})
export type Envelope = z.infer<typeof Envelope>

/** What the publisher knows of a block besides its bytes. */
export type EnvelopeHead = Pick<Envelope, 'schema' | 'run_id' | 'collector' | 'created_at'> &
  Partial<Pick<Envelope, 'parent_block_id' | 'root' | 'errors'>>

/** An envelope without its data, whose text is larger than all the rest. */
export type EnvelopeFields = Omit<Envelope, 'data'>

/** An envelope whose schema this release knows, with its block still unchecked. */
export interface ParsedEnvelope {
  readonly envelope: EnvelopeFields
  readonly schema: QueuedSchema
  readonly block: Block
}

/** The body of the message that carries the block. */
export function formatEnvelope(head: EnvelopeHead, block: Block): string {
  const { schema, run_id, collector, created_at, ...deadLetter } = head
  return JSON.stringify({
    v: 1,
    schema,
    block_id: block.blockId,
    rows: block.rows,
    format: block.format,
    encoding: 'zstd',
    run_id,
    collector,
    created_at,
    ...deadLetter,
    data: block.data.toString('base64'),
  } satisfies Envelope)
}

const MAX_REASON_LENGTH = 500
/** Long enough for any name that a release will ever know, and short enough to log. */
const Name = z.string().max(100)
const Version = z.looseObject({ v: z.int().positive() })
const Codec = z.looseObject({ schema: Name, format: Name, encoding: Name })

/**
 * @throws EnvelopeError when the body is not an envelope
 * @throws UnknownEnvelopeError when a later release may know its version, schema, format or encoding
 */
export function parseEnvelope(body: string): ParsedEnvelope {
  const json = parseJson(body)
  const { v } = check(Version, json)
  if (v !== 1) throw new UnknownEnvelopeError(`this release does not know envelope version ${v}`)
  const { schema: name, format, encoding } = check(Codec, json)
  const schema = findQueuedSchema(name)
  if (!schema || !isBlockFormat(format) || encoding !== 'zstd') {
    throw new UnknownEnvelopeError(
      `this release does not know schema '${name}', format '${format}', encoding '${encoding}'`,
    )
  }
  const { data, ...envelope } = check(Envelope, json)
  const { rows, root } = envelope
  if (root && (root.indices.length !== rows || root.indices.some((index) => index >= root.rows))) {
    throw new EnvelopeError(`not an envelope: root does not say where each of its ${rows} rows stood`)
  }
  const block = { blockId: envelope.block_id, rows, format, data: Buffer.from(data, 'base64') }
  return { envelope, schema, block }
}

function isBlockFormat(name: string): name is BlockFormat {
  return BLOCK_FORMATS.some((format) => format === name)
}

function check<Output>(schema: z.ZodType<Output>, json: unknown): Output {
  const result = schema.safeParse(json)
  if (result.success) return result.data
  const reason = z.prettifyError(result.error).slice(0, MAX_REASON_LENGTH)
  throw new EnvelopeError(`not an envelope: ${reason}`)
}

/** Without the cause: a SyntaxError quotes the body. */
function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    throw new EnvelopeError('not an envelope: the body is not JSON')
  }
}
