import {
  type Block,
  EnvelopeError,
  type EnvelopeHead,
  encodeRow,
  formatEnvelope,
  freezeBlock,
  openBlock,
  parseEnvelope,
  QUEUED_SCHEMAS,
  UnknownEnvelopeError,
} from '@polo/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { envelopeHead, thrownBy } from './factories.ts'

const SECRET = 'wJalrXUtnFEMI'
const BLOCK: Block = await freezeBlock([encodeRow({ resource_name: SECRET }), encodeRow({})])
const BODY = formatEnvelope(envelopeHead(), BLOCK)
const JSON_BODY: Record<string, unknown> = JSON.parse(BODY)

function bodyWith(changes: Record<string, unknown>): string {
  return JSON.stringify({ ...JSON_BODY, ...changes })
}

const rowError = fc.record({
  row: fc.nat(),
  rows: fc.integer({ min: 1, max: 1000 }),
  column: fc.string(),
  code: fc.integer(),
  message: fc.string(),
})
const deadLetter = fc.record(
  {
    parent_block_id: fc.constant('a'.repeat(64)),
    root: fc.record({
      block_id: fc.constant('b'.repeat(64)),
      rows: fc.constant(BLOCK.rows + 5),
      indices: fc.array(fc.nat(BLOCK.rows + 4), { minLength: BLOCK.rows, maxLength: BLOCK.rows }),
    }),
    errors: fc.array(rowError),
  },
  { requiredKeys: [] },
)
const head = fc
  .tuple(
    fc.record({
      schema: fc.constantFrom(...Object.keys(QUEUED_SCHEMAS)),
      run_id: fc.uuid(),
      collector: fc.string({ minLength: 1 }),
      created_at: fc
        .date({ min: new Date('2020-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
        .map((date) => date.toISOString()),
    }),
    deadLetter,
  )
  .map(([published, dead]): EnvelopeHead => ({ ...published, ...dead }))

describe('formatEnvelope and parseEnvelope', () => {
  it('give back head and block as they were', () => {
    fc.assert(
      fc.property(head, (given) => {
        const { envelope, schema, block } = parseEnvelope(formatEnvelope(given, BLOCK))
        expect(envelope).toMatchObject(given)
        expect(schema.name).toBe(given.schema)
        expect(block).toEqual(BLOCK)
      }),
    )
  })

  it('carry a block that opens', async () => {
    expect((await openBlock(parseEnvelope(BODY).block)).toString()).toContain(SECRET)
  })
})

describe('formatEnvelope', () => {
  it('writes the fields of the contract', () => {
    expect(JSON_BODY).toEqual({
      v: 1,
      schema: 'resource_event/1',
      block_id: BLOCK.blockId,
      rows: 2,
      format: 'JSONEachRow',
      encoding: 'zstd',
      run_id: '886313e1-3b8a-5372-9b90-0c9aee199e5d',
      collector: 'config_ec2',
      created_at: '2026-03-01T00:15:08.000Z',
      data: BLOCK.data.toString('base64'),
    })
  })
})

describe('parseEnvelope', () => {
  it.each(Object.keys(QUEUED_SCHEMAS))('knows the schema %s', (schema) => {
    expect(parseEnvelope(bodyWith({ schema })).schema.name).toBe(schema)
  })

  it.each([
    ['version', { v: 2 }],
    ['version, though it has other fields', { v: 2, schema: undefined, codec: 'lz4', format: undefined }],
    ['schema', { schema: 'resource_event/2' }],
    ['schema that every object inherits', { schema: 'constructor' }],
    ['format', { format: 'RowBinary' }],
    ['encoding', { encoding: 'lz4' }],
  ])('gives UnknownEnvelopeError for another %s', async (_, changes) => {
    expect(await thrownBy(() => parseEnvelope(bodyWith(changes)))).toBeInstanceOf(UnknownEnvelopeError)
  })

  it.each([
    ['an unknown field', { rowz: 2 }],
    ['no rows', { rows: 0 }],
    ['a fraction of a row', { rows: 1.5 }],
    ['rows as text', { rows: '2' }],
    ['a block id in upper case', { block_id: BLOCK.blockId.toUpperCase() }],
    ['a block id that is too short', { block_id: BLOCK.blockId.slice(1) }],
    ['a run id that is no UUID', { run_id: 'run-1' }],
    ['no collector', { collector: '' }],
    ['a time without a zone', { created_at: '2026-03-01T00:15:08.000' }],
    ['no data', { data: '' }],
    ['data that is not text', { data: [1, 2] }],
    ['version 0', { v: 0 }],
    ['a version as text', { v: '1' }],
    ['a schema name too long to log', { schema: 'x'.repeat(101) }],
    ['root rows that are fewer than its rows', { root: { block_id: 'b', rows: 9, indices: [1] } }],
    ['root rows outside the root block', { root: { block_id: 'b', rows: 9, indices: [8, 9] } }],
  ])('gives EnvelopeError for %s', async (_, changes) => {
    expect(await thrownBy(() => parseEnvelope(bodyWith(changes)))).toBeInstanceOf(EnvelopeError)
  })

  it.each(Object.keys(JSON_BODY))('gives EnvelopeError without %s', async (field) => {
    expect(await thrownBy(() => parseEnvelope(bodyWith({ [field]: undefined })))).toBeInstanceOf(
      EnvelopeError,
    )
  })

  it.each(['', 'null', '[]', '1', '"envelope"', '{}', '{"v":1', BODY.slice(0, -1), `\ufeff${BODY}`])(
    'gives EnvelopeError for the body %.20j',
    async (body) => {
      expect(await thrownBy(() => parseEnvelope(body))).toBeInstanceOf(EnvelopeError)
    },
  )

  it('takes nothing from a field called __proto__', () => {
    const body = BODY.replace('{', '{"__proto__":{"parent_block_id":"x"},')
    const parse = () => parseEnvelope(body).envelope.parent_block_id
    expect([undefined, EnvelopeError]).toContain(outcomeOf(parse))
  })

  it('gives an envelope or one of its two errors for any body', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (body) => failsAsDocumented(body)))
  })

  it('gives an envelope or one of its two errors whatever field is changed to whatever value', () => {
    const field = fc.oneof(
      fc.constantFrom(...Object.keys(JSON_BODY), 'parent_block_id', 'root', 'errors', '__proto__'),
      fc.string(),
    )
    fc.assert(
      fc.property(field, fc.jsonValue(), (name, value) =>
        failsAsDocumented(JSON.stringify(Object.defineProperty({ ...JSON_BODY }, name, entry(value)))),
      ),
      { numRuns: 300 },
    )
  })

  it('gives an envelope or one of its two errors whatever characters are changed', () => {
    fc.assert(
      fc.property(fc.nat(BODY.length), fc.nat(5), fc.string({ maxLength: 5 }), (at, cut, put) =>
        failsAsDocumented(BODY.slice(0, at) + put + BODY.slice(at + cut)),
      ),
      { numRuns: 300 },
    )
  })
})

