import { ConfigError, type PoloConfig, type Schedule } from '@polo/core'
import type { Scope } from '../collector.ts'
import type { ObjectStore } from '../object-store.ts'
import { describePlan, type LookPlan, planLooks } from './plan-looks.ts'
import { ledgerKey, openLedger } from './spend-ledger.ts'

/** What the paid calls of one collector may cost one account (or the organization) in a month, in US dollars. */
export interface Budget {
  readonly monthlyUsd: number
  /** What its runs have cost since the month began (UTC), this one included. */
  spentUsd(): number
  /**
   * The shortest interval at which looks that cost `lookUsd` in this region, with what the account's other regions cost last
   * time, stay within the month's budget. Where it is longer than the schedule's, the run's notes say so. A slot that is due
   * counts as a look, whatever becomes of it; ask again when it turns out to cost something else.
   */
  plan(lookUsd: number): LookPlan
  /** What the looks of all regions cost that are due in this run, as far as they have been planned. */
  dueUsd(): number
}

/** The budget of one run. */
export interface RunBudget {
  ofRegion(region: string): Budget
  /** What is to be said of how often the region is looked at, by its latest plan; undefined where that is as scheduled. */
  noteOf(region: string): string | undefined
  /**
   * Remembers what a call costs before it is made, together with the looks that are planned, so that a look of many calls is
   * written down once. @throws what the store throws
   */
  pay(usd: number): Promise<void>
  /** Remembers what the run has cost in the end. @throws what the store throws */
  commit(): Promise<void>
}

export interface RunBudgetOptions {
  readonly collector: {
    readonly name: string
    readonly schedule: Schedule
    readonly budgetShare?: number | undefined
  }
  readonly accountId: string
  readonly slot: Date
  readonly now: Date
  readonly monthlyUsd: number
  readonly store: ObjectStore | undefined
  /** What this run's calls have cost so far. */
  readonly costUsd: () => number
}

/** What a collector may spend in each account that it reads, where nothing is known of what each needs. */
export function monthlyBudgetUsd(
  { scope, budgetShare = 0 }: { readonly scope: Scope; readonly budgetShare?: number | undefined },
  { paidApiBudgetUsd }: Pick<PoloConfig, 'paidApiBudgetUsd'>,
  accounts: number,
): number {
  const part = paidApiBudgetUsd * budgetShare
  return scope === 'account' ? part / Math.max(accounts, 1) : part
}

/** What each collector that pays for calls may spend in a month, over all accounts. */
export function monthlyBudgets(
  collectors: readonly { readonly name: string; readonly budgetShare?: number | undefined }[],
  { paidApiBudgetUsd }: Pick<PoloConfig, 'paidApiBudgetUsd'>,
): Record<string, number> {
  const paying = collectors.filter(({ budgetShare = 0 }) => budgetShare > 0)
  return Object.fromEntries(paying.map(({ name, budgetShare = 0 }) => [name, paidApiBudgetUsd * budgetShare]))
}

/**
 * Reads what the month's runs before this one have cost.
 * @throws what the store throws, and ConfigError where it cannot be understood: who does not know what was spent must not spend
 */
export async function createRunBudget(options: RunBudgetOptions): Promise<RunBudget> {
  const { collector, accountId, slot, now, monthlyUsd, costUsd } = options
  const { schedule } = collector
  const isPaying = (collector.budgetShare ?? 0) > 0
  const ledger = await openLedger({
    store: isPaying ? storeOf(options) : undefined,
    key: ledgerKey(collector.name, accountId),
    now,
  })
  const { looks, looksBefore, spentBeforeUsd } = ledger
  const notes = new Map<string, string | undefined>()
  const dueUsd = new Map<string, number>()
  const allDueUsd = () => sum(dueUsd.values())
  return {
    ofRegion: (region) => ({
      monthlyUsd,
      spentUsd: () => spentBeforeUsd + costUsd(),
      dueUsd: allDueUsd,
      plan(usd) {
        // The one before this run: a retry of a slot, and a second question within it, are due where the first was.
        const lookedAt = looksBefore[region]?.lookedAt
        looks[region] = { usd, plannedAt: now.toISOString(), ...(lookedAt && { lookedAt }) }
        const allUsd = sum(Object.values(looks).map((look) => look.usd))
        const looking = { schedule, lookedAt, allUsd, spentUsd: spentBeforeUsd, monthlyUsd }
        const plan = planLooks({ ...looking, slot, now })
        if (plan.isDue) looks[region] = { ...looks[region], lookedAt: later(lookedAt, slot.toISOString()) }
        dueUsd.set(region, plan.isDue ? usd : 0)
        notes.set(region, describePlan(plan, looking))
        return plan
      },
    }),
    noteOf: (region) => notes.get(region),
    pay: (usd) => ledger.pay(usd, allDueUsd()),
    commit: () => ledger.close(costUsd()),
  }
}

function storeOf({ collector, store }: RunBudgetOptions): ObjectStore {
  if (store) return store
  throw new ConfigError(`${collector.name} pays for calls, and was given no place to remember what they cost`)
}

/** A slot of the past that is made up for does not bring the next one forward. */
function later(one: string | undefined, other: string): string {
  return one !== undefined && one > other ? one : other
}

function sum(numbers: Iterable<number>): number {
  return [...numbers].reduce((total, one) => total + one, 0)
}
