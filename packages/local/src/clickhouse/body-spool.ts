import { createHash, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, open, realpath, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { failures } from './click-house-failure.ts'

const SHARED_MEMORY = '/dev/shm'
/** Bodies that are larger, or of unknown length, go to disk: shared memory is memory. */
const MAX_IN_MEMORY_BYTES = 64 * 1024 * 1024
const FULL_DISK_CODES = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/** Keeps request bodies in files for as long as the engine reads them. */
export interface BodySpool {
  directory: string
  /** Writes all chunks to a new file; on any failure none is left. @throws ClickHouseFailure 243 */
  write(chunks: AsyncIterable<Uint8Array>, declaredBytes: number | undefined): Promise<string>
  remove(path: string): Promise<void>
  close(): Promise<void>
}

/**
 * Makes an empty spool for the engine of `dataDir`, throwing away what a killed process left.
 * To be called by the process that holds the data directory's lock, alone.
 */
export async function makeBodySpool(dataDir: string, tmpDir: string | undefined): Promise<BodySpool> {
  const name = `polo-clickhouse-${createHash('sha256')
    .update(await realpath(dataDir))
    .digest('hex')
    .slice(0, 16)}`
  const onDisk = tmpDir === undefined ? join(dataDir, 'polo-tmp') : join(tmpDir, name)
  const inMemory = tmpDir === undefined && existsSync(SHARED_MEMORY) ? join(SHARED_MEMORY, name) : undefined
  const directories = [onDisk, ...(inMemory === undefined ? [] : [inMemory])]
  const clear = async () => {
    for (const directory of directories) await rm(directory, { recursive: true, force: true })
  }
  await clear()
  for (const directory of directories) {
    await mkdir(directory, { recursive: true, mode: 0o700 })
  }
  return {
    directory: onDisk,
    async write(chunks, declaredBytes) {
      const small = declaredBytes !== undefined && declaredBytes <= MAX_IN_MEMORY_BYTES
      const useMemory = inMemory !== undefined && small && (await freeBytes(inMemory)) > 4 * declaredBytes
      const path = join(useMemory ? inMemory : onDisk, randomUUID())
      try {
        await writeChunks(path, chunks)
      } catch (error) {
        await rm(path, { force: true })
        throw isFullDisk(error) ? failures.noSpace(error) : error
      }
      return path
    },
    remove: (path) => rm(path, { force: true }),
    close: clear,
  }
}

async function writeChunks(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    for await (const chunk of chunks) await file.writeFile(chunk)
  } finally {
    await file.close()
  }
}

async function freeBytes(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory)
  return bavail * bsize
}

function isFullDisk(error: unknown): boolean {
  return error instanceof Error && 'code' in error && FULL_DISK_CODES.has(String(error.code))
}
