import type { BulkLoad } from '@polo/core'
import type { BulkFiles, FileFacts } from '../bulk-files.ts'
import { LoadError } from '../load-error.ts'
import { isExportFile, requireContent, requireOlder, statAll } from './export-files.ts'
import { readManifest } from './manifest.ts'

/** What one request means: the files, and the only period that may be in them. */
export interface Delivery {
  readonly keys: readonly string[]
  /** Undefined where there is no manifest: whatever periods are in the files. */
  readonly period: string | undefined
  /** What tells one delivery from another; '' where nothing does. */
  readonly id: string
  readonly facts: ReadonlyMap<string, FileFacts>
}

/**
 * Reads the manifest, or lists the folder, that a request names, and looks whether everything is there.
 * @throws LoadError where something is not, or belongs to a newer delivery
 */
export async function findDelivery(load: BulkLoad, files: BulkFiles): Promise<Delivery> {
  if (load.key.endsWith('/')) return listFolder(load, files)
  const manifest = readManifest(await files.read(load.key), {
    key: load.key,
    bucket: load.storage === 's3' ? load.bucket : '',
  })
  // A list that names a file twice has the engine read it twice.
  const named = [...new Set(manifest.keys)]
  const keys = load.storage === 's3' ? named : await findCopies(named, files)
  const where =
    load.storage === 's3' ? '' : `. They are looked for below ${load.bucket}, as the bucket has them`
  const facts = await statAll(files, keys, where)
  requireContent(facts)
  // A copy on a disk has the times of the copying.
  if (load.storage === 's3') requireOlder(facts, (await files.stat([load.key])).get(load.key))
  return { keys, period: manifest.period, id: manifest.delivery, facts }
}

/** What file systems and tools keep for themselves, such as the `._a.csv` that macOS makes beside an `a.csv`. */
const HIDDEN = /(?:^|\/)\./

async function listFolder({ bucket, key }: BulkLoad, files: BulkFiles): Promise<Delivery> {
  const keys = (await files.list(key)).filter((file) => isExportFile(file) && !HIDDEN.test(file))
  if (keys.length === 0)
    throw new LoadError(`there is no Parquet or CSV file in ${bucket}/${key}`, { isFinal: true })
  requireOneOfEach(keys)
  const facts = await statAll(files, keys)
  requireContent(facts)
  return { keys, period: undefined, id: '', facts }
}

/**
 * `20240901-20241001/<assembly>/` or `BILLING_PERIOD=2024-09/<time>-<execution>/`, where each delivery has its own folder; without
 * it where each takes the place of the one before.
 * https://docs.aws.amazon.com/cur/latest/userguide/dataexports-export-delivery.html
 */
const PERIOD = String.raw`\d{8}-\d{8}|BILLING_PERIOD=\d{4}-\d{2}`
const ID = String.raw`[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|\d{4}-\d{2}-\d{2}T[^/]+`
const DELIVERY = new RegExp(`^(.*(?:${PERIOD})/)(?:(${ID})/)?`, 'i')

/**
 * Without a manifest, each delivery of a period would add to the one before, which it tells anew.
 * @throws LoadError for two of a period, and for a file that is there twice
 */
function requireOneOfEach(keys: readonly string[]): void {
  const deliveries = new Map<string, string>()
  for (const key of keys) {
    const [, period = '', delivery = 'one without a folder'] = DELIVERY.exec(key) ?? []
    const other = deliveries.get(period) ?? delivery
    if (other !== delivery) throw countedTwice(`${period} holds two deliveries, ${other} and ${delivery}`)
    deliveries.set(period, delivery)
  }
  const there = new Set(keys)
  const plain = keys.find((key) => there.has(`${key}.gz`))
  if (plain !== undefined) throw countedTwice(`there are both ${plain} and ${plain}.gz`)
}

function countedTwice(what: string): LoadError {
  return new LoadError(
    `${what}, which tell of the same money: keep the newest alone, or copy the manifests as well`,
    { isFinal: true },
  )
}

/**
 * A directory may be the copy of a bucket, or of some folder in it: then keys there begin further down. Only these are
 * looked for, never what else is in the directory, which may come and go.
 * @throws LoadError where one copy would be taken for two files
 */
async function findCopies(keys: readonly string[], files: BulkFiles): Promise<string[]> {
  const there = await files.stat([...new Set(keys.flatMap(endsOf))])
  const found = new Map<string, string>()
  for (const key of keys) {
    const copy = endsOf(key).find((end) => there.has(end)) ?? key
    const taken = found.get(copy)
    if (taken !== undefined) {
      throw new LoadError(
        `${copy} could be ${taken} and ${key}, which the manifest names both: copy the bucket with its folders`,
        { isFinal: true },
      )
    }
    found.set(copy, key)
  }
  return [...found.keys()]
}

/** `a/b/c`, `b/c`, `c`. */
function endsOf(key: string): string[] {
  const parts = key.split('/')
  return parts.map((_, start) => parts.slice(start).join('/'))
}
