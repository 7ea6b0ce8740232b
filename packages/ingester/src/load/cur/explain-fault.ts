import { describeContentFault, isContentFault } from '../content-fault.ts'
import type { LoadContext } from '../load-kind.ts'
import type { Delivery } from './delivery.ts'
import { type ExportFiles, requireUnchanged, statAll } from './export-files.ts'
import { readSettings } from './read-settings.ts'
import type { LineItemSource } from './read-sources.ts'
import { refuseFile } from './refuse-file.ts'
import type { LineItemSelect } from './select-line-items.ts'

interface Suspect {
  readonly key: string
  readonly format: ExportFiles['format']
  readonly lineItems: LineItemSelect
}

/**
 * Fails with why files could not be read. Where the engine could not take what is in one of them, that one is looked for
 * and named: it fails alone, too.
 * @throws LoadError which is final for such a file, else `error`
 */
export async function explainFault(
  error: unknown,
  { delivery, sources }: { readonly delivery: Delivery; readonly sources: readonly LineItemSource[] },
  context: LoadContext,
): Promise<never> {
  if (!isContentFault(error)) throw error
  for (const suspect of suspects(sources, error.message)) {
    const fault = await findFault(suspect, context)
    if (fault !== undefined) await refuseFile(fault, delivery, context)
  }
  requireUnchanged(delivery.facts, await statAll(context.files, delivery.keys))
  throw error
}

/** Every file, those first that the engine happens to mention. */
function suspects(sources: readonly LineItemSource[], message: string): Suspect[] {
  const all = sources.flatMap(({ files: { keys, format }, lineItems }) =>
    keys.map((key) => ({ key, format, lineItems })),
  )
  return all.sort((a, b) => Number(message.includes(b.key)) - Number(message.includes(a.key)))
}

async function findFault(suspect: Suspect, context: LoadContext): Promise<string | undefined> {
  const { key, format, lineItems } = suspect
  try {
    const odd = await findOddRow(suspect, context)
    if (odd !== undefined) return odd
    await context.run(`${lineItems.select} FROM ${context.files.table([key], format)} FORMAT Null`, {
      settings: readSettings(format),
    })
    return undefined
  } catch (error) {
    if (!isContentFault(error)) throw error
    return describeContentFault(key, error)
  }
}

async function findOddRow(
  { key, format, lineItems: { checks } }: Suspect,
  { files, select }: LoadContext,
): Promise<string | undefined> {
  const broken = checks.map(({ fails }, index) => `${fails}, ${index}`).join(', ')
  const [odd] = await select<{ row: number; broken: number }>(
    `SELECT toUInt64(_row_number) + 1 AS row, multiIf(${broken}, -1) AS broken FROM ${files.table([key], format)}
     WHERE broken >= 0 ORDER BY row LIMIT 1`,
    { settings: readSettings(format) },
  )
  const check = odd && checks[odd.broken]
  return check && `${key}, row ${odd.row}: ${check.column} ${check.says}`
}
