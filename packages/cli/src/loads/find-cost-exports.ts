import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import {
  type BulkLoad,
  costTarget,
  exportOfManifest,
  makeBulkLoad,
  manifestPeriod,
  PLAIN_KEY,
} from '@polo/core'
import { isExportFile } from '@polo/ingester'
import { UsageError } from '../errors.ts'
import { listFiles, noteLinks } from './list-files.ts'
import type { DirectoryLoads } from './path-collectors.ts'

export interface FindOptions {
  /** Name in `cost_line_items`, for all that is found. */
  readonly name?: string | undefined
  readonly now: Date
}

/**
 * The loads that a directory calls for: one for the newest manifest of each export and period, or where it has none,
 * one for all files in it.
 * @throws UsageError where there is nothing to load
 */
export async function findCostExports(
  directory: string,
  { name, now }: FindOptions,
): Promise<DirectoryLoads> {
  const { files: keys, links } = await listFiles(directory)
  const manifests = await newestManifests(directory, keys, name)
  const load = (source: string, fields: Pick<BulkLoad, 'target' | 'key' | 'bytes'>) =>
    makeBulkLoad({
      kind: 'cur',
      source,
      storage: 'file',
      aws_account_id: '',
      bucket: directory,
      region: '',
      // Who asks by hand means it, though it was loaded before, and though S3 has a newer one.
      etag: now.toISOString(),
      modified_at: now.toISOString(),
      observed_at: now.toISOString(),
      ...fields,
    })
  if (manifests.length > 0) {
    return { loads: manifests.map(({ source, ...fields }) => load(source, fields)), notes: noteLinks(links) }
  }
  const files = keys.filter(isExportFile)
  requireWhole(directory, files, links)
  if (files.length === 0) {
    throw new UsageError(`${directory} holds neither the manifest of a cost export nor Parquet or CSV files`)
  }
  const source = name ?? toName(basename(directory))
  const taken = files.length === 1 ? '1 file is taken' : `${files.length} files are taken`
  return {
    loads: [load(source, { target: `${source}/${toName(basename(directory))}`, key: './', bytes: 0 })],
    notes: [
      `there is no manifest in ${directory}: its ${taken} for whole billing periods of the export ${source}`,
    ],
  }
}

/**
 * The database looks through the directory by itself, and what it reads counts as all of the billing periods in it.
 * @throws UsageError where it would read other files than these
 */
function requireWhole(directory: string, files: readonly string[], links: readonly string[]): void {
  const [link] = links
  if (link !== undefined) {
    throw new UsageError(
      `${directory} holds symbolic links, such as ${link}: what they lead to might be counted twice. ` +
        'Name a directory that has each file once, and no links',
    )
  }
  const odd = files.find((file) => !PLAIN_KEY.test(file))
  if (odd !== undefined) {
    throw new UsageError(
      `${directory}: rename '${odd}', the database takes some of its characters for a pattern`,
    )
  }
}

type FoundManifest = Pick<BulkLoad, 'source' | 'target' | 'key' | 'bytes'>

async function newestManifests(
  directory: string,
  keys: readonly string[],
  name: string | undefined,
): Promise<FoundManifest[]> {
  const newest = new Map<string, FoundManifest>()
  for (const key of keys) {
    const period = manifestPeriod(key)
    if (period === undefined) continue
    const { size } = await stat(join(directory, key))
    const source = name ?? toName(basename(key).replace(/-Manifest\.json$/i, ''))
    const target = costTarget(source, period)
    const known = newest.get(target)
    if (known && exportOfManifest(known.key) !== exportOfManifest(key)) {
      throw new UsageError(
        `${directory} holds two exports of ${period.slice(0, 7)} that would both be ${source}: ${known.key} and ${key}. ` +
          'Load each from a directory of its own, with its own --export',
      )
    }
    if (!known || isNewer(key, known.key)) newest.set(target, { source, target, key, bytes: size })
  }
  return [...newest.values()]
}

/**
 * The manifest of a period tells of its newest delivery; beside it there may be one of each, in a folder that begins with its
 * time. When the files were written says nothing: a copy has the times of the copying.
 */
function isNewer(key: string, than: string): boolean {
  const depth = (path: string) => path.split('/').length
  return depth(key) === depth(than) ? key > than : depth(key) < depth(than)
}

function toName(text: string): string {
  return text.replaceAll(/[^\w.-]+/g, '-').replace(/^[^a-z0-9]+/i, '') || 'export'
}
