import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import { type AwsSource, createAwsClient, type Source } from '@polo/collectors'
import { type LookPlan, planLooks } from '../../packages/collectors/src/paid-calls/plan-looks.ts'
import { memoryStore } from './harness.ts'
import { ACCOUNT, runStub } from './run-stub.ts'

export const SCHEDULE = { every: '5 minutes', offset: '0 minutes' } as const
export const MINUTE_MS = 60_000
export const HOUR_MS = 3_600_000
export const KEY = `collectors/config_stub/${ACCOUNT}/spend.json`

/** Clients whose every request is answered with a server's fault, after it was counted. */
export function brokenAws(onRequest: () => unknown = () => {}): Partial<AwsSource> {
  const handle = async () => {
    await onRequest()
    throw new Error('no network')
  }
  return {
    client: (clientClass, { region, countCall }) =>
      createAwsClient(
        clientClass,
        {
          region,
          credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
          maxAttempts: 1,
          requestHandler: { handle },
        },
        { countCall, use: () => {} },
      ),
  }
}

interface Paying {
  readonly lookUsd: number
  readonly budgetUsd: number
  readonly store?: ReturnType<typeof memoryStore>
  readonly queries?: number
  readonly slot?: Date
  readonly regions?: readonly string[]
  /** Called when a request has been sent. */
  readonly onRequest?: () => unknown
}

/** A run that plans a look in each region, and asks for `queries` metrics where one is due. */
export async function pay({
  lookUsd,
  budgetUsd,
  store = memoryStore(),
  queries = 0,
  slot,
  regions = ['eu-west-1'],
  onRequest,
}: Paying) {
  const plans: LookPlan[] = []
  const looks: Source<{ cloudwatch: typeof CloudWatchClient }> = async function* ({ budget, clients }) {
    const plan = budget.plan(lookUsd)
    plans.push(plan)
    if (plan.isDue && queries > 0) {
      const MetricDataQueries = Array.from({ length: queries }, (_, index) => ({ Id: `m${index}` }))
      const input = { MetricDataQueries, StartTime: new Date(0), EndTime: new Date(1) }
      await clients.cloudwatch.send(new GetMetricDataCommand(input)).catch(() => {})
    }
    yield* []
  }
  const { run } = await runStub({
    sources: { looks },
    collector: { budgetShare: 1, schedule: SCHEDULE, clients: { cloudwatch: CloudWatchClient } },
    job: { budgetUsd, regions, ...(slot && { slot }) },
    aws: brokenAws(onRequest),
    dependencies: { state: store },
  })
  return { run, plans, store }
}

export function spendOf(spend: object) {
  return memoryStore({ [KEY]: JSON.stringify({ v: 1, ...spend }) })
}

export function minutesBefore(time: Date, minutes: number): Date {
  return new Date(time.getTime() - minutes * MINUTE_MS)
}

interface Month {
  /** What a look costs at that time. */
  readonly lookUsd: (slot: Date) => number
  readonly monthlyUsd: number
  readonly startSlot?: number
}

/** Every slot of a month of 31 days, each of which is told what the ones before it have spent. */
export function spendMonth({ lookUsd, monthlyUsd, startSlot = 0 }: Month) {
  const looks: Date[] = []
  const plans: LookPlan[] = []
  let spentUsd = 0
  for (
    let at = Date.UTC(2026, 2, 1) + startSlot * 5 * MINUTE_MS;
    at < Date.UTC(2026, 3, 1);
    at += 5 * MINUTE_MS
  ) {
    const slot = new Date(at)
    const allUsd = lookUsd(slot)
    const lookedAt = looks.at(-1)?.toISOString()
    const plan = planLooks({ schedule: SCHEDULE, slot, lookedAt, now: slot, allUsd, spentUsd, monthlyUsd })
    plans.push(plan)
    if (!plan.isDue) continue
    looks.push(slot)
    spentUsd += allUsd
  }
  return { spentUsd, looks, plans }
}
