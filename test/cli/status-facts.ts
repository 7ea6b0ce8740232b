import { NEVER_OPENED } from '@polo/ingester'
import type { JobStatus } from '@polo/local'
import type { RunHistory } from '../../packages/cli/src/status/read-history.ts'
import type { StatusFacts } from '../../packages/cli/src/status/status-report.ts'

export const NOW = new Date('2026-01-15T00:20:00.000Z')
export const ACCOUNT = '111122223333'

/** A job of `config_ec2`, complete and accounted for, of the slot before `NOW`. */
export function jobStatus(overrides: Partial<JobStatus> = {}): JobStatus {
  return {
    run_id: 'b1c2d3e4-0000-4000-8000-000000000000',
    collector: 'config_ec2',
    aws_account_id: ACCOUNT,
    slot: '2026-01-15T00:15:00.000Z',
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
    api_cost_usd: 0,
    errors: [],
    notes: [],
    started_at: '2026-01-15T00:15:02.000Z',
    ...overrides,
  }
}

/** Of `config_ec2`, which runs every fifteen minutes; its last success is the slot before `NOW`. */
export function runHistory(overrides: Partial<RunHistory> = {}): RunHistory {
  return {
    collector: 'config_ec2',
    aws_account_id: ACCOUNT,
    last_attempt_at: '2026-01-15T00:15:02.000Z',
    last_success_slot: '2026-01-15T00:15:00.000Z',
    on_time_slots: [],
    ...overrides,
  }
}

export const EMPTY = { waiting: 0, in_flight: 0, oldest_age_seconds: null }

/** Nothing was ever to be loaded. */
export const NO_LOADS: StatusFacts['loads'] = {
  pending: 0,
  oldest_pending_at: null,
  loading: 0,
  failed: 0,
  given_up: 0,
  any_loaded: false,
  problems: [],
}

/** One green job, empty queues, a closed breaker. */
export function statusFacts(overrides: Partial<StatusFacts> = {}): StatusFacts {
  return {
    now: NOW,
    isDeployed: false,
    latest: [jobStatus()],
    history: [runHistory()],
    organizationAccount: undefined,
    accounts: [{ aws_account_id: ACCOUNT, polo_status: 'active', source: 'caller' }],
    last_day: {
      since: '2026-01-14T00:20:00.000Z',
      runs: 1,
      green: 1,
      pending: 0,
      not_green: 0,
      unaccounted: 0,
      problems: [],
    },
    lifecycle: [],
    queue: EMPTY,
    backfill_queue: EMPTY,
    breaker: NEVER_OPENED,
    dead_letters: 0,
    dead_jobs: { messages: 0, newest: [] },
    dead_rows: [],
    spend: { month: '2026-01', spent_usd: 0, projected_usd: 0, collectors: [] },
    paidApiBudgetUsd: 50,
    loads: NO_LOADS,
    duplicates: { partition: '202601', rows: 1, duplicates: 0, estimated: false },
    ...overrides,
  }
}
