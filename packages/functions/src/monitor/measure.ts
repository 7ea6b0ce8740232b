import { type Collector, monthlyBudgets } from '@polo/collectors'
import type { PoloConfig } from '@polo/core'
import { readSpend } from '@polo/ingester'
import type { Database } from '../connect-clickhouse.ts'
import { readCoverageGaps } from './read-coverage-gaps.ts'
import { readFreshness } from './read-freshness.ts'
import { readDeadRows, readLoadsGivenUp, readUnreconciledRuns } from './read-row-counts.ts'

/** How Polo as a whole is doing; accounts are told apart in ClickHouse only. */
export interface Measures {
  /** Beyond a collector's own interval. */
  readonly FreshnessSeconds: number
  readonly UnreconciledRuns: number
  readonly CoverageGaps: number
  readonly EstimatedSpendUsd: number
  readonly DeadRows: number
  readonly LoadsGivenUp: number
}

export interface MeasureOptions {
  readonly clickhouse: Database
  /** Those that a schedule runs. */
  readonly collectors: readonly Pick<Collector, 'name' | 'schedule' | 'budgetShare'>[]
  readonly config: PoloConfig
  readonly now: Date
}

/** @throws what ClickHouse answers: of a database that cannot be asked nothing is known, and nothing must be told */
export async function measure({ clickhouse, collectors, config, now }: MeasureOptions): Promise<Measures> {
  const names = collectors.map(({ name }) => name)
  const [freshness, unreconciled, gaps, spend, dead, givenUp] = await Promise.all([
    readFreshness(clickhouse, collectors, now),
    readUnreconciledRuns(clickhouse, now),
    readCoverageGaps(clickhouse, names, Object.keys(config.accounts)),
    readSpend(clickhouse, now, monthlyBudgets(collectors, config)),
    readDeadRows(clickhouse),
    readLoadsGivenUp(clickhouse),
  ])
  return {
    FreshnessSeconds: freshness,
    UnreconciledRuns: unreconciled,
    CoverageGaps: gaps,
    EstimatedSpendUsd: spend.projected_usd,
    DeadRows: dead,
    LoadsGivenUp: givenUp,
  }
}
