import { randomUUID } from 'node:crypto'
import { type Block, deterministicId, type EnvelopeHead, formatEnvelope, freezeBlock } from '@polo/core'
import type { SqsEvent, SqsRecord } from '@polo/ingester'

export type Row = Record<string, unknown>

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
