import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { DescribeInstancesCommand, EC2Client, type Instance } from '@aws-sdk/client-ec2'
import { mockClient } from 'aws-sdk-client-mock'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { metrics } from '../../../packages/collectors/src/aws/metrics.ts'
import { collect, memoryStore } from '../harness.ts'
import {
  agentMetric,
  ec2Metric,
  type FakeCloudWatch,
  type FakeSeries,
  fakeCloudWatch,
} from './fake-cloudwatch.ts'

const ec2 = mockClient(EC2Client)
const cloudwatch = mockClient(CloudWatchClient)

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const PERIOD_MS = 5 * MINUTE_MS
const START = Date.UTC(2025, 2, 1)

/** From the hours `from` to `to` after the start. */
interface Life {
  readonly id: string
  readonly from: number
  readonly to: number
  readonly platform?: 'Windows'
}

beforeEach(() => {
  ec2.reset()
  cloudwatch.reset()
})

/** An account whose instances come and go; EC2 shows each for an hour after its end. */
function live(lives: readonly Life[]): FakeCloudWatch {
  ec2.on(DescribeInstancesCommand).callsFake(() => {
    const hour = (Date.now() - START) / HOUR_MS
    const shown = lives.filter(({ from, to }) => from <= hour && hour < to + 1)
    return { Reservations: [{ Instances: shown.map((life) => toInstance(life, hour)) }] }
  })
  return fakeCloudWatch(cloudwatch, lives.flatMap(seriesOf), { forgets: true })
}

function toInstance({ id, to, platform }: Life, hour: number): Instance {
  const endedAt = new Date(START + to * HOUR_MS).toISOString().slice(0, 19).replace('T', ' ')
  const end: Instance = {
    State: { Name: 'terminated' },
    StateTransitionReason: `User initiated (${endedAt} GMT)`,
  }
  return {
    InstanceId: id,
    ...(platform && { Platform: platform }),
    Tags: [{ Key: 'team', Value: `team-${id}` }],
    ...(hour < to ? { State: { Name: 'running' } } : end),
  }
}

function seriesOf({ id, from, to, platform }: Life): FakeSeries[] {
  const count = Math.floor(((to - from) * HOUR_MS) / PERIOD_MS)
  const points = Array.from(
    { length: count },
    (_, index) => [new Date(START + from * HOUR_MS + index * PERIOD_MS), index] as const,
  )
  const ofAgent = platform ? 'Memory % Committed Bytes In Use' : 'mem_used_percent'
  return [ec2Metric('CPUUtilization', id), ec2Metric('NetworkIn', id), agentMetric(ofAgent, id)].map(
    (metric) => ({ metric, points }),
  )
}

interface Months {
  readonly hours: number
  readonly budgetUsd: number
  readonly state?: ReturnType<typeof memoryStore>
}

/** Every slot of so many hours; by instance and metric the datapoints that were read, and whose they are. */
async function run({ hours, budgetUsd, state = memoryStore() }: Months) {
  const seen = new Map<string, Set<number>>()
  const owners = new Map<string, string>()
  const runs: Awaited<ReturnType<typeof collect>>['run'][] = []
  for (let at = START; at <= START + hours * HOUR_MS; at += PERIOD_MS) {
    const slot = new Date(at)
    const { events, run } = await collect(metrics, { slot, now: slot, state, budgetUsd })
    runs.push(run)
    for (const { resource_id, event_action, value, marqo_customer } of events) {
      const key = `${resource_id} ${event_action}`
      seen.set(key, (seen.get(key) ?? new Set()).add(value))
      owners.set(resource_id, marqo_customer)
    }
  }
  return { seen, owners, runs, state }
}

const FOREVER: Life = { id: 'i-0', from: -24, to: 10_000 }

describe('instances that end between two looks', () => {
  it('are read to their end, with their owner, however rare the looks are', async () => {
    const lives = fc.array(
      fc
        .record({ from: fc.nat(600), minutes: fc.integer({ min: 10, max: 300 }) })
        .map(({ from, minutes }) => ({ from: from / 60, to: (from + minutes) / 60 })),
      { minLength: 1, maxLength: 4 },
    )
    await fc.assert(
      fc.asyncProperty(lives, fc.double({ min: 0.009, max: 0.03, noNaN: true }), async (some, budgetUsd) => {
        const ended = some.map((life, index) => ({ id: `i-${index + 1}`, ...life }))
        live([FOREVER, ...ended])

        const { seen, owners, runs } = await run({ hours: 36, budgetUsd })

        expect(runs.filter(({ api_cost_usd }) => api_cost_usd > 0).length).toBeLessThan(40)
        for (const life of ended) {
          expect(owners.get(life.id)).toBe(`team-${life.id}`)
          for (const { metric, points } of seriesOf(life)) {
            const key = `${life.id} ${metric.MetricName}`
            expect([key, seen.get(key)?.size]).toEqual([key, points.length])
          }
        }
      }),
      { numRuns: 2 },
    )
  })

  it('are read where no other instance is left', async () => {
    live([
      { id: 'i-1', from: 0, to: 5 },
      { id: 'i-2', from: 0, to: 7, platform: 'Windows' },
    ])

    const { seen } = await run({ hours: 36, budgetUsd: 0.005 })

    expect(seen.get('i-1 CPUUtilization')?.size).toBe(60)
    expect(seen.get('i-1 mem_used_percent')?.size).toBe(60)
    expect(seen.get('i-2 NetworkIn')?.size).toBe(84)
    expect(seen.get('i-2 Memory % Committed Bytes In Use')?.size).toBe(84)
  })

  it('cost nothing any more once they were read', async () => {
    const cloud = live([{ id: 'i-1', from: 0, to: 5 }])
    const { runs, state } = await run({ hours: 16, budgetUsd: 0.01 })
    const asked = cloud.asked.length

    expect(runs.slice(-12).map(({ api_cost_usd, notes }) => ({ api_cost_usd, notes }))).toEqual(
      Array.from({ length: 12 }, () => ({ api_cost_usd: 0, notes: [] })),
    )
    const slot = new Date(START + 17 * HOUR_MS)
    await collect(metrics, { slot, now: slot, state, budgetUsd: 0.01 })
    expect(cloud.asked).toHaveLength(asked)
  })
})
