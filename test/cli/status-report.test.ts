import type { JobStatus } from '@polo/local'
import { describe, expect, test } from 'vitest'
import { concludeStatus, describeQueues, toStatusReport } from '../../packages/cli/src/status-report.ts'

const JOB: JobStatus = {
  run_id: 'b1c2d3e4-0000-4000-8000-000000000000',
  collector: 'config_ec2',
  aws_account_id: '111122223333',
  slot: '2026-01-15 00:00:00.000',
  outcome: 'complete',
  reconciliation: 'reconciled',
  published_rows: 1,
  stored_rows: 1,
  dead_rows: 0,
  missing_blocks: [],
  block_count: 1,
  rejected: 0,
  region_outcomes: { 'us-east-1': 'complete' },
  region_errors: {},
  region_events: {},
  api_calls: {},
  errors: [],
}
const EMPTY = { waiting: 0, in_flight: 0 }

describe('polo status', () => {
  test('is green when every job is, and nothing is on its way', () => {
    const report = toStatusReport([JOB], EMPTY, EMPTY)
    expect(report).toMatchObject({ green: true, dead_letters: 0 })
    expect(concludeStatus(report)).toBe('Everything is complete and accounted for.')
  })

  test.each([
    [{ waiting: 2, in_flight: 1 }, '3 messages are on their way: what they hold is not counted yet.'],
    [{ waiting: 0, in_flight: 1 }, '1 message is on its way: what it holds is not counted yet.'],
  ])('is not green while the queue holds %j', (queue, words) => {
    const report = toStatusReport([JOB], queue, EMPTY)
    expect(report.green).toBe(false)
    expect(concludeStatus(report)).toBe(words)
  })

  test('names dead letters at the end', () => {
    const report = toStatusReport([JOB], EMPTY, { waiting: 2, in_flight: 0 })
    expect(concludeStatus(report)).toMatch(/accounted for\.\n2 dead letters hold .*polo dlq ls$/)
  })

  test('does not know how many dead letters there are when it cannot ask', () => {
    const report = toStatusReport([JOB], EMPTY, null)
    expect(report.dead_letters).toBeNull()
    expect(describeQueues(report)).toContain('Dead letters: unknown')
  })

  test('is not green before anything was collected, or with a job that is not complete', () => {
    expect(concludeStatus(toStatusReport([], EMPTY, EMPTY))).toBe('Nothing was collected yet.')
    const partial = toStatusReport([{ ...JOB, outcome: 'partial' }], EMPTY, EMPTY)
    expect(partial.green).toBe(false)
    expect(concludeStatus(partial)).toContain('Not everything is complete')
  })
})
