/** A column as ClickHouse names its type. */
export interface Column {
  readonly name: string
  readonly type: string
}

/** A schema that blocks may carry: the table that its rows go to and the columns that they may name. */
export interface QueuedSchema {
  readonly name: string
  readonly table: string
  readonly columns: readonly Column[]
  /** Rows that steer Polo itself; taken only from senders in the ingester's allow-list. */
  readonly control: boolean
}

const TIME = "DateTime64(3, 'UTC')"
const NAME = 'LowCardinality(String)'

const RESOURCE_EVENT: QueuedSchema = {
  name: 'resource_event/1',
  table: 'resource_events',
  control: false,
  columns: columns({
    event_id: 'UUID',
    event_time: TIME,
    collector: NAME,
    aws_account_id: NAME,
    aws_region: NAME,
    resource_arn: 'String',
    resource_type: NAME,
    resource_id: 'String',
    resource_name: 'String',
    event_type: NAME,
    event_action: NAME,
    actor_arn: 'String',
    actor_name: 'String',
    marqo_customer: NAME,
    marqo_cluster: NAME,
    marqo_index: NAME,
    marqo_env: NAME,
    marqo_purpose: NAME,
    account_role: NAME,
    value: 'Float64',
    unit: NAME,
    properties: 'Map(String, String)',
    observed_at: TIME,
  }),
}

const COLLECTOR_RUN: QueuedSchema = {
  name: 'collector_run/1',
  table: 'collector_runs',
  control: true,
  columns: columns({
    run_id: 'UUID',
    collector: NAME,
    scope: NAME,
    aws_account_id: NAME,
    slot: TIME,
    status: NAME,
    started_at: TIME,
    finished_at: `Nullable(${TIME})`,
    deadline: TIME,
    region_outcomes: 'Map(String, String)',
    region_errors: 'Map(String, String)',
    region_events: 'Map(String, UInt64)',
    events: 'UInt64',
    rejected: 'UInt64',
    block_ids: 'Array(String)',
    block_rows: 'Array(UInt32)',
    api_calls: 'Map(String, UInt64)',
    api_cost_usd: 'Float64',
    errors: 'Array(String)',
    notes: 'Array(String)',
    asked_regions: 'Array(String)',
    observed_at: TIME,
  }),
}

const AWS_ACCOUNT: QueuedSchema = {
  name: 'aws_account/1',
  table: 'accounts_discovered',
  control: true,
  columns: columns({
    aws_account_id: 'String',
    name: 'String',
    email: 'String',
    ou_path: 'String',
    status: NAME,
    tags: 'Map(String, String)',
    source: NAME,
    unknown: 'String',
    observed_at: TIME,
  }),
}

const COST_COVERAGE: QueuedSchema = {
  name: 'cost_coverage/1',
  table: 'cost_coverage',
  control: true,
  columns: columns({
    collector: NAME,
    aws_account_id: NAME,
    resource_type: NAME,
    linked_account_id: NAME,
    event_time: TIME,
    observed_at: TIME,
  }),
}

const AWS_PRICE: QueuedSchema = {
  name: 'aws_price/1',
  table: 'aws_pricing',
  control: false,
  columns: columns({
    rate_code: 'String',
    currency: NAME,
    price_list: NAME,
    service_code: NAME,
    term: NAME,
    sku: 'String',
    product_family: NAME,
    region: NAME,
    location: NAME,
    usage_type: NAME,
    operation: NAME,
    instance_type: NAME,
    operating_system: NAME,
    tenancy: NAME,
    license_model: NAME,
    capacity_status: NAME,
    pre_installed_sw: NAME,
    volume_type: NAME,
    savings_plan_type: NAME,
    lease_term: NAME,
    purchase_option: NAME,
    description: 'String',
    unit: NAME,
    price: 'Float64',
    begin_range: 'Float64',
    end_range: 'Nullable(Float64)',
    effective_date: `Nullable(${TIME})`,
    attributes: 'Map(String, String)',
    observed_at: TIME,
  }),
}

/** Rows of the same edge become one as the table merges them, see `schema/` of this table. */
const RESOURCE_RELATIONSHIP: QueuedSchema = {
  name: 'resource_relationship/1',
  table: 'resource_relationships',
  control: false,
  columns: columns({
    collector: NAME,
    aws_account_id: NAME,
    aws_region: NAME,
    from_type: NAME,
    from_id: 'String',
    from_arn: 'String',
    relation: NAME,
    to_type: NAME,
    to_id: 'String',
    to_arn: 'String',
    properties: 'Map(String, String)',
    first_seen: TIME,
    last_seen: TIME,
    observed_at: TIME,
  }),
}

const BULK_LOAD: QueuedSchema = {
  name: 'bulk_load/1',
  table: 'bulk_loads',
  control: true,
  columns: columns({
    load_id: 'UUID',
    kind: NAME,
    source: NAME,
    target: 'String',
    storage: NAME,
    aws_account_id: NAME,
    bucket: NAME,
    region: NAME,
    key: 'String',
    etag: 'String',
    bytes: 'UInt64',
    modified_at: TIME,
    observed_at: TIME,
  }),
}

/** The allow-list: a block of any other schema is not inserted anywhere. */
export const QUEUED_SCHEMAS = {
  'resource_event/1': RESOURCE_EVENT,
  'collector_run/1': COLLECTOR_RUN,
  'aws_account/1': AWS_ACCOUNT,
  'cost_coverage/1': COST_COVERAGE,
  'aws_price/1': AWS_PRICE,
  'resource_relationship/1': RESOURCE_RELATIONSHIP,
  'bulk_load/1': BULK_LOAD,
} as const satisfies Record<string, QueuedSchema>
export type QueuedSchemaName = keyof typeof QUEUED_SCHEMAS

/** Undefined when this release does not know the schema. */
export function findQueuedSchema(name: string): QueuedSchema | undefined {
  return Object.values(QUEUED_SCHEMAS).find((schema) => schema.name === name)
}

function columns(types: Readonly<Record<string, string>>): Column[] {
  return Object.entries(types).map(([name, type]) => ({ name, type }))
}
