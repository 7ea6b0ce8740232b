import { quoteString } from '../quote.ts'
import { amortizedCost } from './amortized-cost.ts'
import { curChargeType } from './charge-type.ts'
import type { LineItemColumns, RequiredColumns } from './line-item-columns.ts'
import {
  type DescribedColumn,
  EMPTY_MAP,
  isMap,
  mapOf,
  nonEmpty,
  type SourceColumns,
  textOf,
} from './source-columns.ts'
import { COST_CATEGORIES, plainKey, RESOURCE_TAGS } from './tag-keys.ts'

/** As CUR 2.0 and the Parquet of CUR write it: `lineItem/UsageStartDate` is `line_item_usage_start_date`. */
export function curName(column: string): string {
  if (!column.includes('/')) return column
  return column
    .split('/')
    .map((part) => part.replace(/(?!^)([A-Z])/g, '_$1').toLowerCase())
    .join('_')
}

/** Of which column the source must have one, by what it says. */
export const CUR_REQUIRED: RequiredColumns = {
  start: {
    what: 'the start of usage (line_item_usage_start_date, lineItem/UsageStartDate)',
    names: ['line_item_usage_start_date'],
  },
  cost: {
    what: 'the unblended cost (line_item_unblended_cost, lineItem/UnblendedCost)',
    names: ['line_item_unblended_cost'],
  },
  account: {
    what: 'the account (line_item_usage_account_id, lineItem/UsageAccountId)',
    names: ['line_item_usage_account_id'],
  },
}

/** SQL of every column of `cost_line_items` that a Cost and Usage Report, legacy or 2.0, tells. */
export function curColumns(source: SourceColumns): LineItemColumns {
  const start = source.time('line_item_usage_start_date')
  const type = source.text('line_item_line_item_type')
  const unblended = `ifNull(${source.money('line_item_unblended_cost')}, 0)`
  const netUnblended = `ifNull(${source.money('line_item_net_unblended_cost')}, ${unblended})`
  const az = source.text('line_item_availability_zone')
  const region = source.text('product_region_code', 'product_region')
  return {
    billing_period: source.has('bill_billing_period_start_date')
      ? `toStartOfMonth(toDate(${source.time('bill_billing_period_start_date')}))`
      : `toStartOfMonth(toDate(${start}))`,
    payer_account_id: accountId(source.text('bill_payer_account_id')),
    aws_account_id: accountId(source.text('line_item_usage_account_id')),
    invoice_id: source.text('bill_invoice_id'),
    line_item_id: source.text('identity_line_item_id'),
    usage_start: start,
    usage_end: source.time('line_item_usage_end_date'),
    line_item_type: type,
    charge_type: source.has('line_item_line_item_type') ? curChargeType(type) : "'usage'",
    service: firstText(
      source.text('product_product_name', 'product_servicename'),
      source.mapValue('product', 'product_name', 'servicename'),
      source.text('line_item_product_code'),
    ),
    product_code: source.text('line_item_product_code', 'product_servicecode'),
    usage_type: source.text('line_item_usage_type', 'product_usagetype'),
    operation: source.text('line_item_operation', 'product_operation'),
    aws_region: firstText(region, `replaceRegexpOne(${az}, '[a-z]$', '')`),
    availability_zone: az,
    resource_id: source.text('line_item_resource_id'),
    usage_amount: source.number('line_item_usage_amount'),
    usage_unit: source.text('pricing_unit'),
    unblended_cost: unblended,
    amortized_cost: amortizedCost(source, { type, unblended, net: '' }),
    net_unblended_cost: netUnblended,
    net_amortized_cost: amortizedCost(source, { type, unblended: netUnblended, net: 'net_' }),
    list_cost: `ifNull(${source.money('pricing_public_on_demand_cost')}, 0)`,
    currency: source.text('line_item_currency_code', 'pricing_currency'),
    pricing_term: source.text('pricing_term'),
    commitment_id: source.text('savings_plan_savings_plan_a_r_n', 'reservation_reservation_a_r_n'),
    description: source.text('line_item_line_item_description'),
    tags: tagsOf(source),
    cost_categories: costCategoriesOf(source),
  }
}

