import {
  DescribeSavingsPlansCommand,
  type DescribeSavingsPlansCommandOutput,
  type SavingsPlan,
  SavingsPlanState,
} from '@aws-sdk/client-savingsplans'
import type { Observation } from '../../collector.ts'
import { type PropertyTable, readProperties } from '../property-table.ts'
import { DAY_MS, type SavingsPlansContext } from './clients.ts'

/** The most that the Savings Plans API gives. */
const PAGE_SIZE = 1000
/** Plans that ended longer ago say nothing of what is paid today. */
const ENDED_DAYS = 90

export const PLAN: PropertyTable<SavingsPlan> = {
  state: [
    'queued, queued-deleted, payment-pending, payment-failed, active, pending-return, returned or retired',
    (p) => p.state,
  ],
  type: ['Compute, EC2Instance, SageMaker or Database', (p) => p.savingsPlanType],
  commitment: ['What is committed to for each hour, in its currency', (p) => p.commitment],
  currency: ['Currency of all amounts', (p) => p.currency],
  payment_option: ['All Upfront, Partial Upfront or No Upfront', (p) => p.paymentOption],
  upfront_payment_amount: ['What was paid at once', (p) => p.upfrontPaymentAmount],
  recurring_payment_amount: ['What is paid for each hour', (p) => p.recurringPaymentAmount],
  term_seconds: ['Length of the term in seconds', (p) => p.termDurationInSeconds],
  start: ['When it begins', (p) => p.start],
  end: ['When it ends', (p) => p.end],
  returnable_until: ['Until when it may be returned', (p) => p.returnableUntil],
  product_types: ['Products that it covers, such as EC2, Fargate and Lambda', (p) => p.productTypes],
  region: ['Region that it is confined to', (p) => p.region],
  instance_family: ['Instance family that it is confined to', (p) => p.ec2InstanceFamily],
  offering_id: ['Offering that was bought', (p) => p.offeringId],
  description: ["AWS's words for it", (p) => p.description],
}

/** The plans that the account has bought: those to come, those that run, and those that ended lately. */
export async function* collectPlans(context: SavingsPlansContext): AsyncGenerator<Observation> {
  const oldestEnd = context.slot.getTime() - ENDED_DAYS * DAY_MS
  for await (const page of askPlans(context)) {
    yield* context.each(page, 'savingsPlans', (plan) =>
      plan.end !== undefined && Date.parse(plan.end) < oldestEnd ? [] : [observePlan(plan)],
    )
  }
}

/** The pages of all plans; the SDK has no paginator for them. */
export async function* askPlans({
  clients,
  signal,
}: SavingsPlansContext): AsyncGenerator<DescribeSavingsPlansCommandOutput> {
  const input = { states: Object.values(SavingsPlanState), maxResults: PAGE_SIZE }
  let nextToken: string | undefined
  do {
    const command = new DescribeSavingsPlansCommand({ ...input, nextToken })
    const page = await clients.savingsplans.send(command, { abortSignal: signal })
    yield page
    nextToken = page.nextToken
  } while (nextToken)
}

function observePlan(plan: SavingsPlan): Observation {
  return {
    resource_type: 'savingsplans:plan',
    resource_id: plan.savingsPlanId,
    resource_arn: plan.savingsPlanArn,
    tags: plan.tags,
    properties: readProperties(PLAN, plan),
  }
}
