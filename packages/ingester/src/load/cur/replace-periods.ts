import { LoadError } from '../load-error.ts'
import type { LoadContext } from '../load-kind.ts'
import { quoteName, quoteString } from '../quote.ts'

export const LINE_ITEMS = 'cost_line_items'

/** One billing period of an export. */
export interface ExportPeriod {
  readonly exportName: string
  /** First day, `2024-09-01`. */
  readonly period: string
}

/**
 * Puts a staged period in the place of what the export had of it. It is one step: whoever reads sees the one or the other.
 * @throws LoadError when afterwards it is not what was staged
 */
export async function replacePeriod(
  { exportName, period }: ExportPeriod,
  staging: string,
  { run, select }: LoadContext,
): Promise<void> {
  await run(
    `ALTER TABLE ${LINE_ITEMS} REPLACE PARTITION ${partition({ exportName, period })} FROM ${quoteName(staging)}`,
  )
  const [counts] = await select<{ staged: number; stored: number }>(
    `SELECT
       (SELECT count() FROM ${quoteName(staging)} WHERE billing_period = {period: Date}) AS staged,
       (SELECT count() FROM ${LINE_ITEMS} WHERE export_name = {exportName: String} AND billing_period = {period: Date}) AS stored`,
    { params: { exportName, period }, settings: { select_sequential_consistency: '1' } },
  )
  if (counts && counts.staged === counts.stored) return
  throw new LoadError(
    `after ${period.slice(0, 7)} was replaced it has ${counts?.stored} rows and not ${counts?.staged}: it is loaded again`,
  )
}

/** As the manifest of an empty delivery says: the period has no line any more. */
export async function dropPeriod(one: ExportPeriod, { run }: LoadContext): Promise<void> {
  await run(`ALTER TABLE ${LINE_ITEMS} DROP PARTITION ${partition(one)}`)
}

function partition({ exportName, period }: ExportPeriod): string {
  return `(${quoteString(exportName)}, ${quoteString(period)})`
}
