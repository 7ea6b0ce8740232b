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

/** The allow-list: a block of any other schema is not inserted anywhere. */
export const QUEUED_SCHEMAS = {
  'resource_event/1': RESOURCE_EVENT,
  'collector_run/1': COLLECTOR_RUN,
  'aws_account/1': AWS_ACCOUNT,
} as const satisfies Record<string, QueuedSchema>
export type QueuedSchemaName = keyof typeof QUEUED_SCHEMAS

/** Undefined when this release does not know the schema. */
export function findQueuedSchema(name: string): QueuedSchema | undefined {
  return Object.values(QUEUED_SCHEMAS).find((schema) => schema.name === name)
}

function columns(types: Readonly<Record<string, string>>): Column[] {
  return Object.entries(types).map(([name, type]) => ({ name, type }))
}