describe('errors of parseEnvelope', () => {
  const data = BLOCK.data.toString('base64')

  it.each([
    ['cut short', BODY.slice(0, -1)],
    ['just its data', data],
    ['with its data in another field', bodyWith({ rows: data })],
    ['with its data for the block id', bodyWith({ block_id: data })],
    ['with its data for the time', bodyWith({ created_at: data })],
    ['of version 2', bodyWith({ v: 2 })],
    ['of an unknown schema', bodyWith({ schema: 'x/1' })],
  ])('do not quote the data of a body %s', async (_, body) => {
    const error = await thrownBy(() => parseEnvelope(body))
    expect(`${error.message} ${String(error.cause)}`).not.toContain(data.slice(0, 12))
  })

  it('are short, however long the body', async () => {
    const { message } = await thrownBy(() => parseEnvelope(bodyWith({ ['x'.repeat(100_000)]: 1 })))
    expect(message.length).toBeLessThan(1_000)
  })
})

function entry(value: unknown): PropertyDescriptor {
  return { value, enumerable: true, configurable: true, writable: true }
}

it.each([
  ['errors', { errors: Array.from({ length: 300_000 }, () => 0) }],
  ['indices', { root: { block_id: 'b', rows: 2, indices: Array.from({ length: 300_000 }, () => -1) } }],
])('tells one of a great many wrong items of %s, and holds no more', async (_, changes) => {
  const error = await thrownBy(() => parseEnvelope(bodyWith(changes)))
  expect(error).toBeInstanceOf(EnvelopeError)
  expect(error.message.match(/expected/g)).toHaveLength(1)
})

function outcomeOf(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return error instanceof Error ? error.constructor : error
  }
}

function failsAsDocumented(body: string): boolean {
  const outcome = outcomeOf(() => typeof parseEnvelope(body).envelope)
  return outcome === 'object' || outcome === EnvelopeError || outcome === UnknownEnvelopeError
}
