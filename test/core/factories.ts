import type { CollectorRun, EnvelopeHead, ResourceEvent } from '@polo/core'
import { z } from 'zod'

type EventInput = z.input<typeof ResourceEvent>

export function minimalEvent(overrides: Partial<EventInput> = {}): EventInput {
  return {
    event_id: '886313e1-3b8a-5372-9b90-0c9aee199e5d',
    event_time: '2026-03-01T00:15:00.000Z',
    collector: 'config_ec2',
    aws_account_id: '111122223333',
    aws_region: 'eu-west-1',
    resource_arn: 'arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc',
    resource_type: 'ec2:instance',
    resource_id: 'i-0abc',
    event_type: 'config',
    event_action: 'observed',
    observed_at: '2026-03-01T00:15:07.123Z',
    ...overrides,
  }
}

export function collectorRun(overrides: Partial<CollectorRun> = {}): CollectorRun {
  return {
    run_id: '886313e1-3b8a-5372-9b90-0c9aee199e5d',
    collector: 'config_ec2',
    scope: 'account',
    aws_account_id: '111122223333',
    slot: '2026-03-01T00:15:00.000Z',
    status: 'partial',
    started_at: '2026-03-01T00:15:07.123Z',
    finished_at: '2026-03-01T00:15:09.456Z',
    deadline: '2026-03-01T00:45:00.000Z',
    region_outcomes: { 'eu-west-1': 'complete', 'us-east-1': 'denied' },
    region_errors: { 'us-east-1': 'UnauthorizedOperation' },
    region_events: { 'eu-west-1': 12 },
    events: 12,
    rejected: 0,
    block_ids: ['a'.repeat(64)],
    block_rows: [12],
    api_calls: { 'ec2:DescribeInstances': 3 },
    api_cost_usd: 0,
    notes: [],
    asked_regions: [],
    errors: [],
    observed_at: '2026-03-01T00:15:07.123Z',
    ...overrides,
  }
}

export function envelopeHead(overrides: Partial<EnvelopeHead> = {}): EnvelopeHead {
  return {
    schema: 'resource_event/1',
    run_id: '886313e1-3b8a-5372-9b90-0c9aee199e5d',
    collector: 'config_ec2',
    created_at: '2026-03-01T00:15:08.000Z',
    ...overrides,
  }
}

/** What `run` throws or rejects with; fails when it does neither. */
export async function thrownBy(run: () => unknown): Promise<Error> {
  try {
    await run()
  } catch (error) {
    if (error instanceof Error) return error
    throw new Error(`not an Error: ${String(error)}`)
  }
  throw new Error('nothing was thrown')
}

/** Every message that `schema` has about `input`; empty when it is valid. */
export function issuesOf(schema: z.ZodType, input: unknown): string[] {
  const result = schema.safeParse(input)
  return result.success ? [] : [z.prettifyError(result.error)]
}
