import { createRunBudget, monthlyBudgetUsd, type Source } from '@polo/collectors'
import { intervalMs } from '@polo/core'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { planLooks } from '../../packages/collectors/src/paid-calls/plan-looks.ts'
import { memoryStore } from './harness.ts'
import { HOUR_MS, KEY, MINUTE_MS, minutesBefore, pay, SCHEDULE, spendMonth } from './paying-runs.ts'
import { ACCOUNT, runStub, SLOT } from './run-stub.ts'

// The nearer its end, the less of the month is left to pay for.
beforeEach(() => void vi.useFakeTimers({ now: SLOT, toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

describe('looks within a budget', () => {
  it('are as frequent as the schedule where they fit, and the run says nothing of it', async () => {
    const { run, plans } = await pay({ lookUsd: 0.001, budgetUsd: 50 })

    expect(plans).toMatchObject([{ intervalMs: 5 * MINUTE_MS, isDue: true }])
    expect(run.notes).toEqual([])
  })

  it('are rarer where they do not, and the run says so', async () => {
    const { run, plans } = await pay({ lookUsd: 0.01, budgetUsd: 5 })
    const [plan] = plans

    expect(plan?.isDue).toBe(true)
    expect(plan?.intervalMs).toBeGreaterThan(5 * MINUTE_MS)
    expect(run.notes).toEqual([
      expect.stringMatching(
        /^eu-west-1: looks every [\d a-z]+ instead of every 5 min to stay within the \$5\.00 a month/,
      ),
    ])
  })

  it('are none in a slot that comes too early, and the run says when the next one is', async () => {
    const store = memoryStore()
    const [first] = (await pay({ lookUsd: 0.01, budgetUsd: 5, store })).plans
    const nextAt = new Date(SLOT.getTime() + (first?.intervalMs ?? 0))
    const early = await pay({ lookUsd: 0.01, budgetUsd: 5, store, slot: minutesBefore(nextAt, 5) })
    const onTime = await pay({ lookUsd: 0.01, budgetUsd: 5, store, slot: nextAt })

    expect(early.plans[0]?.isDue).toBe(false)
    expect(early.run.status).toBe('complete')
    expect(early.run.notes).toEqual([expect.stringContaining(`; the next is due at ${nextAt.toISOString()}`)])
    expect(onTime.plans[0]?.isDue).toBe(true)
  })

  it('are made again by a retry of their slot', async () => {
    const store = memoryStore()
    await pay({ lookUsd: 0.01, budgetUsd: 5, store })

    expect((await pay({ lookUsd: 0.01, budgetUsd: 5, store })).plans[0]?.isDue).toBe(true)
  })

  it('are no sooner for a slot of the past that was made up for', async () => {
    const store = memoryStore()
    await pay({ lookUsd: 0.01, budgetUsd: 5, store })
    const past = await pay({ lookUsd: 0.01, budgetUsd: 5, store, slot: minutesBefore(SLOT, 600) })

    expect(past.plans[0]?.isDue).toBe(true)
    expect(JSON.parse((await store.read(KEY)) ?? '').looks['eu-west-1'].lookedAt).toBe(SLOT.toISOString())
  })

  it('are said of several regions once', async () => {
    const { run } = await pay({ lookUsd: 0.0001, budgetUsd: 0, regions: ['eu-west-1', 'us-east-1'] })

    expect(run.notes).toEqual([
      'eu-west-1, us-east-1: no look: paidApiBudgetUsd is 0, and AWS charges for what this collector calls',
    ])
  })

  it("count what the account's other regions cost last time", async () => {
    const store = memoryStore()
    const alone = await pay({ lookUsd: 0.001, budgetUsd: 10, store, regions: ['us-east-1'] })
    await pay({ lookUsd: 0.5, budgetUsd: 10_000, store, regions: ['us-east-2'] })
    const beside = await pay({ lookUsd: 0.001, budgetUsd: 10, store, regions: ['us-east-1'] })

    expect(beside.plans[0]?.intervalMs ?? Number.POSITIVE_INFINITY).toBeGreaterThan(
      alone.plans[0]?.intervalMs ?? 0,
    )
  })

  it('that are due in one run are known to each of its regions', async () => {
    const known: number[] = []
    const looks: Source = async function* ({ budget, region }) {
      budget.plan(region === 'eu-west-1' ? 0.25 : 0.5)
      known.push(budget.dueUsd())
      yield* []
    }
    await runStub({
      sources: { looks },
      collector: { budgetShare: 1 },
      job: { budgetUsd: 1_000, regions: ['eu-west-1', 'us-east-1'] },
      dependencies: { state: memoryStore(), regionConcurrency: 1 },
    })

    expect(known).toEqual([0.25, 0.75])
  })

  it('are none where there is no budget, and the run says so', async () => {
    const { run, plans } = await pay({ lookUsd: 0.01, budgetUsd: 0, queries: 1_000 })

    expect(plans).toEqual([{ intervalMs: undefined, isDue: false, projectedUsd: 0 }])
    expect(run).toMatchObject({ status: 'complete', api_cost_usd: 0 })
    expect(run.notes).toEqual([
      'eu-west-1: no look: paidApiBudgetUsd is 0, and AWS charges for what this collector calls',
    ])
  })

  it('never cost more than the budget, whatever they cost and wherever in the month', () => {
    const world = fc.record({
      allUsd: fc.double({ min: 0.00001, max: 5, noNaN: true }),
      monthlyUsd: fc.double({ min: 0, max: 100, noNaN: true }),
      startSlot: fc.nat(8_900),
    })
    fc.assert(
      fc.property(world, ({ allUsd, monthlyUsd, startSlot }) => {
        const { spentUsd, plans } = spendMonth({ lookUsd: () => allUsd, monthlyUsd, startSlot })

        for (const plan of plans) expect((plan.intervalMs ?? 0) % intervalMs(SCHEDULE)).toBe(0)
        expect(spentUsd).toBeLessThanOrEqual(monthlyUsd + 1e-6)
      }),
      { numRuns: 30 },
    )
  })

  it('never cost more than the budget while what they cost grows and shrinks', () => {
    const world = fc.record({
      days: fc.array(fc.double({ min: 0, max: 2, noNaN: true }), { minLength: 31, maxLength: 31 }),
      monthlyUsd: fc.double({ min: 0, max: 100, noNaN: true }),
    })
    fc.assert(
      fc.property(world, ({ days, monthlyUsd }) => {
        const lookUsd = (slot: Date) => days[slot.getUTCDate() - 1] ?? 0

        expect(spendMonth({ lookUsd, monthlyUsd }).spentUsd).toBeLessThanOrEqual(monthlyUsd + 1e-6)
      }),
      { numRuns: 30 },
    )
  })

  it('never cost more than the budget, also where runs die in the middle of one', async () => {
    const world = fc.record({
      lookUsd: fc.double({ min: 0.001, max: 1, noNaN: true }),
      monthlyUsd: fc.double({ min: 0, max: 10, noNaN: true }),
      diesAfter: fc.infiniteStream(fc.nat(8)),
    })
    await fc.assert(
      fc.asyncProperty(world, async ({ lookUsd, monthlyUsd, diesAfter }) => {
        const store = memoryStore()
        let spentUsd = 0
        for (let at = Date.UTC(2026, 1, 28); at < Date.UTC(2026, 3, 1); at += HOUR_MS) {
          if (at === Date.UTC(2026, 2, 1)) spentUsd = 0
          const slot = new Date(at)
          let costUsd = 0
          const budget = await createRunBudget({
            collector: {
              name: 'config_stub',
              schedule: { every: '1 hour', offset: '0 minutes' },
              budgetShare: 1,
            },
            ...{ accountId: ACCOUNT, slot, now: slot, monthlyUsd, store, costUsd: () => costUsd },
          })
          if (!budget.ofRegion('eu-west-1').plan(lookUsd).isDue) continue
          const calls = Math.min(4, diesAfter.next().value)
          for (let call = 0; call < calls; call++) {
            await budget.pay(lookUsd / 4)
            costUsd += lookUsd / 4
          }
          if (calls === 4) await budget.commit()
          spentUsd += costUsd
        }

        expect(spentUsd).toBeLessThanOrEqual(monthlyUsd + 1e-6)
      }),
      { numRuns: 10 },
    )
  })

  it('use most of the budget where it does not last for every slot', () => {
    const { spentUsd } = spendMonth({ lookUsd: () => 0.019, monthlyUsd: 35 })

    expect(spentUsd).toBeGreaterThan(34)
  })

  it('are spread over the month', () => {
    const { looks } = spendMonth({ lookUsd: () => 1.5, monthlyUsd: 35 })
    const hours = looks.slice(1).map((at, index) => (at.getTime() - (looks[index]?.getTime() ?? 0)) / HOUR_MS)

    expect(looks).toHaveLength(23)
    expect(Math.max(...hours) - Math.min(...hours)).toBeLessThanOrEqual(3)
  })

  it('are no more frequent the more they cost', () => {
    const now = new Date('2026-03-07T00:00:00.000Z')
    const intervalOf = (allUsd: number) =>
      planLooks({ schedule: SCHEDULE, slot: now, now, allUsd, spentUsd: 0, monthlyUsd: 20 }).intervalMs ??
      Infinity
    const usd = fc.double({ min: 0, max: 10, noNaN: true })
    fc.assert(
      fc.property(usd, usd, (a, b) => {
        expect(intervalOf(Math.max(a, b))).toBeGreaterThanOrEqual(intervalOf(Math.min(a, b)))
      }),
    )
  })

  it('of a daily schedule are daily or none', () => {
    const now = new Date('2026-03-07T01:00:00.000Z')
    const look = { schedule: { dailyAt: '01:00' }, slot: now, now, spentUsd: 0, monthlyUsd: 20 } as const

    expect(planLooks({ ...look, allUsd: 0.5 })).toMatchObject({ intervalMs: 24 * HOUR_MS, isDue: true })
    expect(planLooks({ ...look, allUsd: 5 })).toMatchObject({ intervalMs: undefined, isDue: false })
  })
})

describe("a collector's part of the budget", () => {
  const config = { paidApiBudgetUsd: 50 }

  it('is divided among the accounts that it reads', () => {
    expect(monthlyBudgetUsd({ scope: 'account', budgetShare: 0.7 }, config, 20)).toBeCloseTo(1.75)
  })

  it('is whole where the organization is read once', () => {
    expect(monthlyBudgetUsd({ scope: 'organization', budgetShare: 0.2 }, config, 20)).toBeCloseTo(10)
  })

  it('is nothing for one that pays for nothing', () => {
    expect(monthlyBudgetUsd({ scope: 'account' }, config, 20)).toBe(0)
  })
})
