import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  CLICKHOUSE_PASSWORD_FILE,
  ensureClickHousePassword,
} from '../../../packages/local/src/runtime/clickhouse-password.ts'
import { makePrivateUnlessShared } from '../../../packages/local/src/runtime/private-directory.ts'

const OURS = new Set(['clickhouse'])
let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'polo-private-'))
  await chmod(directory, 0o755)
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777
}

test('makes a data directory that only its owner enters', async () => {
  await makePrivateUnlessShared(join(directory, 'new'), OURS)
  expect(await modeOf(join(directory, 'new'))).toBe(0o700)
})

test('closes an existing data directory to others', async () => {
  await mkdir(join(directory, 'clickhouse'))
  await makePrivateUnlessShared(directory, OURS)
  expect(await modeOf(directory)).toBe(0o700)
})

test('leaves a directory open that holds things of others', async () => {
  await writeFile(join(directory, 'notes.txt'), '')
  await makePrivateUnlessShared(directory, OURS)
  expect(await modeOf(directory)).toBe(0o755)
})

test('makes a password once, in a file that only its owner reads', async () => {
  const password = await ensureClickHousePassword(directory)
  const file = join(directory, CLICKHOUSE_PASSWORD_FILE)
  expect(password).toMatch(/^[\w-]{32}$/)
  expect(await ensureClickHousePassword(directory)).toBe(password)
  expect(await readFile(file, 'utf8')).toBe(`${password}\n`)
  expect(await modeOf(file)).toBe(0o600)
})

test('makes another password in the place of a broken file', async () => {
  await writeFile(join(directory, CLICKHOUSE_PASSWORD_FILE), '')
  const password = await ensureClickHousePassword(directory)
  expect(await ensureClickHousePassword(directory)).toBe(password)
})
