import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ObjectStore } from '@polo/collectors'

/** The part of a data directory that stands for the state bucket. */
export const STATE_DIRECTORY = 'state'

/** Objects as files, `/` in a key being a directory; only their owner reads them. */
export function directoryStore(root: string): ObjectStore {
  return {
    async read(key) {
      try {
        return await readFile(join(root, key), 'utf8')
      } catch (error) {
        if (isMissing(error)) return undefined
        throw error
      }
    },
    async write(key, body) {
      const file = join(root, key)
      // Its own, as two may write at a time.
      const written = `${file}.${randomUUID()}`
      await mkdir(dirname(file), { recursive: true, mode: 0o700 })
      await writeFile(written, body, { mode: 0o600 })
      await rename(written, file)
    },
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
