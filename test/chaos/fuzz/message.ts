import { constants, zstdCompressSync } from 'node:zlib'
import { blockIdOf, findQueuedSchema, NativeEncoder } from '@polo/core'
import type { Random } from './random.ts'

export type Json = Record<string, unknown>

/**
 * What a message must come to when nothing but this mutation was done to it:
 * `refused` is none of it stored, `not_whole` at least one row not stored, `any` whatever the ingester decides.
 */
export type Fate = 'stored' | 'not_whole' | 'refused' | 'deferred' | 'any'

export interface Mutation<Subject> {
  readonly name: string
  readonly fate: Fate
  /** How often it is chosen beside the others of its list; 1 by default. What is expensive comes less often. */
  readonly weight?: number
  mutate(subject: Subject, random: Random): Subject
}

/** The rows of a message before they are encoded, and the rest of what it is made from. */
export interface Seed {
  readonly schema: 'resource_event/1' | 'collector_run/1' | 'aws_account/1'
  readonly rows: readonly Json[]
}

/** Encoded rows, and how many the envelope shall claim. */
export interface Encoded {
  /** What they were encoded from. */
  readonly seed: Seed
  readonly raw: Buffer
  readonly rows: number
}

/** A block's bytes, and the hash that the envelope shall claim. */
export interface Packed {
  readonly data: Buffer
  readonly blockId: string
  readonly rows: number
}

/** An envelope that may be anything, and who sends it. */
export interface Sealed {
  readonly envelope: Json
  readonly sender: string | undefined
}

export interface Posted {
  readonly body: string
  readonly sender: string | undefined
}

/** What is done at each step on a message's way from rows to a body; nothing where it is undefined. */
export interface Mutations {
  readonly format: 'JSONEachRow' | 'Native'
  readonly rows?: Mutation<Seed> | undefined
  readonly encoded?: Mutation<Encoded> | undefined
  readonly packed?: Mutation<Packed> | undefined
  readonly sealed?: Mutation<Sealed> | undefined
  readonly posted?: Mutation<Posted> | undefined
}

/** A sender whose control records are taken. */
export const CONTROL_SENDER = 'AROACONTROL'
const RUN_ID = '5f2b6c1e-8d2f-4b58-9d06-0a4b3c2d1e0f'
const CREATED_AT = '2026-03-01T10:00:05.000Z'

export function encodeJson(seed: Seed): Encoded {
  const raw = Buffer.from(seed.rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  return { seed, raw, rows: seed.rows.length }
}

export function encodeNative(seed: Seed): Encoded {
  const schema = findQueuedSchema(seed.schema)
  if (!schema) throw new Error(`no schema ${seed.schema}`)
  const encoder = new NativeEncoder(schema)
  for (const row of seed.rows) encoder.append(row)
  return { seed, raw: Buffer.from(encoder.body()), rows: seed.rows.length }
}

function pack({ raw, rows }: Encoded): Packed {
  const data = zstdCompressSync(raw, { params: { [constants.ZSTD_c_compressionLevel]: 1 } })
  return { data, blockId: blockIdOf(data), rows }
}

/** As the publisher does it, with a change at each step. */
export function build(seed: Seed, mutations: Mutations, random: Random): Posted {
  const apply = <Subject>(mutation: Mutation<Subject> | undefined, subject: Subject) =>
    mutation ? mutation.mutate(subject, random) : subject
  const { format } = mutations
  const mutated = apply(mutations.rows, seed)
  const encoded = apply(mutations.encoded, format === 'Native' ? encodeNative(mutated) : encodeJson(mutated))
  const { data, blockId, rows: claimed } = apply(mutations.packed, pack(encoded))
  const envelope = {
    v: 1,
    schema: mutated.schema,
    block_id: blockId,
    rows: claimed,
    format,
    encoding: 'zstd',
    run_id: RUN_ID,
    collector: 'fuzz',
    created_at: CREATED_AT,
    data: data.toString('base64'),
  }
  const sealed = apply(mutations.sealed, { envelope, sender: `${CONTROL_SENDER}:fuzz` })
  const body = escapeForSqs(JSON.stringify(sealed.envelope))
  return apply(mutations.posted, { body, sender: sealed.sender })
}

/** SQS delivers neither these nor, as it runs here, what is outside the BMP; escaped, JSON holds the same. */
function escapeForSqs(json: string): string {
  return json.replace(/[\ud800-\udfff\ufffe\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16)}`)
}
