import { combineOutcomes } from '@polo/collectors'
import { OUTCOMES, type Outcome } from '@polo/core'
import type { JobStatus } from '@polo/local'

/** How the newest look at a region ended. */
export interface RegionCoverage {
  readonly aws_account_id: string
  readonly region: string
  /** `complete` only if it is that for every collector. */
  readonly outcome: Outcome
  /** By collector. */
  readonly collectors: Readonly<Record<string, Outcome>>
}

/** The outcome per account and region over all collectors, in that order. */
export function toCoverage(jobs: readonly JobStatus[]): RegionCoverage[] {
  const looks = jobs.flatMap(({ aws_account_id, collector, region_outcomes }) =>
    Object.entries(region_outcomes).map(([region, outcome]) => ({
      aws_account_id,
      region,
      collector,
      outcome: OUTCOMES.find((known) => known === outcome) ?? 'failed',
    })),
  )
  const groups = Map.groupBy(looks, ({ aws_account_id, region }) => `${aws_account_id} ${region}`)
  return [...groups.keys()].sort().flatMap((key) => {
    const group = groups.get(key) ?? []
    const [first] = group
    if (!first) return []
    const { aws_account_id, region } = first
    const collectors = Object.fromEntries(group.map(({ collector, outcome }) => [collector, outcome]))
    return [{ aws_account_id, region, outcome: combineOutcomes(Object.values(collectors)), collectors }]
  })
}
