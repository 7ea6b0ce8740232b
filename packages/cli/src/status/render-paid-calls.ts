import { isRoutineNote } from '@polo/collectors'
import { describeUsd } from '@polo/core'
import { nameAccounts } from '../output/name-accounts.ts'
import { printable } from '../output/printable.ts'
import type { PaidCalls } from './paid-calls.ts'
import { limit, type RenderOptions } from './render-lines.ts'
import type { StatusReport } from './status-report.ts'

/** What paid calls have cost and will have by the end of the month; more than the budget is marked. */
export function renderPaidCalls({ paid_calls }: StatusReport): string[] {
  const { month, budget_usd, spent_usd, collectors } = paid_calls
  if (budget_usd === 0 && spent_usd === 0) return ['Paid calls: none are made (paidApiBudgetUsd is 0).']
  return [
    `${mark(paid_calls)}Paid calls in ${month}: ${describe(paid_calls)}.`,
    ...collectors
      .filter(hasCost)
      .map((one) => `${mark(one) || '  '}${printable(one.collector, 60)}: ${describe(one)}`),
  ]
}

/** What the newest runs said besides how they ended; what they just did, only when everything is asked for. */
export function renderNotes({ jobs }: StatusReport, options: RenderOptions): string[] {
  const told = jobs.flatMap(({ aws_account_id: account, collector, notes }) =>
    notes
      .filter((note) => options.all || !isRoutineNote(note))
      .map((note) => ({ account, collector, text: printable(note, 400) })),
  )
  const lines = nameAccounts(told).map((line) => `  ${line}`)
  return lines.length === 0 ? [] : ['Notes of the newest runs:', ...limit(lines, options)]
}

function hasCost({ spent_usd, projected_usd }: Amounts): boolean {
  return spent_usd > 0 || projected_usd > 0
}

type Amounts = Pick<PaidCalls, 'budget_usd' | 'spent_usd' | 'projected_usd'>

function describe({ budget_usd, spent_usd, projected_usd }: Amounts): string {
  return `${describeUsd(spent_usd)} of ${describeUsd(budget_usd)} spent, ${describeUsd(projected_usd)} by the end of the month`
}

function mark({ budget_usd, projected_usd }: Amounts): string {
  return projected_usd > budget_usd ? '! ' : ''
}
