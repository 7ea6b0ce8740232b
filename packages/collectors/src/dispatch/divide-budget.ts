import pLimit from 'p-limit'
import { describeError } from '../classify-failure.ts'
import { ledgerKey, readStanding, type Standing } from '../paid-calls/spend-ledger.ts'
import type { JobMessage } from '../run/job-message.ts'
import { createTimeLimit, orAborted } from '../run/time-limit.ts'
import type { AccountMemory } from './remembered-accounts.ts'

/** For accounts of which it is not known yet what a look costs; what they do not need goes to the others as the month goes on. */
const EVENLY = 0.1
const READS_AT_ONCE = 20
const STORE_TIMEOUT_MS = 10_000

export interface DivideOptions extends AccountMemory {
  readonly now: Date
}

/**
 * Divides what the jobs of one collector may cost together, which they name in even parts, by what a look at each account
 * costs: all accounts are then looked at equally often. What is left of the month is divided anew each time, so that
 * together they never may spend more than it. Never throws.
 */
export async function divideBudget(
  jobs: readonly JobMessage[],
  options: DivideOptions,
): Promise<readonly JobMessage[]> {
  const totalUsd = sum(jobs.map(({ budgetUsd = 0 }) => budgetUsd))
  if (jobs.length < 2 || totalUsd === 0) return jobs
  const standings = await readStandings(jobs, options)
  const leftUsd = Math.max(0, totalUsd - sum(standings.map(({ spentUsd }) => spentUsd)))
  const needUsd = sum(standings.map(({ lookUsd }) => lookUsd))
  return jobs.map((job, index) => {
    const { spentUsd = 0, lookUsd = 0 } = standings[index] ?? {}
    const evenly = 1 / jobs.length
    const part = needUsd > 0 ? EVENLY * evenly + (1 - EVENLY) * (lookUsd / needUsd) : evenly
    return { ...job, budgetUsd: spentUsd + leftUsd * part }
  })
}

async function readStandings(
  jobs: readonly JobMessage[],
  { remembered: store, storeTimeoutMs = STORE_TIMEOUT_MS, now, onNote }: DivideOptions,
): Promise<Standing[]> {
  const limit = pLimit(READS_AT_ONCE)
  const timeLimit = createTimeLimit(storeTimeoutMs)
  const read = async ({ collector, account, budgetUsd = 0 }: JobMessage): Promise<Standing> => {
    try {
      const place = { store, key: ledgerKey(collector, account.id), now }
      return await orAborted(timeLimit.signal, () => readStanding(place))
    } catch (error) {
      onNote?.(`what ${collector} has spent in ${account.id} could not be read: ${describeError(error)}`)
      // Its even part is not for others: nobody knows what of it is spent.
      return { spentUsd: budgetUsd, lookUsd: 0 }
    }
  }
  const standings = await Promise.all(jobs.map((job) => limit(read, job)))
  timeLimit.clear()
  return standings
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
