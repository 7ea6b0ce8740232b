import { expect, test } from 'vitest'
import { useClickHouse } from './harness.ts'

const clickHouse = useClickHouse()

const NASTY = [
  '\n\nDROP TABLE victim',
  '\n\n;DROP TABLE victim;\n\n',
  "'; DROP TABLE victim; --",
  "\\'; DROP TABLE victim; --",
  '") FORMAT CSV; DROP TABLE victim',
  '/* \n\n DROP TABLE victim */',
  '-- \n\nDROP TABLE victim',
  '$$\n\nDROP TABLE victim',
  '`\n\nDROP TABLE victim\n\n`',
  ' FORMAT JSONEachRow\n\nDROP TABLE victim',
  '\r\n\r\nDROP TABLE victim\r\n\r\n',
]

async function victimLives(): Promise<boolean> {
  const { text } = await clickHouse.post({}, 'EXISTS TABLE victim')
  return text === '1\n'
}

test('stores text that looks like SQL as text, by format and place of the statement', async () => {
  await clickHouse.post({}, 'CREATE TABLE IF NOT EXISTS victim (a Int32) ENGINE = Memory')
  const bodies: [format: string, encode: (text: string) => string][] = [
    ['JSONEachRow', (text) => JSON.stringify({ a: 1, b: text })],
    ['CSV', (text) => `1,"${text.replaceAll('"', '""')}"\n`],
    ['Values', (text) => `(1, '${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}')`],
  ]
  for (const [format, encode] of bodies) {
    for (const inUrl of [true, false]) {
      const table = await clickHouse.table()
      const query =
        format === 'Values' ? `INSERT INTO ${table} VALUES` : `INSERT INTO ${table} FORMAT ${format}`
      for (const text of NASTY) {
        const body = encode(text)
        const answer = inUrl ? clickHouse.post({ query }, body) : clickHouse.post({}, `${query}\n${body}`)
        expect(await answer, body).toMatchObject({ status: 200 })
      }
      const stored = await clickHouse.rows(`SELECT b FROM ${table}`)
      expect(stored.flat().sort()).toEqual([...NASTY].sort())
    }
  }
  expect(await victimLives()).toBe(true)
})

test('runs nothing of a malformed body', async () => {
  await clickHouse.post({}, 'CREATE TABLE IF NOT EXISTS victim (a Int32) ENGINE = Memory')
  const table = await clickHouse.table()
  for (const format of ['CSV', 'TSV', 'JSONEachRow', 'RowBinary', 'Native', 'Values', 'LineAsString']) {
    for (const text of NASTY) {
      await clickHouse.post({ query: `INSERT INTO ${table} FORMAT ${format}` }, `1${text}`)
      await clickHouse.post({}, `INSERT INTO ${table} FORMAT ${format} ${text}`)
      await clickHouse.post({ query: `INSERT INTO ${table} FORMAT ${format} 1${text}` }, text)
    }
  }
  expect(await victimLives()).toBe(true)
})

test('runs nothing that comes in parameters, settings or names', async () => {
  await clickHouse.post({}, 'CREATE TABLE IF NOT EXISTS victim (a Int32) ENGINE = Memory')
  for (const text of [
    "'; DROP TABLE victim; --",
    "\\'; DROP TABLE victim; --",
    '`; DROP TABLE victim; --',
    '\\`; DROP TABLE victim; --',
  ]) {
    await clickHouse.post({ query: 'SELECT 1', database: text })
    await clickHouse.post({ query: 'SELECT {x:String}', param_x: text })
    await clickHouse.post({ query: 'SELECT 1', log_comment: text })
    await clickHouse.post({ query: 'SELECT 1', [`max_threads = 1${text}`]: '1' })
    await clickHouse.post({ query: 'SELECT 1', [`param_x = 1${text}`]: '1' })
    await clickHouse.post({ query: 'SELECT 1', default_format: `CSV${text}` })
    await clickHouse.post({ query: 'SELECT 1', query_id: text, session_id: text })
    await clickHouse.post({ query: 'SELECT 1' }, '', {
      'X-ClickHouse-Format': text,
      'X-ClickHouse-Database': text,
    })
  }
  expect(await victimLives()).toBe(true)
  expect(await clickHouse.post({ query: 'SELECT 1', 'a-b': '1' })).toMatchObject({ code: 115, status: 404 })
})

test('refuses several statements in one request', async () => {
  await clickHouse.post({}, 'CREATE TABLE IF NOT EXISTS victim (a Int32) ENGINE = Memory')
  expect(await clickHouse.post({}, 'SELECT 1; DROP TABLE victim')).toMatchObject({ status: 400, code: 62 })
  expect(await clickHouse.post({ query: 'SELECT 1;' }, 'DROP TABLE victim')).toMatchObject({ code: 62 })
  expect(await clickHouse.post({}, 'SELECT 1;;  -- nothing more\n')).toMatchObject({
    status: 200,
    text: '1\n',
  })
  expect(await victimLives()).toBe(true)
})

test('refuses INFILE and OUTFILE, whose files are those of the client', async () => {
  const table = await clickHouse.table()
  const infile = `INSERT INTO ${table} FROM INFILE '/etc/passwd' FORMAT LineAsString`
  expect(await clickHouse.post({}, infile)).toMatchObject({ code: 78 })
  expect(await clickHouse.post({ query: infile })).toMatchObject({ code: 78 })
  const outfile = "SELECT 1 INTO OUTFILE '/tmp/polo-must-not-be'"
  expect(await clickHouse.post({ query: outfile })).toMatchObject({ code: 358 })
})
