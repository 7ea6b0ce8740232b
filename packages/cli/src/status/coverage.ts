import { combineOutcomes, FILE_READERS } from '@polo/collectors'
import { OUTCOMES, type Outcome } from '@polo/core'
import type { JobStatus } from '@polo/local'

/** How the newest look at a region ended. */
export interface RegionCoverage {
  readonly aws_account_id: string
  /** `EVERY_REGION` where a job came to none, such as by a role that was refused. */
  readonly region: string
  /** `complete` only if it is that for every collector. */
  readonly outcome: Outcome
  /** By collector. */
  readonly collectors: Readonly<Record<string, Outcome>>
}

/** Stands for the regions of which a job cannot say which they are. */
export const EVERY_REGION = '*'

/** Files tell what happened in a region, and nobody looked at it. */
const OF_FILES: readonly string[] = FILE_READERS.map(({ collector }) => collector)

/** The outcome per account and region over all collectors that look, in that order. */
export function toCoverage(jobs: readonly JobStatus[]): RegionCoverage[] {
  const looking = jobs.filter(({ collector }) => !OF_FILES.includes(collector))
  const looks = looking.flatMap(({ aws_account_id, collector, region_outcomes, outcome: ofJob }) =>
    looksOf(region_outcomes, ofJob).map(([region, outcome]) => ({
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

function looksOf(
  regions: JobStatus['region_outcomes'],
  outcome: JobStatus['outcome'],
): readonly (readonly [region: string, outcome: string])[] {
  const looks = Object.entries(regions)
  const hasFailed = outcome !== 'pending' && outcome !== 'complete'
  return looks.length === 0 && hasFailed ? [[EVERY_REGION, outcome]] : looks
}
