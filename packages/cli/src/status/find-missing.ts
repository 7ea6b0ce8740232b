import { COLLECTORS } from '@polo/collectors'
import type { JobStatus } from '@polo/local'
import { type Freshness, isLive } from './freshness.ts'
import { type KnownAccount, keyOf } from './read-history.ts'

/** A collector that should have been run in an account and never was. */
export type MissingJob = Pick<JobStatus, 'aws_account_id' | 'collector'>

interface Expected {
  readonly accounts: readonly KnownAccount[]
  /** Where the organization is read by schedule; undefined where it is not, or nobody knows. */
  readonly organizationAccount: string | undefined
}

/**
 * Who is scheduled in one account is in every one; an account that was forgotten would be silent otherwise. Of an
 * active account that nothing was ever collected from, that is so without a schedule, too. And who reads the
 * organization does so in one account; until its first job, no other tells of it.
 */
export function findMissing(
  jobs: readonly (MissingJob & { readonly freshness: Freshness })[],
  { accounts, organizationAccount }: Expected,
): MissingJob[] {
  const done = new Set(jobs.map(keyOf))
  const run = new Set(jobs.map(({ collector }) => collector))
  const scheduled = new Set(jobs.filter(({ freshness }) => freshness.scheduled).map((job) => job.collector))
  const ofAccounts = COLLECTORS.filter(({ scope }) => scope === 'account')
  const everywhere = ofAccounts.filter(({ name }) => scheduled.has(name))
  const ran = ofAccounts.filter(({ name }) => run.has(name))
  const once = COLLECTORS.filter(({ name, scope }) => scope === 'organization' && !run.has(name))
  const organization = organizationAccount === undefined ? [] : [organizationAccount]
  const live = accounts.filter(isLive).map((account) => account.aws_account_id)
  const missing = [
    ...toJobs(live, everywhere),
    ...toJobs(live.filter(isUntouched(jobs, ofAccounts)), ran.length > 0 ? ran : ofAccounts),
    ...toJobs(organization, once),
  ]
  return [...new Map(missing.map((job) => [keyOf(job), job])).values()]
    .filter((job) => !done.has(keyOf(job)))
    .sort((a, b) => keyOf(a).localeCompare(keyOf(b)))
}

function isUntouched(jobs: readonly MissingJob[], collectors: readonly { readonly name: string }[]) {
  const names = new Set(collectors.map(({ name }) => name))
  const touched = new Set(jobs.flatMap((job) => (names.has(job.collector) ? job.aws_account_id : [])))
  return (id: string) => !touched.has(id)
}

function toJobs(ids: readonly string[], collectors: readonly { readonly name: string }[]): MissingJob[] {
  return ids.flatMap((aws_account_id) => collectors.map(({ name }) => ({ aws_account_id, collector: name })))
}
