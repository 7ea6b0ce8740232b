import pLimit from 'p-limit'
import { describeContentFault, isContentFault } from '../content-fault.ts'
import type { LoadContext } from '../load-kind.ts'
import type { Delivery } from './delivery.ts'
import { type ExportFiles, formatOf } from './export-files.ts'
import { readSettings } from './read-settings.ts'
import { refuseFile } from './refuse-file.ts'
import type { DescribedColumn } from './source-columns.ts'

/** Files that have the same columns, of the same types. */
export interface FileGroup extends ExportFiles {
  readonly columns: readonly DescribedColumn[]
}

const AT_ONCE = 8

/**
 * What columns files have, each for itself: the engine takes those of one file for the columns of all, and leaves out what
 * only others have. CSV without a line but its header has none, and is left out.
 */
export async function describeFiles(delivery: Delivery, context: LoadContext): Promise<FileGroup[]> {
  const { keys, format } = formatOf(delivery.keys)
  const limit = pLimit(AT_ONCE)
  const described = await limit
    .map(keys, async (key) => ({ key, columns: await describe({ key, format }, delivery, context) }))
    .finally(() => limit.clearQueue())
  const groups = new Map<string, FileGroup & { readonly keys: string[] }>()
  for (const { key, columns } of described) {
    if (columns.length === 0) continue
    const shape = JSON.stringify(columns.map(({ name, type }) => [name, type]).sort())
    const group = groups.get(shape)
    if (group) group.keys.push(key)
    else groups.set(shape, { keys: [key], format, columns })
  }
  return [...groups.values()]
}

interface ExportFile {
  readonly key: string
  readonly format: ExportFiles['format']
}

async function describe(
  file: ExportFile,
  delivery: Delivery,
  context: LoadContext,
): Promise<DescribedColumn[]> {
  const { key, format } = file
  try {
    return await context.select<DescribedColumn>(`DESCRIBE TABLE ${context.files.table([key], format)}`, {
      settings: readSettings(format),
    })
  } catch (error) {
    if (!isContentFault(error)) throw error
    // The engine tells the columns of CSV by its lines, and that there are none by the same error as what else is wrong.
    const read = await countRows(file, context).catch((reason: unknown) => reason)
    if (read === 0 && format === 'CSVWithNames') return []
    if (!isContentFault(read) && typeof read !== 'number') throw read
    // Of reading it, the engine says more.
    const fault = isContentFault(read) ? read : error
    return await refuseFile(describeContentFault(key, fault), delivery, context)
  }
}

/** Reads all, without knowing the columns. */
async function countRows({ key, format }: ExportFile, { files, select }: LoadContext): Promise<number> {
  const table = files.table([key], format, 'anything Nullable(String)')
  const [counted] = await select<{ rows: number }>(
    `SELECT count() AS rows, count(anything) AS read FROM ${table}`,
  )
  return counted?.rows ?? 0
}
