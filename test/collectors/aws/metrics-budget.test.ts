import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2'
import { mockClient } from 'aws-sdk-client-mock'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { lookWindow, withinReach } from '../../../packages/collectors/src/aws/metrics/look-window.ts'
import { packQueries } from '../../../packages/collectors/src/aws/metrics/pack-queries.ts'
import { metrics } from '../../../packages/collectors/src/aws/metrics.ts'
import { costOfMetrics } from '../../../packages/collectors/src/paid-calls/paid-calls.ts'
import { planLooks } from '../../../packages/collectors/src/paid-calls/plan-looks.ts'
import { awsError, collect, memoryStore, REGION } from '../harness.ts'
import { ec2Metric, type FakeSeries, fakeCloudWatch } from './fake-cloudwatch.ts'

const ec2 = mockClient(EC2Client)
const cloudwatch = mockClient(CloudWatchClient)

const MINUTE_MS = 60_000
const PERIOD_MS = 5 * MINUTE_MS
const START = Date.UTC(2025, 2, 1, 10)
const STATE_KEY = 'collectors/metrics/644160558196/us-east-1.json'
const SPEND_KEY = 'collectors/metrics/644160558196/spend.json'
const NAMES = ['CPUUtilization', 'NetworkIn', 'NetworkOut']

beforeEach(() => {
  ec2.reset()
  cloudwatch.reset()
})

/** An estate, and the metrics that each of its instances has. */
function estate(instances: number, points: FakeSeries['points'] = []) {
  const ids = Array.from({ length: instances }, (_, index) => `i-${index}`)
  ec2
    .on(DescribeInstancesCommand)
    .resolves({ Reservations: [{ Instances: ids.map((InstanceId) => ({ InstanceId })) }] })
  const series = ids.flatMap((id) => NAMES.map((name) => ({ metric: ec2Metric(name, id), points })))
  return fakeCloudWatch(cloudwatch, series)
}

function slotAfter(minutes: number): Date {
  return new Date(START + minutes * MINUTE_MS)
}

/** One run in a slot, at its time. */
function runAt(minutes: number, state: ReturnType<typeof memoryStore>, budgetUsd: number) {
  const slot = slotAfter(minutes)
  return collect(metrics, { slot, now: slot, state, budgetUsd })
}

describe('a slot that the budget has no look for', () => {
  it('asks AWS for nothing, is complete, and says when the next look is', async () => {
    const state = memoryStore()
    const cloud = estate(100)
    await runAt(0, state, 5)
    const [askedBefore, listedBefore] = [cloud.asked.length, cloud.listed]
    ec2.reset()

    const { events, run } = await runAt(5, state, 5)

    expect(events).toEqual([])
    expect([cloud.asked.length, cloud.listed]).toEqual([askedBefore, listedBefore])
    expect(run).toMatchObject({
      status: 'complete',
      region_outcomes: { [REGION]: 'complete' },
      api_cost_usd: 0,
    })
    expect(run.notes).toEqual([
      'us-east-1: looks every 30 min instead of every 5 min to stay within the $5.00 a month that it may spend here (paidApiBudgetUsd); the next is due at 2025-03-01T10:30:00.000Z',
    ])
  })

  it('is every slot where the budget is nothing, and CloudWatch is asked for nothing', async () => {
    const cloud = estate(3)

    const { events, run } = await runAt(0, memoryStore(), 0)

    expect(events).toEqual([])
    expect([cloud.asked.length, cloud.listed]).toEqual([0, 0])
    expect(run).toMatchObject({ status: 'complete', api_cost_usd: 0 })
    expect(run.notes).toEqual([
      'us-east-1: no look: paidApiBudgetUsd is 0, and AWS charges for what this collector calls',
    ])
  })

  it('is every slot once the budget is spent, also of a region that was never looked at', async () => {
    const cloud = estate(3)
    const spent = { v: 1, month: '2025-03', spentUsd: 5, looks: {} }
    const state = memoryStore({ [SPEND_KEY]: JSON.stringify(spent) })

    const { run } = await runAt(0, state, 5)

    expect([cloud.asked.length, cloud.listed]).toEqual([0, 0])
    expect(run.notes).toEqual([
      'us-east-1: no look: one costs $0.00002, and $0.00 is left of the $5.00 a month that it may spend here (paidApiBudgetUsd)',
    ])
  })

  it('is one of a look that turns out to cost more than the one before', async () => {
    const state = memoryStore()
    estate(1)
    await runAt(0, state, 1)
    const { asked } = estate(1_000)

    const { run } = await runAt(5, state, 1)

    expect(asked).toEqual([])
    expect(run.notes).toEqual([expect.stringMatching(/; the next is due at 2025-03-/)])
  })

  it('is none any more once the estate has shrunk', async () => {
    const state = memoryStore()
    estate(1_000)
    await runAt(0, state, 1)
    estate(0)
    await runAt(31 * 1_440 - 5, state, 1)
    estate(1)

    const { run } = await runAt(31 * 1_440, state, 1)

    expect(run.notes).toEqual([])
  })
})

