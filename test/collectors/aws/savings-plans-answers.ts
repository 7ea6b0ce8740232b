import { savingsPlans } from '../../../packages/collectors/src/aws/savings-plans.ts'
import { ACCOUNT, collect, makeEvent, recordedText } from '../harness.ts'
import { jsonAnswers, refusal } from '../json-answers.ts'

export const SLOT = new Date('2026-01-03T06:00:00.000Z')
const NOW = new Date('2026-01-03T06:00:07.000Z')
export const UNAVAILABLE = refusal('DataUnavailableException')

const NO_PLANS = { savingsPlans: [] }
export const NO_DETAILS = { SavingsPlansUtilizationDetails: [], TimePeriod: {} }
const NO_COVERAGE = { SavingsPlansCoverages: [] }
export const USED = {
  SavingsPlansUtilizationsByTime: [
    { TimePeriod: { Start: '2026-01-01', End: '2026-01-02' }, Utilization: { TotalCommitment: '24' } },
  ],
}
const NOTHING = {
  DescribeSavingsPlans: NO_PLANS,
  GetSavingsPlansUtilization: USED,
  GetSavingsPlansUtilizationDetails: NO_DETAILS,
  GetSavingsPlansCoverage: NO_COVERAGE,
}
export const RECORDED = {
  ...NOTHING,
  DescribeSavingsPlans: recordedText('aws-sp-autopilot/describe_savings_plans.json'),
  GetSavingsPlansUtilization: recordedText('aws-sp-autopilot/get_savings_plans_utilization.json'),
  GetSavingsPlansCoverage: recordedText('aws-sp-autopilot/get_savings_plans_coverage_grouped.json'),
}

type Circumstances = Omit<NonNullable<Parameters<typeof collect>[1]>, 'requestHandler'>

export async function lookAtPlans(
  answers: Parameters<typeof jsonAnswers>[0],
  circumstances: Circumstances = {},
) {
  const { requestHandler, asked } = jsonAnswers({ ...NOTHING, ...answers })
  const collected = await collect(savingsPlans, { slot: SLOT, now: NOW, ...circumstances, requestHandler })
  const inputsOf = (operation: string) =>
    asked.filter((call) => call.operation === operation).map(({ input }) => input)
  return { ...collected, inputsOf }
}

type Columns = Partial<Parameters<typeof makeEvent>[0]>

export function planEvent(id: string, columns: Columns) {
  return makeEvent({
    collector: 'savings_plans',
    resource_type: 'savingsplans:plan',
    resource_id: id,
    resource_arn: arnOf(id),
    event_time: SLOT.toISOString(),
    observed_at: NOW.toISOString(),
    ...columns,
  })
}

export function dayEvent(day: string, columns: Columns) {
  return makeEvent({
    collector: 'savings_plans',
    resource_type: 'savingsplans:utilization',
    resource_id: ACCOUNT,
    resource_arn: '',
    event_type: 'metric',
    event_time: `${day}T00:00:00.000Z`,
    unit: 'USD',
    observed_at: NOW.toISOString(),
    ...columns,
  })
}

export function arnOf(id: string, account = ACCOUNT): string {
  return `arn:aws:savingsplans::${account}:savingsplan/${id}`
}

export function daysBefore(slot: Date, count: number): string[] {
  const day = (back: number) => new Date(slot.getTime() - back * 86_400_000).toISOString().slice(0, 10)
  return Array.from({ length: count }, (_, index) => day(count - index))
}

export function dayLater(days: number) {
  const later = (time: Date) => new Date(time.getTime() + days * 86_400_000)
  return { slot: later(SLOT), now: later(NOW) }
}

/** The days whose plans were asked for. */
export function daysOf(inputsOf: (operation: string) => Readonly<Record<string, unknown>>[]): string[] {
  return inputsOf('GetSavingsPlansUtilizationDetails').map(({ TimePeriod }) => startOf(TimePeriod))
}

export function startOf(period: unknown): string {
  return typeof period === 'object' && period !== null ? String(Reflect.get(period, 'Start')) : ''
}
