import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { countEvents, parseFailure, query, SLOT } from './polo-answers.ts'
import { cleanUp, makeDirectory, runPolo, startPolo, startUp, waitFor } from './polo-process.ts'

const options = { dataDir: '' }

beforeAll(async () => {
  options.dataDir = await makeDirectory()
  await startUp(['--sample', '--account', '185106417252', '--slot', SLOT], options)
})
afterAll(cleanUp)

describe('polo query', () => {
  test('gives JSON as ClickHouse wrote it: integers exact, slashes plain, no row an empty list', async () => {
    const sql = "SELECT 'a/b' AS path, toUInt64('18446744073709551615') AS n;"
    const { stdout, code } = await runPolo(['query', '--json', sql], options)
    expect({ stdout, code }).toEqual({ stdout: '[{"path":"a/b","n":18446744073709551615}]\n', code: 0 })
    expect(await query('SELECT 1 WHERE 0', options)).toEqual([])
  })

  test('gives people a table with exact numbers', async () => {
    const { stdout } = await runPolo(
      [
        'query',
        "SELECT toUInt64('18446744073709551615') AS n, toDecimal128('0.0000001195', 12) AS usd, NULL AS x",
      ],
      options,
    )
    expect(stdout.split('\n')[1]).toMatch(/^ 18446744073709551615 {4,}0\.0000001195\s*$/)
  })

  test('takes a comment that a query begins with for no option', async () => {
    const asked = await runPolo(['query', '-- how many\nSELECT 1 AS n', '--json'], options)
    expect(asked).toMatchObject({ code: 0, stdout: '[{"n":1}]\n' })
  })

  test('honours a format of the query’s own, and refuses it with --json', async () => {
    const sql = "SELECT 1 AS a, 'x,y' AS b FORMAT CSVWithNames"
    expect(await runPolo(['query', sql], options)).toMatchObject({ code: 0, stdout: '"a","b"\n1,"x,y"\n' })
    const refused = await runPolo(['query', '--json', sql], options)
    expect(parseFailure(refused).message).toMatch(/--json decides the format.*CSVWithNames/)
    expect(refused.code).toBe(1)
  })

  test.each([
    ['SELEC 1', 'Syntax error: failed at position 1 (SELEC)'],
    ['SELECT nope FROM resource_events', 'nope'],
    ['SELECT 1; SELECT 2', 'Multi-statements are not allowed'],
    ['DROP TABLE resource_events', 'polo query only reads'],
    ['INSERT INTO resource_events (event_id) VALUES (1)', 'polo query only reads'],
    ['ALTER TABLE resource_events DELETE WHERE 1', 'polo query only reads'],
  ])('refuses %s in ClickHouse’s words, without a stack', async (sql, words) => {
    const before = await countEvents(options)
    const result = await runPolo(['query', '--json', sql], options)
    expect(parseFailure(result)).toMatchObject({
      name: 'QueryError',
      message: expect.stringContaining(words),
    })
    expect(result.code).toBe(1)
    expect(result.stderr).not.toMatch(/^ {4}at |Expected one of/m)
    expect(await countEvents(options)).toBe(before)
  })

  test('fails for an answer that breaks off half-way', async () => {
    const sql = 'SELECT throwIf(number = 900000) FROM numbers(1000000) SETTINGS max_block_size = 1000'
    const { code, stderr, stdout } = await runPolo(['query', '--json', sql], options)
    expect(code).toBe(1)
    expect(stderr).toContain("Value passed to 'throwIf' function is non-zero")
    expect(stdout).not.toContain('__exception__')
  })

  test('ends quietly when its reader has seen enough', async () => {
    const long = startPolo(['query', '--json', 'SELECT number FROM numbers(5000000)'], options)
    await waitFor('the first rows', () => long.stdout() !== '')
    long.closeStdout()
    expect(await long.ended).toMatchObject({ code: 0, stderr: '' })
  })
})
