import { defineCollector, type Observation, type TableRow } from '../collector.ts'
import { SCHEDULES } from '../schedules.ts'
import { CLIENTS, type Context, createAsker } from './cost-explorer/ask-cost-explorer.ts'
import { dayOf, daysLeftInMonth } from './cost-explorer/days.ts'
import { COST_RESOURCE } from './cost-explorer/observe-cost.ts'
import { costOf } from './cost-explorer/plan-look.ts'
import { readMonths } from './cost-explorer/read-months.ts'
import { meansOf, readOpenDays } from './cost-explorer/read-open-days.ts'
import { readOn, remember } from './cost-explorer/remembered.ts'
import { readUsageTypes, USAGE_RESOURCE } from './cost-explorer/usage-types.ts'

export const costExplorer = defineCollector({
  name: 'cost_explorer',
  description: 'What each account and service of the organization costs by the day, as Cost Explorer has it',
  scope: 'organization',
  schedule: SCHEDULES.costExplorer,
  resourceTypes: { 'aws:service': COST_RESOURCE, ...USAGE_RESOURCE },
  tables: ['cost_coverage/1'],
  permissions: ['ce:GetCostAndUsage'],
  remembers: true,
  budgetShare: 0.2,
  clients: CLIENTS,
  sources: { costs: collectCosts },
})

/** The days that AWS may still change first, then months that are missing, then usage types: what matters most is paid for first. */
async function* collectCosts(context: Context): AsyncGenerator<Observation | TableRow> {
  const today = dayOf(context.slot)
  const asker = createAsker(context)
  const before = await remember(context)
  const open = yield* readOpenDays(context, asker, { today, before })
  if (!open) return
  const { range, left, closed, spend } = open
  const daysLeft = daysLeftInMonth(dayOf(new Date()))
  // Besides what the looks of the days to come will take.
  const spareUsd = () => meansOf(context).leftUsd - costOf(range, left) * (daysLeft - 1)
  const months = yield* readMonths(context, asker, {
    today,
    left,
    closed,
    sawLastMonth: before !== undefined,
    allowanceUsd: spareUsd,
  })
  const usage = yield* readUsageTypes(context, asker, {
    today,
    spend,
    readOn: left.usageTypes,
    allowanceUsd: spareUsd() / daysLeft,
  })
  // Only a run that is complete withdraws lines: what another one has restated is to be read again.
  const isWhole = open.isWhole && months.isWhole && usage.isWhole
  const settled = isWhole ? [...closed, ...months.restated] : []
  context.state.write({
    ...months.left,
    months: readOn(months.left.months, settled, today),
    usageTypes: { ...left.usageTypes, ...Object.fromEntries(usage.accounts.map((id) => [id, today])) },
  })
}
