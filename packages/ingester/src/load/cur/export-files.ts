import type { BulkFiles, FileFacts } from '../bulk-files.ts'
import { LoadError } from '../load-error.ts'

/** Files of one format that are read as one table. */
export interface ExportFiles {
  readonly keys: readonly string[]
  readonly format: 'Parquet' | 'CSVWithNames'
}

const FORMATS = [
  ['Parquet', /\.parquet$/i],
  ['CSVWithNames', /\.csv(\.gz)?$/i],
] as const

/** Of a legacy report for Athena: Parquet too, which says whether it is being written. */
const ATHENA_STATUS = /(?:^|\/)cost_and_usage_data_status\//

/** Whether a key is one of cost data, by its ending. */
export function isExportFile(key: string): boolean {
  return FORMATS.some(([, ending]) => ending.test(key)) && !ATHENA_STATUS.test(key)
}

/** @throws LoadError for endings that are unknown or differ */
export function formatOf(keys: readonly string[]): ExportFiles {
  for (const [format, ending] of FORMATS) if (keys.every((key) => ending.test(key))) return { keys, format }
  const odd = keys.find((key) => !isExportFile(key))
  throw new LoadError(
    odd === undefined
      ? 'the files are of different formats: Parquet and CSV'
      : `${odd} is neither Parquet nor CSV (plain or gzip): choose one of these for the export`,
    { isFinal: true },
  )
}

/**
 * What is known of every file; `where` is told of what is missing.
 * @throws LoadError which names the first that is not there
 */
export async function statAll(
  files: BulkFiles,
  keys: readonly string[],
  where = '',
): Promise<ReadonlyMap<string, FileFacts>> {
  const facts = await files.stat(keys)
  const missing = keys.filter((key) => !facts.has(key))
  if (missing.length === 0) return facts
  throw new LoadError(
    `${missing.length} of ${keys.length} files are not there (yet), such as ${missing[0]}${where}`,
  )
}

/**
 * The engine reads a file of no bytes as one without lines. An export writes none: it was cut off on its way.
 * @throws LoadError
 */
export function requireContent(facts: ReadonlyMap<string, FileFacts>): void {
  const empty = [...facts].find(([, { bytes }]) => bytes === 0)
  if (!empty) return
  throw new LoadError(`${empty[0]} has no bytes: it was cut off. Copy it again, or have it delivered again`, {
    isFinal: true,
  })
}

/**
 * Files that change while they are read belong to two deliveries.
 * @throws LoadError
 */
export function requireUnchanged(
  before: ReadonlyMap<string, FileFacts>,
  after: ReadonlyMap<string, FileFacts>,
): void {
  const changed = [...before].find(([key, { bytes, modifiedAt }]) => {
    const now = after.get(key)
    return now?.bytes !== bytes || now.modifiedAt !== modifiedAt
  })
  if (changed)
    throw new LoadError(`${changed[0]} was written while it was read: a newer delivery is under way`)
}

/**
 * A manifest is delivered after its files. One that is older than a file of its own was left by the delivery before.
 * @throws LoadError
 */
export function requireOlder(files: ReadonlyMap<string, FileFacts>, manifest: FileFacts | undefined): void {
  const newer = [...files].find(([, { modifiedAt }]) => modifiedAt > (manifest?.modifiedAt ?? 0))
  if (newer)
    throw new LoadError(`${newer[0]} is newer than the manifest that names it: a newer delivery is under way`)
}
