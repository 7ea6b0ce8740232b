import { randomUUID } from 'node:crypto'
import {
  type Block,
  type BulkLoad,
  deterministicId,
  type EnvelopeHead,
  EVENT_TYPES,
  formatEnvelope,
  freezeBlock,
  makeBulkLoad,
  parseConfig,
} from '@polo/core'
import type { SqsEvent, SqsRecord } from '@polo/ingester'

export type Row = Record<string, unknown>

/** Everything is kept as long as can be: samples do not grow younger. */
export const KEEPING_SAMPLES = parseConfig({
  retentionDays: {
    ...Object.fromEntries(EVENT_TYPES.map((type) => [type, 4_000])),
    cost_line_items: 36_500,
  },
})

export const CREATED_AT = '2026-03-01T10:00:05.000Z'

/** A valid row of `resource_event/1`; `key` makes it another one. */
export function eventRow(key: number | string, overrides: Row = {}): Row {
  return {
    event_id: deterministicId('test', String(key)),
    event_time: '2026-03-01T10:00:00.000Z',
    collector: 'config_ebs',
    aws_account_id: '111122223333',
    aws_region: 'eu-west-1',
    resource_arn: `arn:aws:ec2:eu-west-1:111122223333:volume/vol-${key}`,
    resource_type: 'ebs:volume',
    resource_id: `vol-${key}`,
    event_type: 'config',
    event_action: 'observed',
    value: 8,
    unit: 'GiB',
    properties: { state: 'in-use' },
    observed_at: '2026-03-01T10:00:02.000Z',
    ...overrides,
  }
}

/** Rows whose keys begin with `prefix`, so that tests that share a table do not meet. */
export function eventRows(prefix: string, count: number): Row[] {
  return Array.from({ length: count }, (_, index) => eventRow(`${prefix}-${index}`))
}

/** A valid row of `collector_run/1`. */
export function runRow(overrides: Row = {}): Row {
  return {
    run_id: randomUUID(),
    collector: 'config_ebs',
    scope: 'account',
    aws_account_id: '111122223333',
    slot: '2026-03-01T10:00:00.000Z',
    status: 'complete',
    started_at: '2026-03-01T10:00:02.000Z',
    finished_at: '2026-03-01T10:00:06.000Z',
    deadline: '2026-03-01T10:15:00.000Z',
    region_outcomes: { 'eu-west-1': 'complete' },
    region_errors: {},
    region_events: { 'eu-west-1': 1 },
    events: 1,
    rejected: 0,
    block_ids: ['a'.repeat(64)],
    block_rows: [1],
    api_calls: { 'ec2:DescribeVolumes': 1 },
    api_cost_usd: 0,
    errors: [],
    observed_at: '2026-03-01T10:00:02.000Z',
    ...overrides,
  }
}

/** A valid row of `aws_account/1`. */
export function accountRow(overrides: Row = {}): Row {
  return {
    aws_account_id: '111122223333',
    name: 'production',
    email: '',
    ou_path: '/',
    status: 'ACTIVE',
    tags: {},
    source: 'organization',
    unknown: '',
    observed_at: '2026-03-01T10:00:02.000Z',
    ...overrides,
  }
}

/** A valid row of `cost_coverage/1`. */
export function coverageRow(overrides: Row = {}): Row {
  return {
    collector: 'cost_explorer',
    aws_account_id: '111122223333',
    resource_type: 'aws:service',
    linked_account_id: '',
    event_time: '2026-03-01T00:00:00.000Z',
    observed_at: '2026-03-02T05:30:02.000Z',
    ...overrides,
  }
}

/** A valid row of `aws_price/1`. */
export function priceRow(overrides: Row = {}): Row {
  return {
    rate_code: 'SKU.TERM.RATE',
    currency: 'USD',
    price_list: 'aws',
    service_code: 'AmazonEC2',
    term: 'OnDemand',
    sku: 'SKU',
    unit: 'Hrs',
    price: 0.096,
    begin_range: 0,
    end_range: null,
    observed_at: '2026-03-01T04:00:02.000Z',
    ...overrides,
  }
}

/** A valid row of `resource_relationship/1`; `key` makes it another edge. */
export function relationshipRow(key: number | string, overrides: Row = {}): Row {
  return {
    collector: 'relationships',
    aws_account_id: '111122223333',
    aws_region: 'eu-west-1',
    from_type: 'ec2:instance',
    from_id: `i-${key}`,
    from_arn: `arn:aws:ec2:eu-west-1:111122223333:instance/i-${key}`,
    relation: 'attaches',
    to_type: 'ebs:volume',
    to_id: `vol-${key}`,
    to_arn: `arn:aws:ec2:eu-west-1:111122223333:volume/vol-${key}`,
    properties: { device_name: '/dev/xvda' },
    first_seen: '2026-03-01T10:00:00.000Z',
    last_seen: '2026-03-01T10:00:00.000Z',
    observed_at: '2026-03-01T10:00:02.000Z',
    ...overrides,
  }
}

/** Requests are forgotten after 400 days, so they are asked for now. */
export const ASKED_AT = new Date().toISOString()

/** A valid row of `bulk_load/1`. */
export function loadRow(overrides: Partial<Omit<BulkLoad, 'load_id'>> = {}): BulkLoad {
  const key = overrides.key ?? 'exports/one/metadata/Manifest.json'
  return makeBulkLoad({
    kind: 'cur',
    source: 'one',
    target: key,
    storage: 's3',
    aws_account_id: '111122223333',
    bucket: 'billing',
    region: 'us-east-1',
    key,
    etag: 'e1',
    bytes: 100,
    modified_at: '2026-03-01T10:00:00.000Z',
    observed_at: ASKED_AT,
    ...overrides,
  })
}

/** A block of rows, or of lines as they are given. */
export async function blockOf(rows: readonly (Row | string)[]): Promise<Block> {
  const lines = rows.map((row) => Buffer.from(`${typeof row === 'string' ? row : JSON.stringify(row)}\n`))
  return await freezeBlock(lines)
}

export function head(overrides: Partial<EnvelopeHead> = {}): EnvelopeHead {
  return {
    schema: 'resource_event/1',
    run_id: '5f2b6c1e-8d2f-4b58-9d06-0a4b3c2d1e0f',
    collector: 'config_ebs',
    created_at: CREATED_AT,
    ...overrides,
  }
}

/** The body of a message with a block of `rows`. */
export async function bodyOf(
  rows: readonly (Row | string)[],
  overrides: Partial<EnvelopeHead> = {},
): Promise<string> {
  return formatEnvelope(head(overrides), await blockOf(rows))
}

/** A message as the event source mapping hands it over. */
export function record(body: string, { sender = 'AROACOLLECTOR:config_ebs', receives = 1 } = {}): SqsRecord {
  return {
    messageId: randomUUID(),
    body,
    attributes: { SenderId: sender, ApproximateReceiveCount: String(receives) },
  }
}

export function batch(...records: SqsRecord[]): SqsEvent {
  return { Records: records }
}
