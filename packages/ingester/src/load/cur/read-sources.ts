import { LoadError } from '../load-error.ts'
import type { LoadContext } from '../load-kind.ts'
import type { ExportFiles } from './export-files.ts'
import { readSettings } from './read-settings.ts'
import type { LineItemSelect } from './select-line-items.ts'

/** Files of the same columns, and how they become line items. */
export interface LineItemSource {
  readonly files: ExportFiles
  readonly lineItems: LineItemSelect
}

/** What the files themselves say, to be compared with what was staged of them. */
export interface SourceSums {
  readonly rows: number
  readonly unblended: string
  /** First days of the billing periods. */
  readonly periods: readonly string[]
}

/** The same, and what else is told of a load. */
export interface SourceFacts extends SourceSums {
  /** Whose services the lines are of, as the files name them. */
  readonly providers: readonly string[]
}

/** Sums files up, and counts their rows: without reading them where the format allows. */
export async function readSources(
  sources: readonly LineItemSource[],
  { files, select }: LoadContext,
): Promise<SourceFacts> {
  const parts = sources.map(
    ({ files: { keys, format }, lineItems: { unblendedCost, billingPeriod, provider } }) =>
      `SELECT count() AS part_rows, sum(${unblendedCost}) AS part_cost, groupUniqArray(${billingPeriod}) AS part_periods,
         groupUniqArray(${provider}) AS part_providers
       FROM ${files.table(keys, format)}`,
  )
  const [format = 'Parquet'] = sources.map((source) => source.files.format)
  const [read] = await select<SourceFacts>(
    `SELECT sum(part_rows) AS rows, toString(sum(part_cost)) AS unblended,
       arraySort(arrayMap(period -> toString(period), groupUniqArrayArray(part_periods))) AS periods,
       arraySort(groupUniqArrayArray(part_providers)) AS providers
     FROM (${parts.join(' UNION ALL ')})`,
    { settings: readSettings(format) },
  )
  if (!read) throw new LoadError('the files could not be counted')
  if (format !== 'Parquet') return read
  const keys = sources.flatMap((source) => source.files.keys)
  const [metadata] = await select<{ rows: number }>(
    `SELECT toUInt64(sum(num_rows)) AS rows FROM ${files.table(keys, 'ParquetMetadata')}`,
  )
  return { ...read, rows: metadata?.rows ?? 0 }
}
