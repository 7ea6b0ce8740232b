import { COLLECTORS } from '@polo/collectors'
import type { JobStatus } from '@polo/local'
import { type Freshness, isLive } from './freshness.ts'
import { type KnownAccount, keyOf } from './read-history.ts'

/** A collector that is scheduled and has never been run in an account. */
export type MissingJob = Pick<JobStatus, 'aws_account_id' | 'collector'>

interface Expected {
  readonly accounts: readonly KnownAccount[]
  /** Where the organization is read by schedule; undefined where it is not, or nobody knows. */
  readonly organizationAccount: string | undefined
}

/**
 * Who is scheduled in one account is in every one; an account that was forgotten would be silent otherwise. And who
 * reads the organization does so in one account; until its first job, no other tells of it.
 */
export function findMissing(
  jobs: readonly (MissingJob & { readonly freshness: Freshness })[],
  { accounts, organizationAccount }: Expected,
): MissingJob[] {
  const done = new Set(jobs.map(keyOf))
  const run = new Set(jobs.map(({ collector }) => collector))
  const scheduled = new Set(jobs.filter(({ freshness }) => freshness.scheduled).map((job) => job.collector))
  const everywhere = COLLECTORS.filter(({ name, scope }) => scope === 'account' && scheduled.has(name))
  const once = COLLECTORS.filter(({ name, scope }) => scope === 'organization' && !run.has(name))
  const organization = organizationAccount === undefined ? [] : [organizationAccount]
  return [
    ...toJobs(
      accounts.filter(isLive).map((account) => account.aws_account_id),
      everywhere,
    ),
    ...toJobs(organization, once),
  ]
    .filter((job) => !done.has(keyOf(job)))
    .sort((a, b) => keyOf(a).localeCompare(keyOf(b)))
}

function toJobs(ids: readonly string[], collectors: readonly { readonly name: string }[]): MissingJob[] {
  return ids.flatMap((aws_account_id) => collectors.map(({ name }) => ({ aws_account_id, collector: name })))
}
