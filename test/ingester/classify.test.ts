import { createServer } from 'node:http'
import { createClient } from '@clickhouse/client'
import { CLICKHOUSE_CODES, classify, InsertError, NETWORK_CODES } from '@polo/ingester'
import { expect, it } from 'vitest'

/** Every code that a decision depends on, with what ClickHouse calls it. */
const CODES: [code: number, name: string, expected: string][] = [
  [209, 'SOCKET_TIMEOUT', 'retry'],
  [210, 'NETWORK_ERROR', 'retry'],
  [319, 'UNKNOWN_STATUS_OF_INSERT', 'retry'],
  [159, 'TIMEOUT_EXCEEDED', 'overload'],
  [202, 'TOO_MANY_SIMULTANEOUS_QUERIES', 'overload'],
  [241, 'MEMORY_LIMIT_EXCEEDED', 'overload'],
  [252, 'TOO_MANY_PARTS', 'overload'],
  [60, 'UNKNOWN_TABLE', 'outage'],
  [81, 'UNKNOWN_DATABASE', 'outage'],
  [164, 'READONLY', 'outage'],
  [192, 'UNKNOWN_USER', 'outage'],
  [193, 'WRONG_PASSWORD', 'outage'],
  [194, 'REQUIRED_PASSWORD', 'outage'],
  [242, 'TABLE_IS_READ_ONLY', 'outage'],
  [497, 'ACCESS_DENIED', 'outage'],
  [516, 'AUTHENTICATION_FAILED', 'outage'],
  [999, 'KEEPER_EXCEPTION', 'outage'],
  [6, 'CANNOT_PARSE_TEXT', 'poison'],
  [25, 'CANNOT_PARSE_ESCAPE_SEQUENCE', 'poison'],
  [26, 'CANNOT_PARSE_QUOTED_STRING', 'poison'],
  [27, 'CANNOT_PARSE_INPUT_ASSERTION_FAILED', 'poison'],
  [33, 'CANNOT_READ_ALL_DATA', 'poison'],
  [38, 'CANNOT_PARSE_DATE', 'poison'],
  [41, 'CANNOT_PARSE_DATETIME', 'poison'],
  [43, 'ILLEGAL_TYPE_OF_ARGUMENT', 'poison'],
  [50, 'UNKNOWN_TYPE', 'poison'],
  [53, 'TYPE_MISMATCH', 'poison'],
  [69, 'ARGUMENT_OUT_OF_BOUND', 'poison'],
  [70, 'CANNOT_CONVERT_TYPE', 'poison'],
  [72, 'CANNOT_PARSE_NUMBER', 'poison'],
  [117, 'INCORRECT_DATA', 'poison'],
  [128, 'TOO_LARGE_ARRAY_SIZE', 'poison'],
  [130, 'CANNOT_READ_ARRAY_FROM_TEXT', 'poison'],
  [131, 'TOO_LARGE_STRING_SIZE', 'poison'],
  [321, 'VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE', 'poison'],
  [349, 'CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN', 'poison'],
  [376, 'CANNOT_PARSE_UUID', 'poison'],
  [467, 'CANNOT_PARSE_BOOL', 'poison'],
  [469, 'VIOLATED_CONSTRAINT', 'poison'],
  [561, 'ZSTD_DECODER_FAILED', 'poison'],
  [563, 'CANNOT_READ_MAP_FROM_TEXT', 'poison'],
  [49, 'LOGICAL_ERROR', 'unknown'],
  [115, 'UNKNOWN_SETTING', 'unknown'],
]

it.each(CODES)('takes ClickHouse code %i (%s) for %s', (code, _, expected) => {
  const failure = classify(new InsertError({ code, status: 500, message: '' }))
  expect(failure).toEqual({ class: expected, clickhouseCode: code, code: String(code) })
})

it('has a row in this test for every code in the table', () => {
  const tested = CODES.map(([code]) => code)
  expect(
    Object.values(CLICKHOUSE_CODES)
      .flat()
      .filter((code) => !tested.includes(code)),
  ).toEqual([])
})

it.each([
  ['ECONNRESET', 'retry'],
  ['EPIPE', 'retry'],
  ['ERR_STREAM_PREMATURE_CLOSE', 'retry'],
  ['UND_ERR_SOCKET', 'retry'],
  ['ECONNREFUSED', 'outage'],
  ['EHOSTUNREACH', 'outage'],
  ['ENETUNREACH', 'outage'],
  ['ENOTFOUND', 'outage'],
  ['EAI_AGAIN', 'outage'],
  ['ETIMEDOUT', 'outage'],
  ['UND_ERR_CONNECT_TIMEOUT', 'outage'],
  ['UND_ERR_HEADERS_TIMEOUT', 'outage'],
  ['UND_ERR_BODY_TIMEOUT', 'outage'],
])('takes network code %s for %s, also as the cause of another error', (code, expected) => {
  const cause = Object.assign(new Error('x'), { code })
  expect(NETWORK_CODES[code]).toBe(expected)
  expect(classify(cause)).toEqual({ class: expected, clickhouseCode: 0, code })
  expect(classify(new TypeError('fetch failed', { cause }))).toMatchObject({ class: expected, code })
})

it.each([
  [429, 'overload'],
  [503, 'overload'],
  [500, 'outage'],
  [502, 'outage'],
  [504, 'outage'],
  [404, 'outage'],
  [200, 'outage'],
])('takes HTTP status %i without a ClickHouse code for %s', (status, expected) => {
  const failure = classify(new InsertError({ code: 0, status, message: 'Code: 27. DB::Exception: (POISON)' }))
  expect(failure).toEqual({ class: expected, clickhouseCode: 0, code: `HTTP_${status}` })
})

it('takes what it does not know for an outage, whatever it says', () => {
  const expected = { class: 'outage', clickhouseCode: 0, code: 'NO_CODE' }
  expect(classify(new Error('Code: 27. DB::Exception: Cannot parse input. (CANNOT_PARSE_INPUT)'))).toEqual(
    expected,
  )
  expect(classify(Object.assign(new Error('x'), { code: 'E_NEW' }))).toEqual(expected)
  expect(classify('nothing')).toEqual(expected)
})

it("reads the code of the client's own errors", async () => {
  const server = createServer((_, response) => {
    response
      .writeHead(500)
      .end('Code: 516. DB::Exception: default: Authentication failed. (AUTHENTICATION_FAILED)')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const client = createClient({ url: `http://127.0.0.1:${port}`, log: { level: 127 } })
  const error = await client.command({ query: 'SELECT 1' }).catch((reason: unknown) => reason)
  await client.close()
  server.close()
  expect(classify(error)).toEqual({ class: 'outage', clickhouseCode: 516, code: '516' })
})
