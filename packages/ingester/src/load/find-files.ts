import type { BulkBucket, BulkLoad, BulkLoadKind } from '@polo/core'
import { type BulkFiles, bucketFiles, directoryFiles } from './bulk-files.ts'
import { LoadError } from './load-error.ts'

/** The buckets that the configuration lets the database read. */
export type LoadSources = Readonly<Record<BulkLoadKind, readonly BulkBucket[]>>

/**
 * The place that a request's files are in. What is queued only chooses among places that the configuration, or the
 * command line, names: it can make the database read nothing else.
 * @throws LoadError for any other place
 */
export function findFiles(
  load: BulkLoad,
  { sources, directories }: { readonly sources: LoadSources; readonly directories: readonly string[] },
  select: <Row>(query: string) => Promise<Row[]>,
): BulkFiles {
  if (load.storage === 'file') {
    if (!directories.includes(load.bucket)) throw refused(load, `${load.bucket} was not named with --path`)
    return directoryFiles(load.bucket, select)
  }
  const source = sources[load.kind].find(({ name }) => name === load.source)
  if (!source) throw refused(load, `polo.config.ts names no source ${load.source} for it`)
  if (load.bucket !== source.bucket || !load.key.startsWith(source.prefix)) {
    throw refused(
      load,
      `it is not in s3://${source.bucket}/${source.prefix}, which is what ${source.name} means`,
    )
  }
  return bucketFiles(source, select)
}

function refused({ bucket, key }: BulkLoad, why: string): LoadError {
  return new LoadError(`${bucket}/${key} is not loaded: ${why}`, { isFinal: true })
}
