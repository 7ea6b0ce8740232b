import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { requireData } from '../../packages/cli/src/session/data-directory.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'polo-data-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

test('tells a directory without data from one that cannot be read', async () => {
  await expect(requireData(directory)).rejects.toThrow('there is no data in')
  await expect(requireData(join(directory, 'gone'))).rejects.toThrow('there is no data in')
  await mkdir(join(directory, 'clickhouse'))
  await expect(requireData(directory)).resolves.toBeUndefined()

  const loop = join(directory, 'loop')
  await symlink(loop, loop)
  await expect(requireData(loop)).rejects.toThrow(
    'cannot be read (ELOOP). It is private to the user who made it',
  )
})
