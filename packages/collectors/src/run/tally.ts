import type { Outcome } from '@polo/core'
import { classifyFailure } from '../classify-failure.ts'

/** Rejections that a region names, and parts that could not be looked at; of those beyond, only the number is kept. */
const MAX_NAMED = 100

/** What a job's look at a region came to so far. */
export interface Tally {
  /** One for each source that is over. */
  readonly outcomes: Outcome[]
  readonly failures: string[]
  readonly rejections: string[]
  readonly notes: string[]
  events: number
  rejected: number
  /** Parts that a source could not look at while it went on. */
  missed: number
}

export function createTally(): Tally {
  return { outcomes: [], failures: [], rejections: [], notes: [], events: 0, rejected: 0, missed: 0 }
}

export function reject(tally: Tally, message: string): void {
  tally.rejected++
  if (tally.rejections.length < MAX_NAMED) tally.rejections.push(message)
}

/** A part of what a source looks at, named by `prefix`. */
export function miss(tally: Tally, prefix: string, error: unknown): void {
  if (tally.missed++ < MAX_NAMED) tally.failures.push(`${prefix}${classifyFailure(error).message}`)
}

/** The end of a source, or of the region. */
export function fail(tally: Tally, error: unknown, prefix = ''): void {
  const { outcome, message } = classifyFailure(error)
  tally.outcomes.push(outcome)
  tally.failures.push(`${prefix}${message}`)
}

/** Parts that were missed and that `failures` does not name. */
export function countUnnamed({ missed }: Tally): number {
  return Math.max(0, missed - MAX_NAMED)
}
