import { LoadError } from '../load-error.ts'
import { quoteString } from '../quote.ts'
import { type UnspreadCommitment, unspreadCommitments } from './amortized-cost.ts'
import { CUR_REQUIRED, curColumns, curName, otherProperties } from './cur-columns.ts'
import { FOCUS_REQUIRED, focusColumns, focusName, focusProvider } from './focus-columns.ts'
import { type LineItemColumns, type RequiredColumns, TOLD_COLUMNS } from './line-item-columns.ts'
import { OWNER_COLUMNS, type OwnerConfig, ownerFields } from './owner-fields.ts'
import {
  type ColumnCheck,
  type DescribedColumn,
  readSourceColumns,
  type SourceColumns,
} from './source-columns.ts'

/** What rows get besides what is in the files. */
export interface LineItemContext {
  readonly owners: OwnerConfig
  readonly exportName: string
  readonly exportRank: number
  readonly observedAt: Date
  /** The manifest's: what files that do not tell a period are billed in. */
  readonly period?: string | undefined
  /** Columns of the other files that are loaded together with these. */
  readonly beside?: readonly (readonly DescribedColumn[])[]
}

/** How files of one set of columns become rows of `cost_line_items`. */
export interface LineItemSelect {
  /** `columns` of the table and the `select` that gives them, to be followed by `FROM`. */
  readonly columns: string
  readonly select: string
  /** SQL of single columns of the table over the files, for what is checked. */
  readonly unblendedCost: string
  /** Where the files do not tell it, the month of use. */
  readonly billingPeriod: string
  readonly tellsPeriod: boolean
  readonly provider: string
  readonly unspread: readonly UnspreadCommitment[]
  /** Why single rows cannot be loaded. */
  readonly checks: readonly ColumnCheck[]
  /** What kind of export this is: `a FOCUS export`. */
  readonly dialect: string
}

interface Dialect {
  readonly name: string
  readonly nameOf: (column: string) => string
  readonly required: RequiredColumns
  readonly columns: typeof curColumns
  /** The column of the billing period. */
  readonly period: string
  readonly unspread: typeof unspreadCommitments
  readonly provider: (source: SourceColumns) => string
}

const CUR: Dialect = {
  name: 'a Cost and Usage Report',
  nameOf: curName,
  required: CUR_REQUIRED,
  columns: curColumns,
  period: 'bill_billing_period_start_date',
  unspread: unspreadCommitments,
  provider: () => "'AWS'",
}
const FOCUS: Dialect = {
  name: 'a FOCUS export',
  nameOf: focusName,
  required: FOCUS_REQUIRED,
  columns: focusColumns,
  period: 'billingperiodstart',
  // It says itself what is effective.
  unspread: () => [],
  provider: focusProvider,
}

/**
 * Maps whatever columns an export has: known ones by name, in any order and number, all others into `properties`.
 * @throws LoadError which names what is missing, where the columns cannot mean cost
 */
export function selectLineItems(
  described: readonly DescribedColumn[],
  { owners, exportName, exportRank, observedAt, period, beside = [] }: LineItemContext,
): LineItemSelect {
  const dialect = described.some(({ name }) => focusName(name) === 'billedcost') ? FOCUS : CUR
  const source = readSourceColumns(described, { nameOf: dialect.nameOf, beside })
  requireColumns(source, dialect)
  const told = dialect.columns(source)
  const tellsPeriod = source.has(dialect.period)
  const billed = tellsPeriod ? told.billing_period : billedIn(period, told.billing_period)
  const rows = { ...told, billing_period: billed }
  const owner = ownerFields(owners, { tagMap: TAGS, account: ACCOUNT })
  const expressions: readonly (readonly [string, string])[] = [
    ['export_name', quoteString(exportName)],
    ['export_rank', String(exportRank)],
    ...TOLD_COLUMNS.map((column) => [column, toldBy(column, rows[column])] as const),
    ...OWNER_COLUMNS.map((column) => [column, owner[column]] as const),
    ['properties', otherProperties(source, dialect.nameOf)],
    ['observed_at', `toDateTime64(${quoteString(toClickHouseTime(observedAt))}, 3, 'UTC')`],
  ]
  return {
    columns: expressions.map(([column]) => column).join(', '),
    select: `WITH ${told.tags} AS ${TAGS}, ${told.aws_account_id} AS ${ACCOUNT}
      SELECT ${expressions.map(([, sql]) => sql).join(', ')}`,
    unblendedCost: told.unblended_cost,
    billingPeriod: told.billing_period,
    tellsPeriod,
    provider: dialect.provider(source),
    unspread: dialect.unspread(source),
    checks: [...source.checks(), ...rowChecks(told, source, dialect.required)],
    dialect: dialect.name,
  }
}

/** A manifest's period has refunds and the like of earlier months, and nothing of later ones. */
function billedIn(period: string | undefined, monthOfUse: string): string {
  return period === undefined ? monthOfUse : `greatest(${monthOfUse}, toDate(${quoteString(period)}))`
}

/** What the table asks of a line, said of the columns that it comes from. */
function rowChecks(
  { usage_start, billing_period, aws_account_id }: LineItemColumns,
  source: SourceColumns,
  { start, account }: RequiredColumns,
): ColumnCheck[] {
  const before = (sql: string) => `(${sql} < toDate('2006-01-01'))`
  const time = { column: source.nameOf(...start.names), says: 'is no time since 2006' }
  const period = { column: 'its billing period', says: 'is no time since 2006' }
  return [
    { ...time, fails: before(usage_start) },
    { ...period, fails: before(billing_period) },
    { column: source.nameOf(...account.names), fails: `(${aws_account_id} = '')`, says: 'is empty' },
  ]
}

/** Names that no file has for its columns; what is used often is computed once. */
const TAGS = 'polo_tags'
const ACCOUNT = 'polo_account'

function toldBy(column: string, sql: string): string {
  if (column === 'tags') return TAGS
  return column === 'aws_account_id' ? ACCOUNT : sql
}

function requireColumns(source: SourceColumns, { name, required }: Dialect): void {
  const missing = Object.values(required).filter(({ names }) => !names.some((column) => source.has(column)))
  if (missing.length === 0) return
  throw new LoadError(
    `the files are not ${name} that can be loaded: there is no column of ${missing.map(({ what }) => what).join(', nor of ')}. ` +
      'Add it to the export.',
    { isFinal: true },
  )
}

function toClickHouseTime(time: Date): string {
  return time.toISOString().replace('T', ' ').replace('Z', '')
}
