import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { makeBulkLoad, PLAIN_KEY } from '@polo/core'
import { UsageError } from '../errors.ts'
import type { FindOptions } from './find-cost-exports.ts'
import { listFiles, noteLinks } from './list-files.ts'
import type { DirectoryLoads } from './path-collectors.ts'

/** As AWS names them, and as they are called once they are unpacked. */
const FLOW_LOG_FILE = /\.(?:log|gz|parquet)$/
const DEFAULT_SOURCE = 'by hand'

/**
 * One load for each file of a directory that may be a flow log, whatever else there is.
 * @throws UsageError where there is none
 */
export async function findFlowLogs(
  directory: string,
  { name = DEFAULT_SOURCE, now }: FindOptions,
): Promise<DirectoryLoads> {
  const { files: all, links } = await listFiles(directory)
  const files = all.filter((key) => FLOW_LOG_FILE.test(key))
  if (files.length === 0) {
    const others = noteLinks(links).map((note) => `; ${note}`)
    throw new UsageError(
      `${directory} holds no flow logs: no file in it ends with .log, .gz or .parquet${others.join('')}`,
    )
  }
  const copies = unpackedCopies(files)
  const plain = files.filter((key) => PLAIN_KEY.test(key))
  const keys = plain.filter((key) => !copies.has(key))
  const loads = keys.map(async (key) =>
    makeBulkLoad({
      kind: 'flow_logs',
      source: name,
      target: `${directory}/${key}`,
      storage: 'file',
      aws_account_id: '',
      bucket: directory,
      region: '',
      key,
      // Who asks by hand means it, though it was loaded before.
      etag: now.toISOString(),
      bytes: (await stat(join(directory, key))).size,
      modified_at: now.toISOString(),
      observed_at: now.toISOString(),
    }),
  )
  return {
    loads: await Promise.all(loads),
    notes: [
      ...noteOthers(all.length - files.length),
      ...noteOdd(files.length - plain.length),
      ...noteLinks(links),
      ...noteCopies(plain.length - keys.length),
    ],
  }
}

function noteOthers(count: number): string[] {
  if (count === 0) return []
  const left = count === 1 ? '1 file of another kind is' : `${count} files of other kinds are`
  return [`${left} left out: flow logs end with .log, .gz or .parquet`]
}

function noteOdd(count: number): string[] {
  if (count === 0) return []
  const odd = "with spaces or *?{},' in"
  return [
    count === 1
      ? `1 file has a name ${odd} it and is left out`
      : `${count} files have names ${odd} them and are left out`,
  ]
}

/** Files that somebody unpacked beside the compressed ones that they are copies of. */
function unpackedCopies(files: readonly string[]): ReadonlySet<string> {
  const all = new Set(files)
  return new Set(files.filter((file) => all.has(`${file}.gz`)))
}

function noteCopies(count: number): string[] {
  if (count === 0) return []
  return [
    count === 1
      ? '1 file is left out: its compressed original is beside it'
      : `${count} files are left out: their compressed originals are beside them`,
  ]
}
