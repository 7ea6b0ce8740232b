import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { readPathRequest } from '../../packages/cli/src/loads/path-request.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'polo-path-'))
  for (const name of ['POLO_CLICKHOUSE_URL', 'POLO_QUEUE_URL']) vi.stubEnv(name, undefined)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(directory, { recursive: true, force: true })
})

const read = (name: string, path: string) =>
  readPathRequest([name], { path, timeout: '15', dataDir: directory })
const write = (...names: string[]) => Promise.all(names.map((name) => writeFile(join(directory, name), 'x')))

test('says that a file is one, and which directory to name', async () => {
  await write('a.log')
  await expect(read('flow_logs', join(directory, 'a.log'))).rejects.toThrow(
    `is a file; name the directory that it is in: --path ${directory}`,
  )
  await expect(read('flow_logs', join(directory, 'b'))).rejects.toThrow('there is no such directory')
})

test('does not take another option for the directory', async () => {
  await expect(read('/data', '--data-dir')).rejects.toThrow('--path needs a directory')
  await expect(read('flow_logs', '')).rejects.toThrow('--path needs a directory')
  await expect(read('flow_log', directory)).rejects.toThrow("there is no collector 'flow_log'")
})

test.each([
  [{}, { direct: false, backfill: true }],
  [{ backfill: false }, { direct: false, backfill: false }],
  [{ direct: true }, { direct: true, backfill: false }],
])('sends requests to the backfill queue unless %j says otherwise', async (flags, to) => {
  await write('a.log', 'a.csv')
  for (const name of ['flow_logs', 'cost_cur'])
    expect(
      await readPathRequest([name], { path: directory, timeout: '15', dataDir: directory, ...flags }),
    ).toMatchObject({ to })
})

test.each([
  [['a.log'], []],
  [['a.log', 'b.txt'], ['1 file of another kind is left out: flow logs end with .log, .gz or .parquet']],
  [
    ['a.log', 'b.txt', 'c', 'd e.log'],
    [
      '2 files of other kinds are left out: flow logs end with .log, .gz or .parquet',
      "1 file has a name with spaces or *?{},' in it and is left out",
    ],
  ],
])('notes what of %j is no flow log', async (names, notes) => {
  await write(...names)
  expect(await read('flow_logs', directory)).toMatchObject({
    notes,
    loads: [{ bucket: directory, key: 'a.log' }],
  })
})

test.each([
  [['a.csv'], 'its 1 file is taken for whole billing periods'],
  [['a.csv', 'b.csv'], 'its 2 files are taken for whole billing periods'],
])('notes that there is no manifest beside %j', async (names, note) => {
  await write(...names)
  expect(await read('cost_cur', directory)).toMatchObject({ notes: [expect.stringContaining(note)] })
})

test.each([
  ['of the period itself', '', '2025-01-05T10_00_00.000Z-a/', '2025-01-06T10_00_00.000Z-b/'],
  [
    'of the last delivery',
    '2025-01-06T10_00_00.000Z-b/',
    '2025-01-04T10_00_00.000Z-c/',
    '2025-01-05T10_00_00.000Z-a/',
  ],
])('takes the manifest %s, whenever copies were made', async (_, newest, ...others) => {
  const manifestOf = (folder: string) => `metadata/BILLING_PERIOD=2025-01/${folder}org-Manifest.json`
  for (const [minute, folder] of [newest, ...others].entries()) {
    const path = join(directory, manifestOf(folder))
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, '{}')
    await utimes(path, minute * 60, minute * 60)
  }
  expect((await read('cost_cur', directory))?.loads).toMatchObject([{ key: manifestOf(newest) }])
})

test('leaves hidden files and directories to whoever keeps them', async () => {
  await mkdir(join(directory, '.polo'))
  await write('a.log', '._a.log', '.polo/b.log')
  expect(await read('flow_logs', directory)).toMatchObject({ notes: [], loads: [{ key: 'a.log' }] })
})

test('says that it follows no symbolic links', async () => {
  await write('a.log')
  await symlink('.', join(directory, 'latest'))
  expect(await read('flow_logs', directory)).toMatchObject({
    notes: ['the symbolic link latest is not followed'],
    loads: [{ key: 'a.log' }],
  })
  await symlink('a.log', join(directory, 'b.log'))
  expect(await read('flow_logs', directory)).toMatchObject({
    notes: ['2 symbolic links, such as b.log, are not followed'],
    loads: [{ key: 'a.log' }],
  })
  await rm(join(directory, 'a.log'))
  await expect(read('flow_logs', directory)).rejects.toThrow(
    '2 symbolic links, such as b.log, are not followed',
  )
})

test('reads a flow log once that is there both compressed and unpacked', async () => {
  await write('a.log', 'a.log.gz')
  expect(await read('flow_logs', directory)).toMatchObject({
    notes: ['1 file is left out: its compressed original is beside it'],
    loads: [{ key: 'a.log.gz' }],
  })
})

test('takes no directory for whole billing periods whose links lead the database to a file twice', async () => {
  await write('a.csv')
  await symlink('.', join(directory, 'latest'))
  await expect(read('cost_cur', directory)).rejects.toThrow('holds symbolic links, such as latest')
})

test('says which cost file to rename before anything is asked for', async () => {
  await write('a.csv', 'b c.csv')
  await expect(read('cost_cur', directory)).rejects.toThrow("rename 'b c.csv'")
})
