import {
  type Block,
  BlockError,
  type BlockFault,
  freezeEncodedRows,
  openBlock,
  QUEUED_SCHEMAS,
} from '@polo/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { minimalEvent, thrownBy } from '../factories.ts'
import { encodeNative, ROWS, SCHEMA_NAMES } from './arbitrary-rows.ts'

const EVENT = QUEUED_SCHEMAS['resource_event/1']
const ACCOUNT = QUEUED_SCHEMAS['aws_account/1']
const BODY = encodeNative([minimalEvent({ properties: { a: 'b', c: 'd' } }), minimalEvent()])

function frozen(body: Buffer, rows: number): Block {
  return freezeEncodedRows(body, rows, 'Native')
}

async function faultOf(body: Buffer, rows = 2, schema = EVENT): Promise<BlockFault> {
  const error = await thrownBy(() => openBlock(frozen(body, rows), schema))
  if (error instanceof BlockError) return error.fault
  throw error
}

/** `BODY` with other bytes in the place of some. */
function changed(find: string | Buffer, replacement: Buffer, after = 0): Buffer {
  const body = Buffer.from(BODY)
  replacement.copy(body, body.indexOf(find) + after)
  return body
}

describe('openBlock of a Native block', () => {
  it('gives its bytes as they are', async () => {
    expect(await openBlock(frozen(BODY, 2), EVENT)).toEqual(BODY)
  })

  it('adds up several Native blocks', async () => {
    expect(await openBlock(frozen(Buffer.concat([BODY, BODY]), 4), EVENT)).toHaveLength(2 * BODY.length)
  })

  it('takes no more of them than an honest body has, since each costs memory', async () => {
    const many = (blocks: number) => Buffer.concat(Array.from({ length: blocks }, () => BODY))
    expect(await openBlock(frozen(many(64), 128), EVENT)).toHaveLength(64 * BODY.length)
    expect(await faultOf(many(65), 130)).toBe('too_large')
  })

  it.each([1, 3])('refuses two rows where the envelope says %d', async (rows) => {
    expect(await faultOf(BODY, rows)).toBe('row_count_mismatch')
  })

  it('refuses to be empty', async () => {
    expect(await faultOf(Buffer.alloc(0))).toBe('row_count_mismatch')
  })

  it('refuses JSON', async () => {
    expect(await faultOf(Buffer.from('{"a":1}\n{"a":1}\n'))).toBe('column_mismatch')
  })

  it.each([
    ['nothing but zeros', Buffer.alloc(3)],
    ['a block without rows', encodeNative([])],
    ['a byte too many', Buffer.concat([BODY, Buffer.from([23])])],
    ['2^32 rows', Buffer.concat([BODY.subarray(0, 1), Buffer.from('8080808010', 'hex'), BODY.subarray(2)])],
    [
      '2^63 rows',
      Buffer.concat([BODY.subarray(0, 1), Buffer.alloc(9, 0x80), Buffer.from([1]), BODY.subarray(2)]),
    ],
    ['a string of 2^63 bytes', changed('config_ec2', Buffer.from('80808080808080808001', 'hex'), -1)],
    ['a string of 2^40 bytes', changed('config_ec2', Buffer.from('808080808020', 'hex'), -1)],
  ])('refuses %s', async (_, body) => {
    expect(await faultOf(body)).toMatch(/^(malformed_rows|column_mismatch)$/)
  })

  it.each([
    ['end before they begin', [2n, 1n]],
    ['are 2^32', [2n, 2n ** 32n]],
    ['are 2^63', [2n ** 63n, 2n ** 63n]],
    ['are one too many', [2n, 3n]],
    ['are one too few', [1n, 1n]],
  ])('refuses maps whose entries %s', async (_, [one = 0n, other = 0n]) => {
    const offsets = Buffer.alloc(16)
    offsets.writeBigUInt64LE(one, 0)
    offsets.writeBigUInt64LE(other, 8)
    const type = 'Map(String, String)'
    expect(await faultOf(changed(type, offsets, type.length))).not.toBe('row_count_mismatch')
  })

  it('refuses columns that are missing, surplus, renamed or retyped, and those of another schema', async () => {
    const bodies = [
      encodeNative([], 'aws_account/1'),
      changed('resource_id', Buffer.from('resource_iD')),
      changed('Float64', Buffer.from('Float32')),
      Buffer.from([22, ...BODY.subarray(1)]),
      Buffer.from([24, ...BODY.subarray(1)]),
      changed('actor_name', Buffer.from('actor_nama')),
    ]
    for (const body of bodies) expect(await faultOf(body)).toBe('column_mismatch')
    expect(await faultOf(BODY, 2, ACCOUNT)).toBe('column_mismatch')
  })

  it('does not quote the data', async () => {
    const { message } = await thrownBy(() => openBlock(frozen(Buffer.from('\x01\x01s3cr3t'), 1), EVENT))
    expect(message).toBe('the Native data has 1 columns')
  })

  it('refuses whatever is cut short, wherever', async () => {
    for (let end = 0; end < BODY.length; end++) {
      expect(await thrownBy(() => openBlock(frozen(BODY.subarray(0, end), 2), EVENT))).toBeInstanceOf(
        BlockError,
      )
    }
  })

  it.each(SCHEMA_NAMES)('refuses %s cut short anywhere', async (name) => {
    await fc.assert(
      fc.asyncProperty(ROWS[name], fc.nat(), async (row, cut) => {
        const body = encodeNative([row], name)
        const block = frozen(body.subarray(0, cut % body.length), 1)
        expect(await thrownBy(() => openBlock(block, QUEUED_SCHEMAS[name]))).toBeInstanceOf(BlockError)
      }),
      { numRuns: 100 },
    )
  })

  it.each(SCHEMA_NAMES)('throws nothing but BlockError, whatever is changed in %s', async (name) => {
    const schema = QUEUED_SCHEMAS[name]
    const damage = fc.array(fc.tuple(fc.nat(), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff)), {
      minLength: 1,
      maxLength: 4,
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(ROWS[name], { minLength: 1, maxLength: 3 }),
        damage,
        async (rows, changes) => {
          const body = Buffer.from(encodeNative(rows, name))
          for (const [at, byte] of changes) body[at % body.length] = byte
          for (const known of [schema, undefined]) {
            const error = await openBlock(frozen(body, rows.length), known).catch((thrown: unknown) => thrown)
            if (!Buffer.isBuffer(error)) expect(error).toBeInstanceOf(BlockError)
          }
        },
      ),
      { numRuns: 200 },
    )
  })
})
