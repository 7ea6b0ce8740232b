import { quoteString } from '../quote.ts'
import { focusChargeType } from './charge-type.ts'
import type { LineItemColumns, RequiredColumns } from './line-item-columns.ts'
import { nonEmpty, type SourceColumns, textOf } from './source-columns.ts'
import { COST_CATEGORIES, plainKey } from './tag-keys.ts'

/** FOCUS writes `BilledCost`; engines on the way make other cases of it. */
export function focusName(column: string): string {
  return column.toLowerCase()
}

/** Of which column the source must have one, by what it says. */
export const FOCUS_REQUIRED: RequiredColumns = {
  start: { what: 'the start of the charge (ChargePeriodStart)', names: ['chargeperiodstart'] },
  cost: { what: 'the billed cost (BilledCost)', names: ['billedcost'] },
  account: {
    what: 'the account (SubAccountId or BillingAccountId)',
    names: ['subaccountid', 'billingaccountid'],
  },
}

/** SQL of every column of `cost_line_items` that a FOCUS export (1.0 and later, any provider's) tells. */
export function focusColumns(source: SourceColumns): LineItemColumns {
  const start = source.time('chargeperiodstart')
  const category = source.text('chargecategory')
  const billed = `ifNull(${source.money('billedcost')}, 0)`
  const effective = `ifNull(${source.money('effectivecost')}, ${billed})`
  return {
    billing_period: source.has('billingperiodstart')
      ? `toStartOfMonth(toDate(${source.time('billingperiodstart')}))`
      : `toStartOfMonth(toDate(${start}))`,
    payer_account_id: source.text('billingaccountid'),
    aws_account_id: source.text('subaccountid', 'billingaccountid'),
    invoice_id: source.text('invoiceid'),
    line_item_id: source.text('x_lineitemid', 'id'),
    usage_start: start,
    usage_end: source.time('chargeperiodend'),
    line_item_type: category,
    charge_type: focusChargeType({
      category,
      chargeClass: source.text('chargeclass'),
      frequency: source.text('chargefrequency'),
      commitmentType: source.text('commitmentdiscounttype', 'commitmentdiscountcategory'),
      commitmentStatus: source.text('commitmentdiscountstatus'),
    }),
    service: source.text('servicename', 'x_servicecode'),
    product_code: source.text('x_servicecode'),
    usage_type: source.text('x_usagetype', 'skumeter'),
    operation: source.text('x_operation'),
    aws_region: source.text('regionid', 'region'),
    availability_zone: source.text('availabilityzone'),
    resource_id: source.text('resourceid'),
    usage_amount: source.number('consumedquantity', 'usagequantity', 'pricingquantity'),
    usage_unit: source.text('consumedunit', 'usageunit', 'pricingunit'),
    // Discounts are taken off already: FOCUS knows no cost before them but the list's and the contract's.
    unblended_cost: billed,
    amortized_cost: effective,
    net_unblended_cost: billed,
    net_amortized_cost: effective,
    list_cost: `ifNull(${source.money('listcost')}, 0)`,
    currency: source.text('billingcurrency'),
    pricing_term: source.text('pricingcategory'),
    commitment_id: source.text('commitmentdiscountid'),
    description: source.text('chargedescription'),
    ...tagColumns(source),
  }
}

/** What AWS calls itself as a provider, if anything. */
export const AWS = /^(?:aws\b|amazon\b|$)/i

/** SQL of whose a line is. Does not take the columns for used: they stay among the properties. */
export function focusProvider(source: SourceColumns): string {
  // 1.3 parts who sells a service from where it runs.
  const names = ['providername', 'serviceprovidername']
  const told = names.flatMap((name) => source.unused().filter((column) => focusName(column.name) === name))
  return `firstNonDefault(${[...told.map(textOf), "''"].join(', ')})`
}

/** AWS's keys say whose tags they are, and from 1.2 on cost categories are among them; others' are as people wrote them. */
function tagColumns(source: SourceColumns): Pick<LineItemColumns, 'tags' | 'cost_categories'> {
  const isAws = `match(${focusProvider(source)}, ${quoteString(`(?i)${AWS.source}`)})`
  const isCategory = `(${isAws} AND startsWith(k, '${COST_CATEGORIES}'))`
  const all = nonEmpty(source.map('tags'))
  const categories = `mapFilter((k, v) -> ${isCategory}, ${all})`
  const others = `mapFilter((k, v) -> NOT ${isCategory}, ${all})`
  return {
    tags: `mapApply((k, v) -> (if(${isAws}, ${plainKey('k')}, k), v), ${others})`,
    cost_categories: source.has('x_costcategories')
      ? nonEmpty(source.map('x_costcategories'))
      : `mapApply((k, v) -> (substring(k, ${COST_CATEGORIES.length + 1}), v), ${categories})`,
  }
}
