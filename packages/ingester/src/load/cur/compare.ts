import { LoadError } from '../load-error.ts'
import type { LoadContext } from '../load-kind.ts'
import { quoteName } from '../quote.ts'
import type { SourceSums } from './read-sources.ts'

/** What was staged. */
export interface Staged extends SourceSums {
  readonly amortized: string
  readonly chargeTypes: readonly string[]
}

/**
 * Compares what was staged with the files: how many rows each holds, and what they sum up to, exactly.
 * @throws LoadError for any difference
 */
export async function compare(staging: string, expected: SourceSums, context: LoadContext): Promise<Staged> {
  const staged = await readStaging(staging, context)
  const differs =
    staged.rows !== expected.rows
      ? 'rows'
      : staged.unblended !== expected.unblended
        ? 'unblended cost'
        : undefined
  if (differs === undefined) return staged
  throw new LoadError(
    `the ${differs} of the files and of what was read of them differ: ${expected.rows} rows and ` +
      `${expected.unblended} there, ${staged.rows} rows and ${staged.unblended} here`,
  )
}

/**
 * Where the files do not tell it, `periods` are the months of use: then some may be earlier, and only not all.
 * @throws LoadError for lines of another billing period than the manifest's
 */
export function requirePeriod(
  periods: readonly string[],
  { ofManifest, isTold }: { readonly ofManifest: string; readonly isTold: boolean },
): void {
  const isOther = (one: string) => (isTold ? one !== ofManifest : one > ofManifest)
  const other = periods.find(isOther) ?? (periods.includes(ofManifest) ? undefined : periods.at(-1))
  if (other === undefined) return
  throw new LoadError(
    `the manifest is of ${ofManifest.slice(0, 7)} and there are lines of ${other.slice(0, 7)}`,
    { isFinal: true },
  )
}

async function readStaging(staging: string, { select }: LoadContext): Promise<Staged> {
  const [staged] = await select<Staged>(
    `SELECT count() AS rows, toString(sum(unblended_cost)) AS unblended, toString(sum(amortized_cost)) AS amortized,
       arraySort(groupUniqArray(toString(billing_period))) AS periods, groupUniqArray(toString(charge_type)) AS chargeTypes
     FROM ${quoteName(staging)}`,
  )
  if (!staged) throw new LoadError('what was staged could not be counted')
  return staged
}
