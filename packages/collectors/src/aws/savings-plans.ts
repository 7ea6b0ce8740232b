import {
  GetSavingsPlansCoverageCommand,
  GetSavingsPlansUtilizationDetailsCommand,
} from '@aws-sdk/client-cost-explorer'
import { defineCollector } from '../collector.ts'
import { SCHEDULES } from '../schedules.ts'
import { documentProperties } from './property-table.ts'
import { CLIENTS, DAY_MS, toDay } from './savings-plans/clients.ts'
import { collectPlans, PLAN } from './savings-plans/plans.ts'
import { collectUsage, PLAN_DAY } from './savings-plans/usage.ts'

export const savingsPlans = defineCollector({
  name: 'savings_plans',
  description: 'Savings Plans: what is committed to, how much of it is used each day, and what they cover',
  scope: 'organization',
  schedule: SCHEDULES.savingsPlans,
  resourceTypes: {
    'savingsplans:plan': {
      description:
        'Savings Plan (config), and its days (metric): TotalCommitment, UsedCommitment, UnusedCommitment, ' +
        'UtilizationPercentage, AmortizedRecurringCommitment, AmortizedUpfrontCommitment, TotalAmortizedCommitment, ' +
        'NetSavings and OnDemandCostEquivalent, which are not costs and are in no sum of costs',
      properties: { ...documentProperties(PLAN_DAY), ...documentProperties(PLAN) },
    },
    'savingsplans:utilization': {
      description:
        'The same figures of all Savings Plans of the organization together, under the account that pays',
      properties: {},
    },
    'savingsplans:coverage': {
      description:
        'Service whose use Savings Plans could cover: SpendCoveredBySavingsPlans, OnDemandCost (what they did not cover), ' +
        'TotalCost and CoveragePercentage of a day',
      properties: {},
    },
  },
  permissions: [
    'savingsplans:DescribeSavingsPlans',
    'ce:GetSavingsPlansUtilization',
    'ce:GetSavingsPlansUtilizationDetails',
    'ce:GetSavingsPlansCoverage',
  ],
  remembers: true,
  budgetShare: 0.1,
  clients: CLIENTS,
  sources: { plans: collectPlans, usage: collectUsage },
  probes: {
    'ce:GetSavingsPlansUtilizationDetails': ({ costExplorer }, abortSignal) =>
      costExplorer.send(new GetSavingsPlansUtilizationDetailsCommand(lastDay()), { abortSignal }),
    'ce:GetSavingsPlansCoverage': ({ costExplorer }, abortSignal) =>
      costExplorer.send(new GetSavingsPlansCoverageCommand(lastDay()), { abortSignal }),
  },
})

function lastDay() {
  const now = Date.now()
  return { TimePeriod: { Start: toDay(now - DAY_MS), End: toDay(now) } }
}
