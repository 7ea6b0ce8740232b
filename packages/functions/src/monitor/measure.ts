import type { Collector } from '@polo/collectors'
import type { PoloConfig } from '@polo/core'
import type { Database } from '../connect-clickhouse.ts'
import { readCoverageGaps } from './read-coverage-gaps.ts'
import { readFreshness } from './read-freshness.ts'
import { readDeadRows, readUnreconciledRuns } from './read-row-counts.ts'
import { readEstimatedSpend } from './read-spend.ts'

/** How Polo as a whole is doing; accounts are told apart in ClickHouse only. */
export interface Measures {
  /** Beyond a collector's own interval. */
  readonly FreshnessSeconds: number
  readonly UnreconciledRuns: number
  readonly CoverageGaps: number
  readonly EstimatedSpendUsd: number
  readonly DeadRows: number
}

export interface MeasureOptions {
  readonly clickhouse: Database
  /** Those that a schedule runs. */
  readonly collectors: readonly Pick<Collector, 'name' | 'schedule'>[]
  readonly config: PoloConfig
  readonly now: Date
}

/** @throws what ClickHouse answers: of a database that cannot be asked nothing is known, and nothing must be told */
export async function measure({ clickhouse, collectors, config, now }: MeasureOptions): Promise<Measures> {
  const names = collectors.map(({ name }) => name)
  const [freshness, unreconciled, gaps, spend, dead] = await Promise.all([
    readFreshness(clickhouse, collectors, now),
    readUnreconciledRuns(clickhouse, now),
    readCoverageGaps(clickhouse, names, Object.keys(config.accounts)),
    readEstimatedSpend(clickhouse, now),
    readDeadRows(clickhouse),
  ])
  return {
    FreshnessSeconds: freshness,
    UnreconciledRuns: unreconciled,
    CoverageGaps: gaps,
    EstimatedSpendUsd: spend,
    DeadRows: dead,
  }
}
