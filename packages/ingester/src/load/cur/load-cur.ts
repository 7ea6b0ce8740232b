import type { BulkLoad } from '@polo/core'
import { LoadError } from '../load-error.ts'
import type { LoadContext, LoadedPart, LoadKind } from '../load-kind.ts'
import { quoteName } from '../quote.ts'
import { requireNewest } from '../require-newest.ts'
import { compare, requirePeriod, type Staged } from './compare.ts'
import { type Delivery, findDelivery } from './delivery.ts'
import { describeFiles, type FileGroup } from './describe-files.ts'
import { explainFault } from './explain-fault.ts'
import { requireUnchanged, statAll } from './export-files.ts'
import { AWS } from './focus-columns.ts'
import type { OwnerConfig } from './owner-fields.ts'
import { readSettings } from './read-settings.ts'
import { type LineItemSource, readSources, type SourceFacts } from './read-sources.ts'
import { dropPeriod, LINE_ITEMS, replacePeriod } from './replace-periods.ts'
import { requireKept } from './require-kept.ts'
import { selectLineItems } from './select-line-items.ts'

/** The greatest UInt16. */
const LAST_RANK = 65_535
/** AWS bills since then. */
const FIRST_PERIOD = '2006-01-01'

export interface CurOptions {
  readonly owners: OwnerConfig
  /** Names of the exports; of those that tell of the same money, the first counts. */
  readonly exports: readonly string[]
}

/**
 * Loads what a manifest names into `cost_line_items`: into staging first, where it is compared with the files; then each
 * billing period takes the place of the one before in one step. A request for a folder loads every file in it.
 */
export function loadCur(options: CurOptions): LoadKind {
  return {
    kind: 'cur',
    batchSize: 1,
    async load(loads, context) {
      const parts: LoadedPart[] = []
      for (const load of loads) parts.push(await loadDelivery(load, context, options))
      return parts
    },
  }
}

async function loadDelivery(load: BulkLoad, context: LoadContext, options: CurOptions): Promise<LoadedPart> {
  const delivery = await findDelivery(load, context.files)
  const groups = delivery.keys.length === 0 ? [] : await describeFiles(delivery, context)
  if (groups.length === 0) return await loadNothing(load, delivery, context)
  const sources = toSources(groups, { load, period: delivery.period }, options)
  const explain = (error: unknown) => explainFault(error, { delivery, sources }, context)
  const expected = await readSources(sources, context).catch(explain)
  await requirePeriods(expected, { delivery, sources }, context)
  if (expected.rows === 0) return await loadNothing(load, delivery, context)
  const staging = await stage(sources, context).catch(explain)
  const staged = await compare(staging, expected, context)
  requireUnchanged(delivery.facts, await statAll(context.files, delivery.keys))
  await context.synced(staging)
  await requireNewest(load, context)
  for (const period of staged.periods)
    await replacePeriod({ exportName: load.source, period }, staging, context)
  return toPart(delivery, { ...staged, providers: expected.providers }, sources)
}

/** @throws LoadError for lines of a period that is not the manifest's, or is not kept */
async function requirePeriods(
  { periods }: SourceFacts,
  { delivery, sources }: { readonly delivery: Delivery; readonly sources: readonly LineItemSource[] },
  context: LoadContext,
): Promise<void> {
  // A line whose time cannot be read seems to be of 1970: the table refuses it, and then it is looked for.
  const dated = periods.filter((period) => period >= FIRST_PERIOD)
  if (delivery.period === undefined) return await requireKept(dated, context)
  const isTold = sources.some(({ lineItems }) => lineItems.tellsPeriod)
  requirePeriod(dated, { ofManifest: delivery.period, isTold })
  await requireKept([delivery.period], context)
}

function toSources(
  groups: readonly FileGroup[],
  { load, period }: { readonly load: BulkLoad; readonly period: string | undefined },
  { owners, exports }: CurOptions,
) {
  const sources = groups.map(({ columns, ...files }) => {
    const lineItems = selectLineItems(columns, {
      owners,
      exportName: load.source,
      exportRank: rankOf(load.source, exports),
      observedAt: new Date(load.observed_at),
      period,
      beside: groups.map((group) => group.columns),
    })
    return { files, lineItems }
  })
  requireOneDialect(sources)
  return sources
}

/** @throws LoadError where the same money may be told twice */
function requireOneDialect([first, ...others]: readonly LineItemSource[]): void {
  const other = others.find(({ lineItems }) => lineItems.dialect !== first?.lineItems.dialect)
  if (!first || !other) return
  throw new LoadError(
    `${first.files.keys[0]} is of ${first.lineItems.dialect} and ${other.files.keys[0]} of ${other.lineItems.dialect}: ` +
      'load them as two exports, each with its own name',
    { isFinal: true },
  )
}

async function stage(
  sources: readonly LineItemSource[],
  { files, staging, run }: LoadContext,
): Promise<string> {
  const table = await staging(LINE_ITEMS, { expires: true })
  for (const {
    files: { keys, format },
    lineItems,
  } of sources) {
    const from = files.table(keys, format)
    await run(`INSERT INTO ${quoteName(table)} (${lineItems.columns}) ${lineItems.select} FROM ${from}`, {
      settings: readSettings(format),
    })
  }
  return table
}

/** No file, or none with a line: the period is empty now, whatever was in it. */
async function loadNothing(load: BulkLoad, delivery: Delivery, context: LoadContext): Promise<LoadedPart> {
  const { period } = delivery
  if (period === undefined)
    throw new LoadError(`there is no line in the files of ${load.bucket}/${load.key}`, { isFinal: true })
  await requireNewest(load, context)
  await dropPeriod({ exportName: load.source, period }, context)
  const nothing = {
    rows: 0,
    unblended: '0',
    amortized: '0',
    periods: [period],
    chargeTypes: [],
    providers: [],
  }
  return toPart(delivery, nothing, [])
}

/** One that the configuration does not name comes after those that it does, or ever will: ranks stay in the rows. */
function rankOf(name: string, exports: readonly string[]): number {
  const index = exports.indexOf(name)
  return index === -1 ? LAST_RANK : index
}

function toPart(
  { keys, id, facts }: Delivery,
  { rows, unblended, amortized, periods, chargeTypes, providers }: Staged & SourceFacts,
  sources: readonly LineItemSource[],
): LoadedPart {
  const bytes = [...facts.values()].reduce((sum, file) => sum + file.bytes, 0)
  const [unspread = []] = sources.map(({ lineItems }) => lineItems.unspread)
  const asBilled = unspread
    .filter(({ charges }) => chargeTypes.some((type) => type.startsWith(charges)))
    .map(({ name, missing }) => `${name} as billed: the files lack ${missing.join(', ')}`)
  const others = providers.filter((name) => !AWS.test(name))
  return {
    files: keys.length,
    rows,
    sums: { unblended_cost: unblended, amortized_cost: amortized },
    details: {
      billing_periods: periods.map((period) => period.slice(0, 7)).join(','),
      bytes: String(bytes),
      ...(id === '' ? {} : { delivery: id }),
      ...(others.length === 0 ? {} : { other_providers: others.join(',') }),
      ...(asBilled.length === 0 ? {} : { amortized_cost: asBilled.join('; ') }),
    },
  }
}
