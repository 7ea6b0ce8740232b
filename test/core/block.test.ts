import { constants, zstdCompressSync } from 'node:zlib'
import {
  type Block,
  BlockError,
  type BlockFault,
  blockIdOf,
  countRows,
  encodeRow,
  freezeBlock,
  MAX_DECOMPRESSED_BYTES,
  MAX_FRAMES,
  openBlock,
  splitRows,
} from '@polo/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { thrownBy } from './factories.ts'

const ROW = '{"a":"1"}\n'
const SKIPPABLE_FRAME = Buffer.from('502a4d180400000061626364', 'hex')

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('}{', '}\n{', '"},{"', '\\', '\\"', '[{', '};{', '\u2028', '\0', '\ud83d', 'é', '🦉'),
)
const row = fc.record({
  resource_name: text,
  value: fc.double({ noNaN: true, noDefaultInfinity: true }),
  properties: fc.dictionary(text, text, { maxKeys: 4 }),
})

function blockOf(data: Buffer, rows: number): Block {
  return { blockId: blockIdOf(data), rows, format: 'JSONEachRow', data }
}

function zstd(text: string): Buffer {
  return zstdCompressSync(Buffer.from(text))
}

async function faultOf(run: () => unknown): Promise<BlockFault> {
  const error = await thrownBy(run)
  if (error instanceof BlockError) return error.fault
  throw error
}

describe('freezeBlock and openBlock', () => {
  it('give back the rows as they were', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 8 }), async (rows) => {
        const raw = await openBlock(await freezeBlock(rows.map(encodeRow)))
        const read = [...splitRows(raw)].map((line) => JSON.parse(line.toString()))
        expect(read).toEqual(JSON.parse(JSON.stringify(rows).replaceAll(/\\ud[89a-f]../g, '\ufffd')))
      }),
      { numRuns: 60 },
    )
  })

  it('carry an empty map', async () => {
    const raw = await openBlock(await freezeBlock([encodeRow({ a: '1', properties: {} })]))
    expect(raw.toString()).toBe('{"a":"1","properties":{}}\n')
  })
})

describe('freezeBlock', () => {
  it('identifies a block by the SHA-256 of its bytes', async () => {
    const block = await freezeBlock([encodeRow({ a: '1' })])
    expect(block.blockId).toBe(blockIdOf(block.data))
    expect(blockIdOf(Buffer.from('abc'))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    )
  })

  it('gives the same rows the same identity', async () => {
    const rows = [encodeRow({ a: '1' }), encodeRow({ a: '2' })]
    expect((await freezeBlock(rows)).blockId).toBe((await freezeBlock(rows)).blockId)
  })

  it('counts its rows', async () => {
    expect((await freezeBlock([encodeRow({}), encodeRow({})])).rows).toBe(2)
  })
})

describe('encodeRow', () => {
  it('keeps a line break within a string on the one line', () => {
    expect(encodeRow({ a: 'x\ny' }).toString()).toBe('{"a":"x\\ny"}\n')
  })

  it('replaces half of a surrogate pair, which ClickHouse refuses', () => {
    expect(encodeRow({ a: 'cut \ud83d', '\udc00': 'b' }).toString()).toBe('{"a":"cut \ufffd","\ufffd":"b"}\n')
  })

  it('keeps a whole pair, and text that looks like an escape', () => {
    const strange = { a: '🦉', b: 'C:\\ud83d', c: '\\\\ud83d', d: '\\\ud83d' }
    expect(JSON.parse(encodeRow(strange).toString())).toEqual({ ...strange, d: '\\\ufffd' })
  })
})

