import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MissingFileError } from '../../../packages/collectors/src/files/errors.ts'
import { checkPaths, findFiles } from '../../../packages/collectors/src/files/find-files.ts'
import { readChunks } from '../../../packages/collectors/src/files/read-chunks.ts'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'polo-files-'))
  for (const folder of ['b/c', 'a', '.hidden']) await mkdir(join(root, folder), { recursive: true })
  for (const file of ['b/c/2.json', 'b/1.JSON.gz', 'a/9.jsonl', 'a/notes.txt', '.hidden/0.json', 'a/.0.json'])
    await writeFile(join(root, file), '{}')
  await symlink(join(root, 'a/9.jsonl'), join(root, 'b/linked.json'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

describe('findFiles', () => {
  it('finds files of directories by the ends of their names, in order, and tells of the others', async () => {
    const others: string[] = []
    const kinds = { ends: ['.json', '.jsonl', '.gz'], onOther: (path: string) => others.push(path) }
    const found = await Array.fromAsync(findFiles([root], kinds))
    expect(found.map((path) => relative(root, path))).toEqual([
      'a/9.jsonl',
      'b/1.JSON.gz',
      'b/c/2.json',
      'b/linked.json',
    ])
    expect(others.map((path) => relative(root, path))).toEqual(['a/notes.txt'])
  })

  it('takes a file that is named, whatever it is called', async () => {
    const path = join(root, 'a/notes.txt')
    const kinds = { ends: ['.json'], onOther: () => {} }
    expect(await Array.fromAsync(findFiles([path], kinds))).toEqual([path])
  })

  it('names a path where nothing is, before anything is read', async () => {
    const missing = join(root, 'nope.json')
    await expect(checkPaths([root, missing])).rejects.toThrow(
      new MissingFileError(`${missing}: there is no such file or directory`),
    )
  })
})

describe('readChunks', () => {
  const text = '{"a":1}'.repeat(100_000)
  const read = async (path: string) => Buffer.concat(await Array.fromAsync(readChunks(path))).toString()

  it.each([
    ['plain.gz', Buffer.from(text)],
    ['compressed.json', gzipSync(text)],
    ['members.json.gz', Buffer.concat([gzipSync(text.slice(0, 70)), gzipSync(text.slice(70))])],
  ])('reads %s by what it holds, not by its name', async (name, bytes) => {
    const path = join(root, name)
    await writeFile(path, bytes)
    expect(await read(path)).toBe(text)
  })

  it('gives what can be read of a file that is cut off, and then throws', async () => {
    const path = join(root, 'cut.json.gz')
    const random = Array.from({ length: 200_000 }, (_, index) => String(index * 7919)).join()
    await writeFile(path, gzipSync(random).subarray(0, 400_000))
    const chunks: Buffer[] = []
    await expect(async () => {
      for await (const chunk of readChunks(path)) chunks.push(chunk)
    }).rejects.toThrow('unexpected end of file')
    expect(random.startsWith(Buffer.concat(chunks).toString())).toBe(true)
    expect(chunks.length).toBeGreaterThan(0)
  })

  it('gives nothing of an empty file', async () => {
    const path = join(root, 'empty.json')
    await writeFile(path, '')
    expect(await read(path)).toBe('')
  })

  it('closes a file that is not read to its end', async () => {
    const path = join(root, 'plain.gz')
    for await (const chunk of readChunks(path)) {
      expect(chunk.length).toBeGreaterThan(0)
      break
    }
    await rm(path)
  })
})
