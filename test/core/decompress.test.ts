import { constants, createZstdCompress, zstdCompressSync } from 'node:zlib'
import { BlockError, type BlockFault, blockIdOf, MAX_DECOMPRESSED_BYTES, openBlock } from '@polo/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { thrownBy } from './factories.ts'

const ROW = '{"a":"1"}\n'
const SKIPPABLE_FRAME = Buffer.from('502a4d180400000061626364', 'hex')

function open(data: Buffer, rows: number): Promise<Buffer> {
  return openBlock({ blockId: blockIdOf(data), rows, format: 'JSONEachRow', data })
}

async function faultOf(data: Buffer): Promise<BlockFault> {
  const error = await thrownBy(() => open(data, 1))
  if (error instanceof BlockError) return error.fault
  throw error
}

/** A frame whose header does not say what it holds, as a producer writes that streams. */
async function streamed(text: string): Promise<Buffer> {
  const encoder = createZstdCompress()
  encoder.write(text)
  encoder.end()
  return Buffer.concat(await Array.fromAsync(encoder))
}

/** A frame that says it holds `declared` bytes; its one block, the last, is `content` as it is. */
function rawFrame(content: Buffer, declared: number): Buffer {
  const header = Buffer.alloc(16)
  header.writeUInt32LE(0xfd2f_b528, 0)
  header.writeUInt8(0b1110_0000, 4)
  header.writeBigUInt64LE(BigInt(declared), 5)
  header.writeUIntLE((content.length << 3) | 1, 13, 3)
  return Buffer.concat([header, content])
}

describe('openBlock', () => {
  it('decompresses frames of any size and make, one after the other', async () => {
    const frame = fc.record({
      rows: fc.integer({ min: 1, max: 9_000 }),
      make: fc.constantFrom('whole', 'streamed', 'checked', 'skippable'),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 4 }), async (frames) => {
        const parts = frames.map(({ rows, make }) => {
          const text = ROW.repeat(rows)
          if (make === 'streamed') return streamed(text)
          if (make === 'skippable') return Buffer.concat([SKIPPABLE_FRAME, zstdCompressSync(text)])
          const params = { [constants.ZSTD_c_checksumFlag]: make === 'checked' ? 1 : 0 }
          return zstdCompressSync(text, { params })
        })
        const rows = frames.reduce((sum, one) => sum + one.rows, 0)
        const raw = await open(Buffer.concat(await Promise.all(parts)), rows)
        expect(raw.equals(Buffer.from(ROW.repeat(rows)))).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  it('takes a frame that says what it holds', async () => {
    const raw = await open(rawFrame(Buffer.from(ROW), ROW.length), 1)
    expect(raw.toString()).toBe(ROW)
  })

  it.each([ROW.length - 1, ROW.length + 1, MAX_DECOMPRESSED_BYTES])(
    'refuses a frame that says it holds %d bytes where it holds ten',
    async (declared) => {
      expect(await faultOf(rawFrame(Buffer.from(ROW), declared))).toBe('undecodable')
    },
  )

  it.each([MAX_DECOMPRESSED_BYTES + 1, 2 ** 62])(
    'refuses a frame that says it holds %d bytes',
    async (declared) => {
      expect(await faultOf(rawFrame(Buffer.from(ROW), declared))).toBe('too_large')
    },
  )

  it('refuses a bomb that does not say what it holds', async () => {
    const bomb = await streamed(ROW.repeat(MAX_DECOMPRESSED_BYTES / ROW.length + 1))
    expect(await faultOf(bomb)).toBe('too_large')
  })

  it('refuses one byte more than the frame before left room for', async () => {
    const full = zstdCompressSync(Buffer.alloc(MAX_DECOMPRESSED_BYTES))
    expect(await faultOf(Buffer.concat([full, SKIPPABLE_FRAME]))).toBe('malformed_rows')
    expect(await faultOf(Buffer.concat([full, await streamed('\n')]))).toBe('too_large')
  })
})
