import { CostExplorerClient } from '@aws-sdk/client-cost-explorer'
import { SavingsplansClient } from '@aws-sdk/client-savingsplans'
import type { CollectContext } from '../../collector.ts'

export const CLIENTS = { savingsplans: SavingsplansClient, costExplorer: CostExplorerClient }
export type SavingsPlansContext = CollectContext<typeof CLIENTS>

export const DAY_MS = 86_400_000

/** Of a day such as '2026-03-01'. */
export function dayAfter(day: string): string {
  return toDay(Date.parse(day) + DAY_MS)
}

/** '2026-03-01' */
export function toDay(time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}
