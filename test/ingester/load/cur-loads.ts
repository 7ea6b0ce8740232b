import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BulkLoad, PoloConfig, type PoloConfigInput } from '@polo/core'
import { createLoader, loadKinds, loadSources } from '@polo/ingester'
import { beforeEach } from 'vitest'
import { batch, bodyOf, loadRow, record } from '../factories.ts'
import type { Pipeline } from '../pipeline.ts'
import { usePipeline } from '../use-pipeline.ts'

export const FIXTURES = fileURLToPath(new URL('../../fixtures', import.meta.url))

/** A directory that is gone after the tests. */
export async function makeDirectory() {
  const path = await mkdtemp(join(tmpdir(), 'polo-cur-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

/** A database without loads or line items, nor rows of `tables`, and an empty directory, for each test. */
export function useCurLoads({ tables = [] }: { readonly tables?: readonly string[] } = {}) {
  const stage = usePipeline({
    empty: [...tables, 'bulk_loads', 'bulk_load_results', 'cost_line_items'],
  })
  let directory: Awaited<ReturnType<typeof makeDirectory>>
  beforeEach(async () => {
    directory = await makeDirectory()
    return () => directory.remove()
  })
  return {
    get polo() {
      return stage.polo
    },
    get directory() {
      return directory.path
    },
  }
}

let asked = 0

/** A request for what is in a directory, newer than all before it. */
export function fileLoad(directory: string, key: string, overrides: Partial<Omit<BulkLoad, 'load_id'>> = {}) {
  asked++
  return loadRow({
    storage: 'file',
    bucket: directory,
    key,
    etag: String(asked),
    modified_at: new Date(Date.UTC(2026, 0, 1) + asked * 1_000).toISOString(),
    ...overrides,
  })
}

/** Sends requests through the ingester and loads them; resolves to how each stands. */
export async function loadFiles(polo: Pipeline, loads: readonly BulkLoad[], config: PoloConfigInput = {}) {
  const body = await bodyOf(loads, { schema: 'bulk_load/1' })
  await polo.ingest(batch(record(body, { sender: 'AROACONTROL:one' })))
  const parsed = PoloConfig.parse(config)
  const loader = createLoader({
    clickhouse: polo.clickhouse,
    target: { kind: 'embedded' },
    kinds: loadKinds(parsed),
    sources: loadSources(parsed),
    directories: [...new Set(loads.map(({ bucket }) => bucket))],
    name: 'test',
  })
  await loader.run()
  const ids = loads.map(({ load_id }) => `'${load_id}'`).join(', ')
  return await polo.select(
    `SELECT status, error, files, rows, sums, details FROM bulk_load_status WHERE load_id IN (${ids}) ORDER BY modified_at, key`,
  )
}

/** Writes lines as a file below a directory. */
export async function writeCsv(directory: string, key: string, lines: readonly string[]): Promise<void> {
  const path = join(directory, key)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, `${lines.join('\n')}\n`)
}

/** A line of an export, by its columns. */
export type Line = Readonly<Record<string, string>>

/** The least that a line of a legacy report says. */
export const LEGACY: Line = {
  'lineItem/UsageStartDate': '2025-01-01T00:00:00Z',
  'lineItem/UsageAccountId': '111122223333',
}

/** Writes lines as one file below a directory; columns that a line lacks are empty. */
export async function writeLines(directory: string, key: string, lines: readonly Line[]): Promise<void> {
  const columns = [...new Set(lines.flatMap((line) => Object.keys(line)))]
  const quote = (text: string) => `"${text.replaceAll('"', '""')}"`
  await writeCsv(directory, key, [
    columns.map(quote).join(','),
    ...lines.map((line) => columns.map((column) => quote(line[column] ?? '')).join(',')),
  ])
}
