import type { CollectorRun, ResourceEvent } from '@polo/core'
import { dispatchedRecord, publishRunRecord } from '../run/run-records.ts'
import { type AccountRun, type AccountRunOptions, createAccountRun, UNKNOWN_REGION } from './account-run.ts'
import type { FoundIn } from './file-reader.ts'

/** The runs of the accounts that files name. */
export interface AccountRuns {
  publish(found: {
    readonly account: string
    readonly region: string
    readonly events: readonly ResourceEvent[]
  }): Promise<void>
  /** One of no interest; one that names no account is no account's. */
  countOther(place: FoundIn): Promise<void>
  countExpired(place: { readonly account: string; readonly region: string }): Promise<void>
  reject(problem: FoundIn & Problem & { readonly account: string }): Promise<void>
  /** For what may be any account's: no run is complete then. */
  rejectEverywhere(problem: Problem): void
  /** Sends everything; the final records, which are not sent yet. */
  finish(failure: unknown): Promise<CollectorRun[]>
}

/** What cannot be read, and how many more there are of which only the number is known. */
export interface Problem {
  readonly what: string
  readonly more?: number
}

export interface AccountRunsOptions extends Omit<AccountRunOptions, 'account'> {
  /** What the attempt may take. */
  readonly timeoutMs: number
}

/** Events of all accounts that wait to fill blocks: some megabytes, and enough that those of many accounts fill theirs. */
const MAX_WAITING = 10_000

export function createAccountRuns(options: AccountRunsOptions): AccountRuns {
  const { reader, sink, slot, startedAt, timeoutMs } = options
  const runs = new Map<string, AccountRun>()
  let waiting = 0
  const anyones: Problem[] = []

  /** Recorded at first sight, so that a process that dies without a word shows as failed. */
  const open = async (account: string): Promise<AccountRun> => {
    const run = createAccountRun({ ...options, account })
    runs.set(account, run)
    const collector = { name: reader.collector, scope: 'account' } as const
    const deadline = new Date(startedAt.getTime() + timeoutMs)
    const record = dispatchedRecord({ collector, accountId: account, slot, now: startedAt, deadline })
    await publishRunRecord(sink, record)
    return run
  }
  const runOf = (account: string) => runs.get(account) ?? open(account)

  const flushLargest = async () => {
    const [largest] = [...runs.values()].sort((a, b) => b.waiting() - a.waiting())
    waiting -= largest?.waiting() ?? 0
    await largest?.flush()
  }

  return {
    async publish({ account, region, events }) {
      const run = await runOf(account)
      run.take(region, events)
      waiting += events.length
      if (waiting >= MAX_WAITING) await flushLargest()
    },
    async countOther({ account, region = UNKNOWN_REGION }) {
      if (account !== undefined) (await runOf(account)).countOther(region)
    },
    async countExpired({ account, region }) {
      const run = await runOf(account)
      run.countExpired(region)
    },
    async reject({ account, region = UNKNOWN_REGION, ...problem }) {
      const run = await runOf(account)
      run.reject(region, problem)
    },
    rejectEverywhere: (problem) => void anyones.push(problem),
    async finish(failure) {
      const finishedAt = new Date()
      for (const run of runs.values()) {
        await run.flush()
        for (const problem of anyones) run.reject(UNKNOWN_REGION, problem)
      }
      return [...runs.values()].map((run) => run.toRecord({ failure, finishedAt }))
    },
  }
}
