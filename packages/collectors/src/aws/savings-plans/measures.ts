import type {
  SavingsPlansAmortizedCommitment,
  SavingsPlansCoverageData,
  SavingsPlansSavings,
  SavingsPlansUtilization,
} from '@aws-sdk/client-cost-explorer'
import type { Observation } from '../../collector.ts'
import { UnexpectedAnswerError } from '../../errors.ts'

/** What Cost Explorer says of a plan, or of all, for a period. */
export interface Usage {
  readonly Utilization?: SavingsPlansUtilization | undefined
  readonly Savings?: SavingsPlansSavings | undefined
  readonly AmortizedCommitment?: SavingsPlansAmortizedCommitment | undefined
}

export interface Day {
  /** '2026-03-01'; undefined where the answer lacks it. */
  readonly day: string | undefined
  /** Of what is no percentage. */
  readonly currency: string
}

/** A metric under AWS's name for each figure of a day; none for those that AWS leaves out. */
export function observeUsage(subject: Observation, usage: Usage, day: Day): Observation[] {
  const { Utilization, Savings, AmortizedCommitment } = usage
  const measures = {
    TotalCommitment: Utilization?.TotalCommitment,
    UsedCommitment: Utilization?.UsedCommitment,
    UnusedCommitment: Utilization?.UnusedCommitment,
    UtilizationPercentage: Utilization?.UtilizationPercentage,
    AmortizedRecurringCommitment: AmortizedCommitment?.AmortizedRecurringCommitment,
    AmortizedUpfrontCommitment: AmortizedCommitment?.AmortizedUpfrontCommitment,
    TotalAmortizedCommitment: AmortizedCommitment?.TotalAmortizedCommitment,
    NetSavings: Savings?.NetSavings,
    OnDemandCostEquivalent: Savings?.OnDemandCostEquivalent,
  }
  return observeMeasures(subject, measures, day)
}

/** The same of what plans could cover. */
export function observeCoverage(
  subject: Observation,
  coverage: SavingsPlansCoverageData | undefined,
  day: Day,
): Observation[] {
  const measures = {
    SpendCoveredBySavingsPlans: coverage?.SpendCoveredBySavingsPlans,
    OnDemandCost: coverage?.OnDemandCost,
    TotalCost: coverage?.TotalCost,
    CoveragePercentage: coverage?.CoveragePercentage,
  }
  return observeMeasures(subject, measures, day)
}

function observeMeasures(
  subject: Observation,
  measures: Readonly<Record<string, string | undefined>>,
  { day, currency }: Day,
): Observation[] {
  if (!day) throw new UnexpectedAnswerError('it does not say of which day it is')
  return Object.entries(measures).flatMap(([name, text]) => {
    if (!text) return []
    return [
      {
        ...subject,
        event_type: 'metric',
        event_action: name,
        event_time: new Date(`${day}T00:00:00.000Z`),
        value: readNumber(name, text),
        unit: name.endsWith('Percentage') ? 'Percent' : currency,
      },
    ]
  })
}

function readNumber(name: string, text: string): number {
  const value = Number(text)
  if (Number.isFinite(value)) return value
  throw new UnexpectedAnswerError(`${name} is no number: '${text}'`)
}
