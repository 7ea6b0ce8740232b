import {
  CostExplorerClient,
  type Dimension,
  type Expression,
  GetCostAndUsageCommand,
  type GetCostAndUsageResponse,
} from '@aws-sdk/client-cost-explorer'
import type { CollectContext } from '../../collector.ts'
import { BudgetSpentError, UnexpectedAnswerError } from '../../errors.ts'
import type { DayRange } from './days.ts'
import { COST_METRICS } from './read-groups.ts'

export const CLIENTS = { costExplorer: CostExplorerClient }
export type Context = CollectContext<typeof CLIENTS>

/** All of them come at the price of one. */
const METRICS = [...COST_METRICS, 'UsageQuantity']
/** What a request, and each page is one, costs. */
export const REQUEST_USD = 0.01
/** Less than any amount that is charged. */
const ROUNDING_USD = 1e-6

export interface Question {
  readonly range: DayRange
  /** Two at most. */
  readonly groupBy: readonly Dimension[]
  readonly filter?: Expression
}

/** Asks, and counts what that took. */
export interface Asker {
  /**
   * Every page of an answer by day.
   * @throws BudgetSpentError before a page that is no longer within the month's budget
   */
  ask(question: Question): AsyncGenerator<GetCostAndUsageResponse>
  /** Pages so far. */
  requests(): number
}

export function createAsker(context: Context): Asker {
  let requests = 0
  return {
    requests: () => requests,
    // There is no paginator for it, and no page size.
    async *ask(question) {
      let token: string | undefined
      do {
        checkBudget(context)
        requests++
        const page = await context.clients.costExplorer.send(toCommand(question, token), {
          abortSignal: context.signal,
        })
        yield page
        if (page.NextPageToken && page.NextPageToken === token)
          throw new UnexpectedAnswerError('the answer names itself as its next page')
        token = page.NextPageToken
      } while (token)
    },
  }
}

function toCommand({ range, groupBy, filter }: Question, token: string | undefined): GetCostAndUsageCommand {
  return new GetCostAndUsageCommand({
    TimePeriod: { Start: range.start, End: range.end },
    Granularity: 'DAILY',
    Metrics: METRICS,
    GroupBy: groupBy.map((key) => ({ Type: 'DIMENSION', Key: key })),
    Filter: filter,
    NextPageToken: token,
  })
}

function checkBudget({ budget }: Context): void {
  if (budget.spentUsd() + REQUEST_USD <= budget.monthlyUsd + ROUNDING_USD) return
  throw new BudgetSpentError(
    `Cost Explorer has cost $${budget.spentUsd().toFixed(2)} this month, and may cost $${budget.monthlyUsd.toFixed(2)} (see paidApiBudgetUsd)`,
  )
}
