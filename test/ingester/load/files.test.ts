import { LoadError } from '@polo/ingester'
import { expect, it } from 'vitest'
import { bucketFiles, directoryFiles } from '../../../packages/ingester/src/load/bulk-files.ts'
import { requireOlder, requireUnchanged } from '../../../packages/ingester/src/load/cur/export-files.ts'
import { readManifest } from '../../../packages/ingester/src/load/cur/manifest.ts'
import { describeLoadError } from '../../../packages/ingester/src/load/describe-load-error.ts'

const none = async () => []
const BUCKET = { name: 'org', bucket: 'billing', prefix: '', region: 'eu-west-1' }

it.each([
  [{}, "s3('https://billing.s3.eu-west-1.amazonaws.com/a.csv', 'CSV')"],
  [
    { roleArn: 'arn:aws:iam::444455556666:role/reads' },
    "s3('https://billing.s3.eu-west-1.amazonaws.com/a.csv', 'CSV', extra_credentials(role_arn = 'arn:aws:iam::444455556666:role/reads'))",
  ],
  [
    { namedCollection: 'keys' },
    "s3(keys, url = 'https://billing.s3.eu-west-1.amazonaws.com/a.csv', format = 'CSV')",
  ],
  [{ region: 'cn-north-1' }, "s3('https://billing.s3.cn-north-1.amazonaws.com.cn/a.csv', 'CSV')"],
  [{ region: 'eusc-de-east-1' }, "s3('https://billing.s3.eusc-de-east-1.amazonaws.eu/a.csv', 'CSV')"],
  [{ endpoint: 'http://127.0.0.1:9000/' }, "s3('http://127.0.0.1:9000/billing/a.csv', 'CSV')"],
])('reads a bucket as its source says: %j', (overrides, sql) => {
  expect(bucketFiles({ ...BUCKET, ...overrides }, none).table(['a.csv'], 'CSV')).toBe(sql)
})

it('reads several keys as one list, with a structure where one is given', () => {
  const files = bucketFiles({ ...BUCKET, namedCollection: 'keys' }, none)
  expect(files.table(['a', 'b/c'], 'CSV', "x String, y Enum('1' = 1)")).toBe(
    "s3(keys, url = 'https://billing.s3.eu-west-1.amazonaws.com/{a,b/c}', format = 'CSV', structure = 'x String, y Enum(\\'1\\' = 1)')",
  )
  expect(directoryFiles('/data', none).table(['a', 'b'], 'CSV', 'x String')).toBe(
    "file('/data/{a,b}', 'CSV', 'x String')",
  )
})

it('reads nothing of a bucket that is not below the prefix of its source', async () => {
  const files = bucketFiles({ ...BUCKET, prefix: 'exports/' }, none)
  expect(files.table(['exports/a', 'exports/b'], 'CSV')).toContain('/{exports/a,exports/b}')
  const refused = 'payroll/b is not read: it is not below exports/, which is the prefix in polo.config.ts'
  const read = () => files.table(['exports/a', 'payroll/b'], 'CSV')
  expect(read).toThrow(refused)
  expect(read).toThrow(expect.objectContaining({ isFinal: true }))
  expect(() => files.table(['exports/../payroll/b'], 'CSV')).toThrow(LoadError)
  await expect(files.stat(['payroll/b'])).rejects.toThrow(refused)
  await expect(files.read('payroll/b')).rejects.toThrow(refused)
  await expect(files.list('payroll/')).rejects.toThrow('payroll/ is not read')
})

it('lists what is below the prefix where all of a place is asked for', async () => {
  const queries: string[] = []
  const tell = async (query: string) => {
    queries.push(query)
    return []
  }
  await bucketFiles({ ...BUCKET, prefix: 'exports/' }, tell).list('./')
  expect(queries).toEqual([expect.stringContaining('amazonaws.com/exports/**')])
})

it('knows the key of a path, of a bucket as of a directory', () => {
  expect(bucketFiles(BUCKET, none).keyOf('billing/a/b.csv')).toBe('a/b.csv')
  expect(directoryFiles('/data', none).keyOf('/data/a/b.csv')).toBe('a/b.csv')
})

it.each(['relative', '/a/../b', '/a b', '/a{b}', "/a'"])('reads no directory of an odd path: %s', (path) => {
  expect(() => directoryFiles(path, none)).toThrow(LoadError)
})

const file = (bytes: number, modifiedAt: number) => new Map([['a.csv', { bytes, modifiedAt }]])

it.each([
  ['size', file(2, 5)],
  ['time', file(1, 6)],
  ['existence', new Map()],
])('sees a newer delivery in a file whose %s has changed while it was read', (_, after) => {
  expect(() => requireUnchanged(file(1, 5), after)).toThrow('a.csv was written while it was read')
  expect(() => requireUnchanged(file(1, 5), file(1, 5))).not.toThrow()
})

it('sees a newer delivery in a file that is newer than its manifest', () => {
  const manifest = { bytes: 9, modifiedAt: 5 }
  expect(() => requireOlder(file(1, 6), manifest)).toThrow('a.csv is newer than the manifest')
  expect(() => requireOlder(file(1, 5), manifest)).not.toThrow()
  expect(() => requireOlder(file(1, 5), undefined)).toThrow()
})

const AT = { key: 'org/20240901-20241001/org-Manifest.json', bucket: 'billing' }
const PERIOD = { billingPeriod: { start: '20240901T000000.000Z', end: '20241001T000000.000Z' } }

it('reads the manifest of a legacy report', () => {
  const text = JSON.stringify({
    ...PERIOD,
    assemblyId: 'a-1',
    bucket: 'billing',
    reportKeys: ['/org/x.csv.gz', 'org/y.csv.gz'],
  })
  expect(readManifest(text, AT)).toEqual({
    keys: ['org/x.csv.gz', 'org/y.csv.gz'],
    period: '2024-09-01',
    delivery: 'a-1',
  })
})

it.each([
  ['{', 'is not JSON', false],
  ['{}', 'is no manifest that Polo knows', true],
  ['{"dataFiles":["s3://elsewhere/x.parquet"]}', 'names a file of another bucket, elsewhere', true],
])('says what is wrong with a manifest: %s', (text, message, isFinal) => {
  const read = () => readManifest(text, AT)
  expect(read).toThrow(message)
  expect(read).toThrow(expect.objectContaining({ isFinal }))
})

it('tells of a failure on one line, without signatures', () => {
  const error = new Error('no\n  luck: https://b.s3/x?X-Amz-Signature=abc123&X-Amz-Credential=AKIA/x')
  expect(describeLoadError(error)).toBe('no luck: https://b.s3/x?X-Amz-Signature=…&X-Amz-Credential=…')
})