describe('openBlock', () => {
  it('refuses bytes that are not the ones that were hashed', async () => {
    const block = { ...blockOf(zstd(ROW), 1), blockId: blockIdOf(Buffer.from('other')) }
    expect(await faultOf(() => openBlock(block))).toBe('hash_mismatch')
  })

  it('refuses any single byte changed', async () => {
    const block = await freezeBlock([encodeRow({ a: 'x'.repeat(50) })])
    await fc.assert(
      fc.asyncProperty(fc.nat(block.data.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const data = Buffer.from(block.data)
        data.writeUInt8(data.readUInt8(at) ^ flip, at)
        expect(await faultOf(() => openBlock({ ...block, data }))).toBe('hash_mismatch')
      }),
    )
  })

  it.each([
    ['empty', Buffer.alloc(0)],
    ['not zstd', Buffer.from(ROW)],
    ['truncated zstd', zstd(ROW).subarray(0, -1)],
    ['truncated in its second frame', Buffer.concat([zstd(ROW), zstd(ROW).subarray(0, -1)])],
    ['followed by something else', Buffer.concat([zstd(ROW), Buffer.from('rubbish!')])],
    ['followed by zeros', Buffer.concat([zstd(ROW), Buffer.alloc(4)])],
    ['more frames than are allowed', Buffer.concat(Array(MAX_FRAMES + 1).fill(zstd(ROW)))],
  ])('refuses data that is %s', async (_, data) => {
    expect(await faultOf(() => openBlock(blockOf(data, 1)))).toBe('undecodable')
  })

  it('refuses zstd whose own checksum does not hold', async () => {
    const data = zstdCompressSync(ROW, { params: { [constants.ZSTD_c_checksumFlag]: 1 } })
    data.writeUInt8(data.readUInt8(data.length - 1) ^ 1, data.length - 1)
    expect(await faultOf(() => openBlock(blockOf(data, 1)))).toBe('undecodable')
  })

  it('refuses a bomb', async () => {
    const data = zstdCompressSync(Buffer.alloc(MAX_DECOMPRESSED_BYTES + 1))
    expect(await faultOf(() => openBlock(blockOf(data, 1)))).toBe('too_large')
  })

  it('refuses a bomb in several frames', async () => {
    const part = zstdCompressSync(Buffer.alloc(MAX_DECOMPRESSED_BYTES / 2 + 1))
    expect(await faultOf(() => openBlock(blockOf(Buffer.concat([part, part]), 1)))).toBe('too_large')
  })

  it('reads every frame, as ClickHouse does', async () => {
    const data = Buffer.concat([zstd(ROW), SKIPPABLE_FRAME, zstd(ROW), zstd(ROW)])
    expect((await openBlock(blockOf(data, 3))).toString()).toBe(ROW.repeat(3))
  })

  it('counts the rows of every frame', async () => {
    const data = Buffer.concat([zstd(ROW), zstd(ROW)])
    expect(await faultOf(() => openBlock(blockOf(data, 1)))).toBe('row_count_mismatch')
  })

  it.each([1, 3])('refuses two rows where the envelope says %d', async (rows) => {
    expect(await faultOf(() => openBlock(blockOf(zstd(ROW + ROW), rows)))).toBe('row_count_mismatch')
  })

  it('refuses rows that are malformed', async () => {
    expect(await faultOf(() => openBlock(blockOf(zstd('[]\n'), 1)))).toBe('malformed_rows')
  })

  it('does not quote the data', async () => {
    const { message } = await thrownBy(() => openBlock(blockOf(zstd('s3cr3t\n'), 1)))
    expect(message).toBe('row 0 is not one JSON object on a line of its own')
  })
})