describe('a look that no budget allows', () => {
  it('is asked again each day what it costs, and made once it fits', async () => {
    const state = memoryStore()
    const large = estate(1_000)
    const { run } = await runAt(0, state, 0.02)
    const listed = large.listed
    for (let hours = 1; hours <= 24; hours++) await runAt(hours * 60, state, 0.02)

    expect(large.asked).toEqual([])
    expect(run.notes).toEqual([
      'us-east-1: no look: one costs $0.03, more than the $0.02 a month that it may spend here (paidApiBudgetUsd)',
    ])
    expect(large.listed).toBe(2 * listed)

    const small = estate(1)
    await runAt(2 * 1_440, state, 0.02)

    expect(small.asked).toHaveLength(1)
  })
})

describe('a region without instances', () => {
  it('is remembered a few times a day, and not in each slot', async () => {
    const store = memoryStore()
    let writes = 0
    const state = {
      ...store,
      write: (key: string, body: string) => {
        writes++
        return store.write(key, body)
      },
    }
    estate(0)
    for (let minutes = 0; minutes < 1_440; minutes += 15) await runAt(minutes, state, 50)

    expect(writes).toBeLessThanOrEqual(2 * 8)
  })
})

describe('a window that is too wide for a run', () => {
  const DAY_MINUTES = 1_440
  const daysBack = (asked: { StartTime?: Date | undefined } | undefined, minutes: number) =>
    Math.round((slotAfter(minutes).getTime() - (asked?.StartTime?.getTime() ?? 0)) / 86_400_000)

  it('begins the later the more often the time was up, until a look gets through', async () => {
    const state = memoryStore()
    estate(500)
    await runAt(0, state, 1_000)
    const reaches: number[] = []
    for (const day of [20, 21, 22]) {
      const minutes = day * DAY_MINUTES
      const cloud = estate(500)
      const slot = slotAfter(minutes)
      const timeIsUp = new AbortController()
      cloudwatch.on(GetMetricDataCommand).callsFake((input) => {
        cloud.asked.push(input)
        timeIsUp.abort(new Error('the time is up'))
        throw new Error('too late')
      })
      const { run } = await collect(metrics, {
        slot,
        now: slot,
        state,
        budgetUsd: 1_000,
        signal: timeIsUp.signal,
      })
      expect(run.status).toBe('partial')
      reaches.push(daysBack(cloud.asked[0], minutes))
    }
    const { asked } = estate(500)
    const through = await runAt(23 * DAY_MINUTES, state, 1_000)
    reaches.push(daysBack(asked[0], 23 * DAY_MINUTES))

    expect(reaches).toEqual([9, 5, 2, 1])
    expect(through.run).toMatchObject({ status: 'complete' })
    asked.length = 0
    await runAt(24 * DAY_MINUTES, state, 1_000)
    expect(daysBack(asked[0], 24 * DAY_MINUTES)).toBe(1)
    expect(JSON.parse((await state.read(STATE_KEY)) ?? '').versions[0].value).toMatchObject({ timesUp: 0 })
  })

  it('begins no later for a look that failed in time', async () => {
    const state = memoryStore()
    estate(500)
    await runAt(0, state, 1_000)
    cloudwatch.on(GetMetricDataCommand).rejects(awsError('InternalFailure'))
    for (const minutes of [5, 10, 15]) await runAt(minutes, state, 1_000)
    const { asked } = estate(500)

    await runAt(20 * DAY_MINUTES, state, 1_000)

    expect(daysBack(asked[0], 20 * DAY_MINUTES)).toBe(9)
  })

  it('leaves room for what the run reads of other regions', async () => {
    const wide = { start: new Date(START - 10 * 86_400_000), end: new Date(START) }

    expect(withinReach(wide, { metrics: 1_000 }).start).toEqual(wide.start)
    expect(withinReach(wide, { metrics: 4_000 }).start).toEqual(new Date(START - 1_000 * PERIOD_MS))
  })
})

