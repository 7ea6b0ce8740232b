import type { SavingsPlan } from '@aws-sdk/client-savingsplans'
import { readPages } from '../read-pages.ts'
import { DAY_MS, type SavingsPlansContext } from './clients.ts'
import { askPlans } from './plans.ts'

/** Of these nothing was charged. */
const NEVER_RAN: ReadonlySet<string | undefined> = new Set([
  'queued',
  'queued-deleted',
  'payment-pending',
  'payment-failed',
  'returned',
])

/** When the account's own plans ran. It is asked for only if there is a question, which costs nothing. */
export interface PlanCalendar {
  /** Whether one ran on any of these days: '2026-03-01'. */
  ranOn(days: readonly string[]): Promise<boolean>
}

export function createPlanCalendar(context: SavingsPlansContext): PlanCalendar {
  let plans: Promise<readonly SavingsPlan[]> | undefined
  return {
    async ranOn(days) {
      plans ??= readPlans(context)
      const ran = (await plans).filter(({ state }) => !NEVER_RAN.has(state))
      return days.some((day) => ran.some((plan) => isWithin(plan, Date.parse(day))))
    },
  }
}

async function readPlans(context: SavingsPlansContext): Promise<readonly SavingsPlan[]> {
  const { items, failure } = await readPages(askPlans(context), 'savingsPlans')
  if (failure) throw failure.error
  return items
}

function isWithin({ start = '', end }: SavingsPlan, dayStart: number): boolean {
  return Date.parse(start) < dayStart + DAY_MS && (end === undefined || Date.parse(end) > dayStart)
}
