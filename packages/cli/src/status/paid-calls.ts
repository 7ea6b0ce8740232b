import { COLLECTORS, monthlyBudgets } from '@polo/collectors'
import type { CollectorSpend, Spend } from '@polo/ingester'

/** A month of calls that AWS charges for, in US dollars. */
export interface PaidCalls extends Omit<Spend, 'collectors'> {
  /** What all of them may cost. */
  readonly budget_usd: number
  /** Those that pay for calls, and what else has cost anything, by name. */
  readonly collectors: readonly CollectorPaidCalls[]
}

export interface CollectorPaidCalls extends CollectorSpend {
  /** Its share of the budget, over all accounts; 0 for one that this Polo does not have. */
  readonly budget_usd: number
}

/** What was spent, beside what may be. */
export function toPaidCalls({ collectors, ...sums }: Spend, budgetUsd: number): PaidCalls {
  const budgets = monthlyBudgets(COLLECTORS, { paidApiBudgetUsd: budgetUsd })
  const spent = new Map(collectors.map((one) => [one.collector, one]))
  const names = [...new Set([...Object.keys(budgets), ...spent.keys()])].sort()
  return {
    ...sums,
    budget_usd: budgetUsd,
    collectors: names.map((collector) => ({
      collector,
      budget_usd: budgets[collector] ?? 0,
      spent_usd: spent.get(collector)?.spent_usd ?? 0,
      projected_usd: spent.get(collector)?.projected_usd ?? 0,
    })),
  }
}