describe('a wider window', () => {
  it('loses no datapoint', async () => {
    const points = Array.from(
      { length: 288 },
      (_, index) => [new Date(START + index * PERIOD_MS), index] as const,
    )
    const budgets = fc.double({ min: 0.05, max: 1, noNaN: true })
    await fc.assert(
      fc.asyncProperty(budgets, async (budgetUsd) => {
        const state = memoryStore()
        estate(1, points)
        const seen = new Set<number>()
        for (let minutes = 0; minutes <= 720; minutes += 5) {
          const { events } = await runAt(minutes, state, budgetUsd)
          for (const { value, event_action } of events) if (event_action === 'NetworkIn') seen.add(value)
        }
        const last = Math.max(...seen)
        expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: last + 1 }, (_, index) => index))
      }),
      { numRuns: 3 },
    )
  })

  it('costs what a narrow one does', async () => {
    const state = memoryStore()
    const { asked } = estate(200)
    await runAt(0, state, 1_000)
    const narrow = asked.splice(0).map(({ MetricDataQueries }) => MetricDataQueries?.length)
    await runAt(20 * 60, state, 1_000)

    const wide = asked.map(({ MetricDataQueries }) => MetricDataQueries?.length ?? 0)
    expect(narrow).toEqual([500, 100])
    expect(wide.reduce((sum, length) => sum + length, 0)).toBe(600)
    expect(Math.max(...wide) * (20 * 12 + 3)).toBeLessThanOrEqual(25_200)
  })
})

describe('calls of GetMetricData', () => {
  it('are the fewest that ask for every metric of every instance once', async () => {
    const { asked } = estate(700)

    await runAt(0, memoryStore(), 1_000)

    const queries = asked.flatMap(({ MetricDataQueries = [] }) =>
      MetricDataQueries.map(({ MetricStat }) => JSON.stringify(MetricStat?.Metric)),
    )
    expect(asked).toHaveLength(Math.ceil((700 * NAMES.length) / 500))
    expect(new Set(queries).size).toBe(700 * NAMES.length)
    expect(queries).toHaveLength(700 * NAMES.length)
  })

  it('ask for 500 metrics at most, and for a quarter of the datapoints that an answer has room for', () => {
    fc.assert(
      fc.property(fc.nat(20_000), fc.integer({ min: 1, max: 20_000 }), (metricCount, periods) => {
        const all = Array.from({ length: metricCount }, (_, index) => index)
        const packed = packQueries(all, periods)

        expect(packed.flat()).toEqual(all)
        // Of all at once: there may be tens of thousands, and an expectation takes its time.
        const lengths = packed.map((call) => call.length)
        const longest = Math.max(0, ...lengths)
        expect(lengths).not.toContain(0)
        expect(longest).toBeLessThanOrEqual(500)
        expect(longest * periods).toBeLessThanOrEqual(25_200)
        const most = Math.min(500, Math.floor(25_200 / periods))
        expect(packed).toHaveLength(Math.ceil(metricCount / most))
      }),
    )
  })
})

describe('a month of looks', () => {
  const SCHEDULE = metrics.schedule

  it.each([
    [1, 50],
    [10, 50],
    [100, 50],
    [1_000, 50],
    [10_000, 50],
    [10_000, 500],
  ])(
    'at %i instances stays within a budget of $%i, at multiples of the interval',
    (instances, paidApiBudgetUsd) => {
      const monthlyUsd = paidApiBudgetUsd * (metrics.budgetShare ?? 0)
      const listRequests = Math.ceil((instances * 20) / 500) + 2
      const allUsd = costOfMetrics({ metrics: instances * 15, listRequests })
      const intervals = new Set<number>()
      let [spentUsd, lookedAt]: [number, string | undefined] = [0, undefined]
      for (let at = Date.UTC(2025, 2, 1); at < Date.UTC(2025, 3, 1); at += PERIOD_MS) {
        const slot = new Date(at)
        const plan = planLooks({
          schedule: SCHEDULE,
          slot,
          now: slot,
          lookedAt,
          allUsd,
          spentUsd,
          monthlyUsd,
        })
        expect(plan.projectedUsd).toBeLessThanOrEqual(monthlyUsd + 1e-6)
        if (!plan.isDue) continue
        intervals.add(plan.intervalMs ?? 0)
        spentUsd += allUsd
        lookedAt = slot.toISOString()
      }

      expect(spentUsd).toBeGreaterThan(0)
      expect(spentUsd).toBeLessThanOrEqual(monthlyUsd + 1e-6)
      for (const interval of intervals) expect(interval % PERIOD_MS).toBe(0)
    },
  )
})

describe('a window', () => {
  it('begins and ends with periods, and never after the slot', () => {
    const times = fc.date({ min: new Date('2020-01-01'), max: new Date('2030-01-01'), noInvalidDate: true })
    fc.assert(
      fc.property(times, fc.option(times, { nil: undefined }), fc.nat(1_000_000), (slot, until, count) => {
        const { start, end } = withinReach(lookWindow(slot, until), { metrics: count, timesUp: count % 50 })

        expect([start.getTime() % PERIOD_MS, end.getTime() % PERIOD_MS]).toEqual([0, 0])
        expect(start.getTime()).toBeLessThan(end.getTime())
        expect(end.getTime()).toBeLessThanOrEqual(slot.getTime() - PERIOD_MS)
      }),
    )
  })
})
