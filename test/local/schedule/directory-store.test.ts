import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { directoryStore } from '../../../packages/local/src/schedule/directory-store.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'polo-store-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

test('reads what was written last, and nothing where nothing was', async () => {
  const store = directoryStore(join(directory, 'state'))
  expect(await store.read('a/b.json')).toBeUndefined()
  await store.write('a/b.json', 'one')
  await store.write('a/b.json', 'two')
  expect(await store.read('a/b.json')).toBe('two')
  expect((await stat(join(directory, 'state/a/b.json'))).mode & 0o777).toBe(0o600)
})

test('takes one of several bodies that are written at a time, and leaves nothing else', async () => {
  const store = directoryStore(directory)
  const bodies = Array.from({ length: 20 }, (_, index) => String(index).repeat(10_000))
  await Promise.all(bodies.map((body) => store.write('list', body)))
  expect(bodies).toContain(await store.read('list'))
  expect(await readdir(directory)).toEqual(['list'])
})

test('throws what keeps it from reading, which is not the same as nothing', async () => {
  await writeFile(join(directory, 'file'), '')
  await expect(directoryStore(join(directory, 'file')).read('list')).rejects.toThrow('ENOTDIR')
})
