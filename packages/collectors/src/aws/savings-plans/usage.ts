import {
  GetSavingsPlansUtilizationCommand,
  paginateGetSavingsPlansCoverage,
  paginateGetSavingsPlansUtilizationDetails,
  type SavingsPlansUtilizationDetail,
} from '@aws-sdk/client-cost-explorer'
import { parseArn } from '@polo/core'
import type { Observation } from '../../collector.ts'
import { type PropertyTable, readProperties } from '../property-table.ts'
import { dayAfter, type SavingsPlansContext } from './clients.ts'
import { observeCoverage, observeUsage } from './measures.ts'
import { createPlanCalendar, type PlanCalendar } from './plan-calendar.ts'
import { type Look, planLook } from './plan-look.ts'

/** What Cost Explorer gives where nothing is asked for; it documents no larger page. */
const PAGE_SIZE = 20
const UNAVAILABLE = 'DataUnavailableException'

/** Cost Explorer's attributes of a plan, which it gives of other accounts' plans too. */
export const PLAN_DAY: PropertyTable<SavingsPlansUtilizationDetail> = {
  plan_type: ['Type of the plan, as Cost Explorer calls it', (d) => d.Attributes?.SavingsPlansType],
  payment_option: ['All Upfront, Partial Upfront or No Upfront', (d) => d.Attributes?.PaymentOption],
  purchase_term: ['Length of the term', (d) => d.Attributes?.PurchaseTerm],
  commitment: ['What is committed to for each hour, in its currency', (d) => d.Attributes?.HourlyCommitment],
  region: ['Region that it is confined to', (d) => d.Attributes?.Region],
  instance_family: ['Instance family that it is confined to', (d) => d.Attributes?.InstanceFamily],
}

/**
 * Of each day how much of what is committed to was used, by all plans and by each, and how much of the spend that plans could
 * cover was covered, by service.
 */
export async function* collectUsage(context: SavingsPlansContext): AsyncGenerator<Observation> {
  const look = await planLook(context)
  if (!look) return
  const { days } = look
  const absence = { days, newest: days.at(-1), calendar: createPlanCalendar(context) }
  const seen = yield* unlessUnavailable(context, collectUtilization(context, look), absence)
  // Plans of other accounts of the organization are known only from this.
  if (seen > 0 || (await absence.calendar.ranOn(days))) {
    yield* unlessUnavailable(context, collectCoverage(context, look), absence)
    for (const day of days) {
      yield* unlessUnavailable(context, collectDetails(context, day), { ...absence, days: [day] })
    }
  }
  look.finish()
}

interface Absence {
  readonly days: readonly string[]
  readonly newest: string | undefined
  readonly calendar: PlanCalendar
}

/**
 * What is observed, and its number. Cost Explorer says that data is unavailable both where there are no plans and where it
 * has not counted them (yet), so that plans that ran on these days make it a part that could not be looked at.
 */
async function* unlessUnavailable(
  context: SavingsPlansContext,
  observations: AsyncIterable<Observation>,
  { days, newest, calendar }: Absence,
): AsyncGenerator<Observation, number> {
  let seen = 0
  try {
    for await (const observation of observations) {
      yield observation
      seen++
    }
  } catch (error) {
    if (!(error instanceof Error) || error.name !== UNAVAILABLE) throw error
    const settled = days.filter((day) => day !== newest)
    const part = days.length > 1 ? `days from ${days[0]} to ${days.at(-1)}` : `${days[0]}`
    if (await calendar.ranOn(settled)) context.incomplete(part, error)
    else if (await calendar.ranOn(days)) context.note(`Cost Explorer has not counted all of ${part} yet`)
  }
  return seen
}

async function* collectUtilization(
  context: SavingsPlansContext,
  { period }: Look,
): AsyncGenerator<Observation> {
  const command = new GetSavingsPlansUtilizationCommand({ TimePeriod: period, Granularity: 'DAILY' })
  const answer = await context.clients.costExplorer.send(command, { abortSignal: context.signal })
  const subject = { resource_type: 'savingsplans:utilization', resource_id: context.account }
  yield* context.each(answer, 'SavingsPlansUtilizationsByTime', (usage) =>
    observeUsage(subject, usage, { day: usage.TimePeriod?.Start, currency: currencyOf(context) }),
  )
}

/** Cost Explorer groups days, though its reference says that a granularity must not be set beside groups. */
async function* collectCoverage(context: SavingsPlansContext, { period }: Look): AsyncGenerator<Observation> {
  const pages = paginateGetSavingsPlansCoverage(
    { client: context.clients.costExplorer, pageSize: PAGE_SIZE },
    { TimePeriod: period, Granularity: 'DAILY', GroupBy: [{ Type: 'DIMENSION', Key: 'SERVICE' }] },
    { abortSignal: context.signal },
  )
  for await (const page of pages) {
    yield* context.each(page, 'SavingsPlansCoverages', ({ Attributes, Coverage, TimePeriod }) =>
      observeCoverage(
        { resource_type: 'savingsplans:coverage', resource_id: Attributes?.SERVICE },
        Coverage,
        {
          day: TimePeriod?.Start,
          currency: currencyOf(context),
        },
      ),
    )
  }
}

/** Of one day: it sums up what lies between the ends of its period. */
async function* collectDetails(context: SavingsPlansContext, day: string): AsyncGenerator<Observation> {
  const pages = paginateGetSavingsPlansUtilizationDetails(
    { client: context.clients.costExplorer, pageSize: PAGE_SIZE },
    { TimePeriod: { Start: day, End: dayAfter(day) } },
    { abortSignal: context.signal },
  )
  for await (const page of pages) {
    yield* context.each(page, 'SavingsPlansUtilizationDetails', (detail) =>
      observeUsage(identifyPlan(detail), detail, { day, currency: currencyOf(context) }),
    )
  }
}

/** A plan's id is the last part of its ARN; who bought it may be another account than the one that is asked. */
function identifyPlan(detail: SavingsPlansUtilizationDetail): Observation {
  const { SavingsPlanArn = '' } = detail
  const { accountId, resourceId } = parseArn(SavingsPlanArn)
  return {
    resource_type: 'savingsplans:plan',
    resource_id: resourceId,
    resource_arn: SavingsPlanArn,
    aws_account_id: accountId,
    properties: readProperties(PLAN_DAY, detail),
  }
}

const CURRENCIES: Readonly<Record<string, string>> = { 'aws-cn': 'CNY', 'aws-eusc': 'EUR' }

/** Cost Explorer gives amounts without it. */
function currencyOf({ partition }: SavingsPlansContext): string {
  return CURRENCIES[partition] ?? 'USD'
}
