import { expect, test } from 'vitest'
import { splitInsert } from '../../../packages/local/src/clickhouse/split-insert.ts'

function split(sql: string) {
  const text = Buffer.from(sql).toString('latin1')
  const parsed = splitInsert(text)
  if (parsed.kind === 'statement') return parsed
  const { infileAt, formatAt, format, dataAt } = parsed
  return {
    head: text.slice(0, infileAt),
    settings: text.slice(infileAt, formatAt),
    format,
    data: text.slice(dataAt),
  }
}

function codeOf(sql: string): unknown {
  try {
    splitInsert(sql)
    return undefined
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error
  }
}

test.each([
  ['INSERT INTO t VALUES (1)', { head: 'INSERT INTO t ', settings: '', format: 'Values', data: '(1)' }],
  ['insert into t values(1)', { head: 'insert into t ', settings: '', format: 'Values', data: '(1)' }],
  ['INSERT INTO t FORMAT CSV\n1,2', { head: 'INSERT INTO t ', settings: '', format: 'CSV', data: '1,2' }],
  ['INSERT INTO t FORMAT CSV  \r\n\n1', { head: 'INSERT INTO t ', settings: '', format: 'CSV', data: '\n1' }],
  ['INSERT INTO t FORMAT CSV;', { head: 'INSERT INTO t ', settings: '', format: 'CSV', data: '' }],
  [
    'INSERT INTO t (a, b) SETTINGS x = 1, y = 2 FORMAT TSV\n',
    { head: 'INSERT INTO t (a, b) ', settings: 'SETTINGS x = 1, y = 2 ', format: 'TSV', data: '' },
  ],
  [
    "INSERT INTO t SETTINGS log_comment = 'FORMAT CSV; DROP TABLE t' FORMAT TSV 1",
    {
      head: 'INSERT INTO t ',
      settings: "SETTINGS log_comment = 'FORMAT CSV; DROP TABLE t' ",
      format: 'TSV',
      data: '1',
    },
  ],
  [
    'INSERT INTO TABLE db.format (`values`, format) FORMAT TSV',
    { head: 'INSERT INTO TABLE db.format (`values`, format) ', settings: '', format: 'TSV', data: '' },
  ],
  ['INSERT INTO format FORMAT TSV', { head: 'INSERT INTO format ', settings: '', format: 'TSV', data: '' }],
  [
    'INSERT INTO {t:Identifier} (a) FORMAT TSV x',
    { head: 'INSERT INTO {t:Identifier} (a) ', settings: '', format: 'TSV', data: 'x' },
  ],
  [
    '/* FORMAT X */ INSERT -- FORMAT Y\n INTO t /* /* nested */ VALUES */ FORMAT TSV x',
    {
      head: '/* FORMAT X */ INSERT -- FORMAT Y\n INTO t /* /* nested */ VALUES */ ',
      settings: '',
      format: 'TSV',
      data: 'x',
    },
  ],
  [
    "INSERT INTO FUNCTION file('x', 'CSV', 'a Int8') VALUES (1)",
    { head: "INSERT INTO FUNCTION file('x', 'CSV', 'a Int8') ", settings: '', format: 'Values', data: '(1)' },
  ],
])('tells head from data in %j', (sql, expected) => {
  expect(split(sql)).toEqual(expected)
})

test.each([
  ['INSERT INTO t SELECT 1', { verb: 'INSERT', inserts: true }],
  ['INSERT INTO t (a) WITH 1 AS x SELECT x', { verb: 'INSERT', inserts: true }],
  ['INSERT INTO t (SELECT 1)', { verb: 'INSERT', inserts: true }],
  ['WITH 1 AS x INSERT INTO t SELECT x', { verb: 'WITH', inserts: true }],
  ["SELECT 'INSERT INTO t VALUES (1)'", { verb: 'SELECT', inserts: false, format: undefined }],
  ['SELECT format FROM t FORMAT JSON', { verb: 'SELECT', format: 'JSON' }],
  ['SELECT 1 AS format', { verb: 'SELECT', format: undefined }],
  ['SELECT 1 FORMAT CSV SETTINGS max_threads = 1', { format: 'CSV', outfileAt: 9 }],
  ['SELECT (SELECT 1 AS FORMAT) x', { format: undefined }],
  ['CREATE TEMPORARY TABLE t (a Int8)', { changesSession: true }],
  ['CREATE OR REPLACE TEMPORARY TABLE t (a Int8)', { changesSession: true }],
  ['SET max_threads = 1', { changesSession: true }],
  ['SELECT 1; -- the end', { end: 8, changesSession: false }],
])('sees what sort of statement %j is', (sql, expected) => {
  expect(split(sql)).toMatchObject(expected)
})

test.each([
  ['SELECT 1; DROP TABLE t', 62],
  ["SELECT ';' /* ; */ -- ;\n; DROP TABLE t", 62],
  ['SELECT $a$;$a$; DROP TABLE t', 62],
  ['SELECT “;”; DROP TABLE t', 62],
  ["SELECT '\\'; SELECT 2 -- '", undefined],
  ["SELECT '\\\\'; DROP TABLE t -- '", 62],
  ["SELECT 'it''s;' ", undefined],
  ['SELECT `a;``b\\`;` FROM t', undefined],
  ['SELECT $tag$ ; $other$ ; $tag$', undefined],
  [';SELECT 1', 62],
  ['', 62],
  ['-- nothing', 62],
  ["INSERT INTO t FROM INFILE '/etc/passwd' FORMAT CSV", 78],
  ["INSERT INTO t (a) /* x */ FROM /* y */ infile '/etc/passwd' FORMAT CSV", 78],
  ["SELECT 1 INTO OUTFILE '/tmp/x'", 358],
  ["EXPLAIN INSERT INTO t FROM INFILE '/etc/passwd' FORMAT CSV", 78],
  ['WITH 1 AS x INSERT INTO t FORMAT CSV\n1', 48],
  ['INSERT INTO t SELECT * FROM x FORMAT CSV\n1\n\nDROP TABLE t', 48],
  ['EXPLAIN AST INSERT INTO t VALUES (1)\n\nDROP TABLE t', 48],
  ['INSERT INTO t FORMAT', 62],
])('answers %j with code %s', (sql, code) => {
  expect(codeOf(Buffer.from(sql).toString('latin1'))).toBe(code)
})

test('does not look at what follows the head of an insert', () => {
  const rubbish = '\'"`$$ /* ; DROP TABLE t FORMAT CSV'
  expect(split(`INSERT INTO t FORMAT RowBinary ${rubbish}`)).toMatchObject({ data: rubbish })
})
