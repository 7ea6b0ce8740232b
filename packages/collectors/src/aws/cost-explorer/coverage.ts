import type { TableRow } from '../../collector.ts'
import type { Context } from './ask-cost-explorer.ts'
import { type Day, timeOf } from './days.ts'

export interface Covered {
  readonly resourceType: string
  /** Left out: every account that the asked one can see. */
  readonly account?: string
  readonly day: Day
}

/** Says that the run has seen every line of a day: what only earlier runs saw was withdrawn. */
export function coverageOf(context: Context, { resourceType, account = '', day }: Covered): TableRow {
  return {
    schema: 'cost_coverage/1',
    row: {
      collector: 'cost_explorer',
      aws_account_id: context.account,
      resource_type: resourceType,
      linked_account_id: account,
      event_time: timeOf(day).toISOString(),
    },
  }
}
