import { describe, expect, test } from 'vitest'
import { readLines } from '../../packages/cli/src/query/ask-clickhouse.ts'
import { printTable, TABLE_FORMAT } from '../../packages/cli/src/query/query-table.ts'
import { toQueryError } from '../../packages/cli/src/query/to-query-error.ts'

async function* split(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function tableOf(...rows: string[]): Promise<string> {
  const written: string[] = []
  const output = {
    isJson: false,
    json: () => {},
    data: (text: string) => void written.push(text),
    note: () => {},
    progress: () => {},
    clearProgress: () => {},
  }
  await printTable({ format: TABLE_FORMAT, chunks: split(rows.join('\n'), 7) }, output)
  return written.join('\n')
}

describe('readLines', () => {
  test.each([1, 2, 3, 1_000])(
    'gives whole lines, letters included, from chunks of %i bytes',
    async (size) => {
      const lines = await Array.fromAsync(
        readLines({ format: '', chunks: split('é€😀\n\nsecond\nlast', size) }),
      )
      expect(lines).toEqual(['é€😀', 'second', 'last'])
    },
  )
})

describe('printTable', () => {
  test('shows integers exactly, nothing for null, and nested values as JSON', async () => {
    const table = await tableOf(
      '["n","x","list"]',
      '["UInt64","Nullable(String)","Array(UInt8)"]',
      '["18446744073709551615",null,[1,2]]',
    )
    expect(table.split('\n')[1]).toMatch(/^ 18446744073709551615 {4,}\[1,2\]$/)
  })

  test('escapes what a terminal would obey, in names and values, nested ones too', async () => {
    const table = await tableOf(
      JSON.stringify(['a\u009b1m', 'b']),
      '["String","Array(String)"]',
      JSON.stringify(['\u001b[31mred\r\n', ['\u009b2J\u007f']]),
    )
    expect(table).toContain('a\\u009b1m')
    expect(table).toContain('\\u001b[31mred\\u000d\\u000a')
    expect(table).toContain('["\\u009b2J\\u007f"]')
    expect(table.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
  })

  test('shows the beginning of a long answer and says how much more there is', async () => {
    const rows = Array.from({ length: 1_005 }, (_, n) => `["${n}"]`)
    const table = await tableOf('["n"]', '["UInt64"]', ...rows)
    expect(table).toContain('(5 more rows')
    expect(table).not.toContain('1000\n')
  })

  test('says nothing for a statement without an answer', async () => {
    expect(await tableOf()).toBe('')
  })
})

describe('toQueryError', () => {
  test.each([
    [
      'Code: 62. DB::Exception: Syntax error: failed at position 1 (SELEC): SELEC 1. Expected one of: Query, SELECT. (SYNTAX_ERROR) (version 26.7.2.1 (embedded))',
      'Syntax error: failed at position 1 (SELEC): SELEC 1',
      62,
    ],
    [
      'Code: 164. DB::Exception: default: Cannot execute query in readonly mode. (READONLY) (version 26.7.2.1 (official build))',
      'polo query only reads: default: Cannot execute query in readonly mode. (READONLY)',
      164,
    ],
    ['Code: 60. DB::Exception: Unknown table (a). (UNKNOWN_TABLE)', 'Unknown table (a). (UNKNOWN_TABLE)', 60],
  ])('keeps what matters of %s', (text, message, code) => {
    expect(toQueryError(text)).toMatchObject({ message, code })
  })
})