describe('countRows', () => {
  it.each([
    ['rows', ROW + ROW, 2],
    ['a last row without a newline', `${ROW}{"a":"2"}`, 2],
    ['empty lines', `\n${ROW}\n\n${ROW}\n`, 2],
    ['Windows line ends', '{"a":"1"}\r\n{"a":"2"}\r\n', 2],
    ['spaces after a row', '{"a":"1"} \t\n', 1],
    ['an empty object', '{}\n', 1],
    ['nested objects', '{"a":{"b":{}},"c":[{"d":1},{"e":2}]}\n', 1],
    ['strings that look like joined rows', '{"a":"}{","b":"},{","c":"};{"}\n', 1],
    ['strings with escaped quotes', '{"a":"\\"}{\\"","b":"\\\\"}\n', 1],
    ['nothing', '', 0],
  ])('counts %s', (_, raw, rows) => {
    expect(countRows(Buffer.from(raw))).toBe(rows)
  })

  it.each([
    ['two objects on a line', '{"a":"1"}{"a":"2"}\n'],
    ['two objects with a comma between them', '{"a":"1"},{"a":"2"}\n'],
    ['two objects with a semicolon between them', '{"a":"1"};{"a":"2"}\n'],
    ['two objects with a space between them', '{"a":"1"} {"a":"2"}\n'],
    ['two objects with a form feed between them', '{"a":"1"}\f{"a":"2"}\n'],
    ['a comma after a row', '{"a":"1"},\n{"a":"2"}\n'],
    ['an array', '[{"a":"1"}]\n'],
    ['an array over several lines', '[{"a":"1"},\n{"a":"2"}]\n'],
    ['a pretty-printed object', '{\n  "a": "1"\n}\n'],
    ['an object over two lines that both start with a brace', '{"a":\n{"b":"1"}}\n'],
    ['a raw line break in a string', '{"a":"x}\n{y"}\n'],
    ['an unfinished object', '{"a":"1"\n'],
    ['an unfinished string', '{"a":"1}\n'],
    ['a string that ends in an escaped quote', '{"a":"1\\"}\n'],
    ['a byte order mark', `\ufeff${ROW}`],
    ['a line of spaces', `${ROW}  \n`],
    ['a space before a row', ` ${ROW}`],
    ['a string', '"a"\n'],
    ['null', 'null\n'],
  ])('refuses %s', async (_, raw) => {
    expect(await faultOf(() => countRows(Buffer.from(raw)))).toBe('malformed_rows')
  })

  it('names the row at fault', () => {
    expect(() => countRows(Buffer.from(`${ROW}\n${ROW}rubbish\n`))).toThrow('row 2 is not one JSON object')
  })

  it('counts one row for each that was encoded', () => {
    fc.assert(
      fc.property(fc.array(row), (rows) => countRows(Buffer.concat(rows.map(encodeRow))) === rows.length),
    )
  })

  it('refuses any two encoded rows on one line', async () => {
    const joint = fc.constantFrom('', ' ', ',', ';', '\t', '\r')
    await fc.assert(
      fc.asyncProperty(row, joint, row, async (one, between, other) => {
        const raw = Buffer.concat([encodeRow(one).subarray(0, -1), Buffer.from(between), encodeRow(other)])
        expect(await faultOf(() => countRows(raw))).toBe('malformed_rows')
      }),
    )
  })

  it('takes time in proportion to the bytes, whatever they are', () => {
    for (const hostile of ['}', '"', '\\', '{"', '\\"', '{}']) {
      const raw = Buffer.from(`{"a":"${hostile.repeat(300_000)}`)
      const start = performance.now()
      expect(() => countRows(raw)).toThrow(BlockError)
      expect(performance.now() - start).toBeLessThan(5_000)
    }
  })
})

describe('splitRows', () => {
  it.each([
    ['', []],
    ['\n', []],
    ['a', ['a']],
    ['a\n', ['a']],
    ['a\nb', ['a', 'b']],
    ['\n\na\n\nb\n\n', ['a', 'b']],
    ['a\r\nb', ['a\r', 'b']],
  ])('splits %j', (raw, lines) => {
    expect([...splitRows(Buffer.from(raw))].map(String)).toEqual(lines)
  })

  it('yields as many lines as there are rows, of the same bytes', () => {
    fc.assert(
      fc.property(fc.array(row), (rows) => {
        const encoded = rows.map(encodeRow)
        const lines = [...splitRows(Buffer.concat(encoded))]
        expect(lines.map((line) => `${line}\n`)).toEqual(encoded.map(String))
      }),
    )
  })
})
