import { CostExplorerClient, GetCostAndUsageCommand } from '@aws-sdk/client-cost-explorer'
import type { Source } from '@polo/collectors'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { memoryStore } from './harness.ts'
import { brokenAws, HOUR_MS, KEY, minutesBefore, pay, spendOf } from './paying-runs.ts'
import { runStub, SLOT } from './run-stub.ts'

// The nearer its end, the less of the month is left to pay for.
beforeEach(() => void vi.useFakeTimers({ now: SLOT, toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

describe('what a run costs', () => {
  it('is a cent for 1,000 metrics that are asked for', async () => {
    const { run } = await pay({ lookUsd: 0.005, budgetUsd: 1_000, queries: 500 })

    expect(run.api_cost_usd).toBeCloseTo(0.005, 12)
    expect(run.api_calls).toEqual({ 'cloudwatch:GetMetricData': 1 })
  })

  it('is a cent for each request to Cost Explorer, retries included', async () => {
    const source: Source<{ ce: typeof CostExplorerClient }> = async function* ({ clients }) {
      const input = { TimePeriod: { Start: '2026-01-01', End: '2026-01-02' }, Metrics: ['UnblendedCost'] }
      const command = new GetCostAndUsageCommand({ ...input, Granularity: 'DAILY' })
      await clients.ce.send(command).catch(() => {})
      await clients.ce.send(command).catch(() => {})
      yield* []
    }
    const { run } = await runStub({
      sources: { source },
      collector: { budgetShare: 1, clients: { ce: CostExplorerClient } },
      aws: brokenAws(),
      dependencies: { state: memoryStore() },
    })

    expect(run.api_cost_usd).toBeCloseTo(0.02, 12)
  })

  it('is remembered for the runs of the month that come after it', async () => {
    const { store } = await pay({ lookUsd: 0.005, budgetUsd: 1_000, queries: 500 })
    await pay({ lookUsd: 0.005, budgetUsd: 1_000, queries: 500, store })

    expect(JSON.parse((await store.read(KEY)) ?? '')).toMatchObject({
      spentUsd: 0.01,
      looks: { 'eu-west-1': { usd: 0.005, lookedAt: '2026-03-01T10:00:00.000Z' } },
    })
  })

  it('is nothing that a new month knows of, while what a look costs is', async () => {
    const looks = { 'us-east-1': { usd: 0.01, plannedAt: new Date().toISOString() } }
    const store = spendOf({ month: '2020-01', spentUsd: 999, looks })
    await pay({ lookUsd: 0, budgetUsd: 1_000, store })

    const spend = JSON.parse((await store.read(KEY)) ?? '')
    expect(spend).toMatchObject({ spentUsd: 0, looks: { ...looks, 'eu-west-1': { usd: 0 } } })
  })

  it('is kept out of the next month by a run that ends in it', async () => {
    const next = { usd: 0.3, plannedAt: '2999-01-01T00:00:00.000Z', lookedAt: '2999-01-01T00:00:00.000Z' }
    const own = { usd: 0.2, plannedAt: '2026-02-28T00:00:00.000Z', lookedAt: '2026-02-28T00:00:00.000Z' }
    const store = memoryStore()
    let reads = 0
    const overtaken = {
      ...store,
      async read(key: string) {
        if (reads++ > 0) {
          const spend = {
            v: 1,
            month: '2999-01',
            spentUsd: 7,
            looks: { 'us-east-1': next, 'eu-west-1': own },
          }
          await store.write(key, JSON.stringify(spend))
        }
        return await store.read(key)
      },
    }
    await pay({ lookUsd: 0.005, budgetUsd: 1_000, queries: 500, store: overtaken })

    expect(JSON.parse((await store.read(KEY)) ?? '')).toMatchObject({
      month: '2999-01',
      spentUsd: 7,
      looks: { 'us-east-1': next, 'eu-west-1': { usd: 0.005, lookedAt: SLOT.toISOString() } },
    })
  })

  it('is forgotten of a region that was not to be read for a week', async () => {
    const plannedAt = new Date(Date.now() - 8 * 24 * HOUR_MS).toISOString()
    const store = spendOf({ month: '2020-01', spentUsd: 0, looks: { 'us-east-1': { usd: 0.01, plannedAt } } })
    await pay({ lookUsd: 0.5, budgetUsd: 1_000, store })

    expect(Object.keys(JSON.parse((await store.read(KEY)) ?? '').looks)).toEqual(['eu-west-1'])
  })

  it('is remembered before it is paid, since a run that dies says nothing', async () => {
    const store = memoryStore()
    let known = ''
    const onRequest = async () => {
      known = (await store.read(KEY)) ?? '{}'
    }
    await pay({ lookUsd: 0.007, budgetUsd: 1_000, queries: 500, store, onRequest })

    expect(JSON.parse(known)).toMatchObject({
      spentUsd: 0.007,
      looks: { 'eu-west-1': { usd: 0.007, lookedAt: SLOT.toISOString() } },
    })
    expect(JSON.parse((await store.read(KEY)) ?? '')).toMatchObject({ spentUsd: 0.005 })
  })

  it('is not spent where it cannot be remembered', async () => {
    const refused = Object.assign(new Error('not yours'), { name: 'AccessDenied', $metadata: {} })
    const store = { ...memoryStore(), write: () => Promise.reject(refused) }
    let requests = 0
    const { run } = await pay({
      lookUsd: 0.005,
      budgetUsd: 1_000,
      queries: 500,
      store,
      onRequest: () => requests++,
    })

    expect(requests).toBe(0)
    expect(run).toMatchObject({ status: 'failed', api_calls: {}, api_cost_usd: 0 })
    expect(run.errors[0]).toMatch(/spend\.json could not be stored where Polo remembers .*AccessDenied/)
  })

  it('is not written down again by a run that neither pays nor plans anew', async () => {
    const store = memoryStore()
    const slot = minutesBefore(SLOT, -5)
    await pay({ lookUsd: 1, budgetUsd: 100, store })
    const write = () => Promise.reject(new Error('nothing was to be written'))

    const { run } = await pay({ lookUsd: 1, budgetUsd: 100, store: { ...store, write }, slot })

    expect(run).toMatchObject({ status: 'complete', errors: [] })
  })

  it('keeps a run from looking where it cannot be read', async () => {
    const { run } = await pay({ lookUsd: 0, budgetUsd: 1, store: memoryStore({ [KEY]: 'rubbish' }) })

    expect(run).toMatchObject({ status: 'failed', region_outcomes: {} })
    expect(run.errors[0]).toMatch(
      /what was spent cannot be read in collectors\/config_stub\/.*spend\.json: delete/,
    )
  })
})