/** One that was taken for a number on its way, as spreadsheets and data frames do, has lost its zeros: it would be another account. */
function accountId(text: string): string {
  return `if(match(${text}, '^[0-9]{1,11}$'), leftPad(${text}, 12, '0'), ${text})`
}

function tagsOf(source: SourceColumns): string {
  const tags = firstMap(
    gather(source, 'resource_tags', /^resource_?tags[/_.]/i),
    partOfTags(source, RESOURCE_TAGS),
  )
  return tags === EMPTY_MAP ? tags : `mapApply((k, v) -> (${plainKey('k')}, v), ${tags})`
}

function costCategoriesOf(source: SourceColumns): string {
  return firstMap(
    gather(source, 'cost_category', /^cost_?category[/_.]/i),
    partOfTags(source, COST_CATEGORIES),
  )
}

/**
 * The column `tags` of CUR 2.0 holds tags of resources and cost categories, with a prefix for each, and makes the columns
 * of their own dispensable. https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2-tag-columns.html
 */
const TAGS = 'tags'

function partOfTags(source: SourceColumns, prefix: string): string {
  const column = source.unused().find(({ name }) => curName(name) === TAGS)
  if (!column) return EMPTY_MAP
  const part = `mapFilter((k, v) -> startsWith(k, '${prefix}') AND v != '', ${mapOf(column)})`
  return `mapApply((k, v) -> (substring(k, ${prefix.length + 1}), v), ${part})`
}

function firstMap(first: string, other: string): string {
  return first === EMPTY_MAP ? other : first
}

/** A map column, or the columns whose names begin alike; values that are empty are left out. */
function gather(source: SourceColumns, mapColumn: string, prefix: RegExp): string {
  if (source.has(mapColumn)) return nonEmpty(source.map(mapColumn))
  const columns = source.unused().filter(({ name }) => prefix.test(name))
  if (columns.length === 0) return EMPTY_MAP
  source.use(columns.map(({ name }) => curName(name)))
  return nonEmpty(mapOfColumns(columns, (name) => name.replace(prefix, '')))
}

/** Maps of CUR 2.0 and of FOCUS, which are JSON in CSV. */
const MAPS: ReadonlySet<string> = new Set(['product', 'discount', TAGS, 'x_discounts', 'skupricedetails'])

/** What nothing else has taken: columns by their names, and what is in maps by the map's name and the key. */
export function otherProperties(source: SourceColumns, nameOf: (column: string) => string): string {
  const others = source.unused()
  const holdsMap = (column: DescribedColumn) => isMap(column) || MAPS.has(nameOf(column.name))
  const plain = others.filter((column) => !holdsMap(column))
  // Each is filtered before they are joined: most of what a report has is empty in most lines.
  const maps = others.filter(holdsMap).map((column) => {
    const name = nameOf(column.name)
    const isOther = name === TAGS ? `AND NOT match(k, '^(${RESOURCE_TAGS}|${COST_CATEGORIES})')` : ''
    const values = `mapFilter((k, v) -> v != '' ${isOther}, ${mapOf(column)})`
    const entries = `mapApply((k, v) -> (concat(${quoteString(`${name}_`)}, k), v), ${values})`
    if (isMap(column)) return entries
    // Text that is no JSON object stays what it is.
    return `if(startsWith(${textOf(column)}, '{'), ${entries}, ${nonEmpty(mapOfColumns([column], nameOf))})`
  })
  const parts = [...(plain.length > 0 ? [nonEmpty(mapOfColumns(plain, nameOf))] : []), ...maps]
  if (parts.length === 0) return EMPTY_MAP
  return parts.length === 1 ? parts.join() : `mapConcat(${parts.join(', ')})`
}

function mapOfColumns(columns: readonly DescribedColumn[], keyOf: (name: string) => string): string {
  return `map(${columns.map((column) => `${quoteString(keyOf(column.name))}, ${textOf(column)}`).join(', ')})`
}

function firstText(...expressions: readonly string[]): string {
  return expressions
    .filter((expression) => expression !== "''")
    .reduceRight((rest, first) => (rest === "''" ? first : `if(${first} != '', ${first}, ${rest})`), "''")
}
