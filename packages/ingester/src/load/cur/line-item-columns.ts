/** SQL by column of `cost_line_items`, for those that the files tell. */
export type LineItemColumns = Readonly<Record<(typeof TOLD_COLUMNS)[number], string>>

/** Of which columns a source must have one, as it is asked for, and what they say. */
export type RequiredColumns = Readonly<
  Record<'start' | 'cost' | 'account', { readonly what: string; readonly names: readonly string[] }>
>

/** Columns that come out of the files themselves. */
export const TOLD_COLUMNS = [
  'billing_period',
  'payer_account_id',
  'aws_account_id',
  'invoice_id',
  'line_item_id',
  'usage_start',
  'usage_end',
  'line_item_type',
  'charge_type',
  'service',
  'product_code',
  'usage_type',
  'operation',
  'aws_region',
  'availability_zone',
  'resource_id',
  'usage_amount',
  'usage_unit',
  'unblended_cost',
  'amortized_cost',
  'net_unblended_cost',
  'net_amortized_cost',
  'list_cost',
  'currency',
  'pricing_term',
  'commitment_id',
  'description',
  'tags',
  'cost_categories',
] as const
