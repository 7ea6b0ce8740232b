import { createRunBudget, type JobMessage, ledgerKey, type ObjectStore } from '@polo/collectors'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { divideBudget } from '../../packages/collectors/src/dispatch/divide-budget.ts'
import { account, dispatcher, memoryStore } from './dispatch-factories.ts'

const HOUR_MS = 3_600_000
const START = Date.UTC(2026, 2, 1)
const SCHEDULE = { every: '1 hour', offset: '0 minutes' } as const
const NOW = new Date('2026-03-10T00:00:00.000Z')

function idOf(index: number): string {
  return String(100_000_000_000 + index)
}

function jobOf(id: string, budgetUsd: number): JobMessage {
  return {
    v: 1,
    collector: 'metrics',
    slot: NOW.toISOString(),
    account: { id, role: '', tagDefaults: {} },
    access: { roleArn: 'arn:aws:iam::100000000000:role/polo-read', externalId: 'polo' },
    budgetUsd,
  }
}

/** A store in which so many accounts have spent, and looked for, that much. */
async function spentBy(standings: readonly (readonly [spentUsd: number, lookUsd: number])[]) {
  const store = memoryStore()
  for (const [index, [spentUsd, usd]] of standings.entries()) {
    const looks = { 'eu-west-1': { usd, plannedAt: NOW.toISOString() } }
    const spend = { v: 1, month: '2026-03', spentUsd, looks }
    await store.write(ledgerKey('metrics', idOf(index)), JSON.stringify(spend))
  }
  return store
}

async function divide(store: ObjectStore, parts: readonly number[], notes: string[] = []) {
  const jobs = parts.map((part, index) => jobOf(idOf(index), part))
  const divided = await divideBudget(jobs, {
    remembered: store,
    now: NOW,
    onNote: (note) => notes.push(note),
  })
  return divided.map(({ budgetUsd = 0 }) => budgetUsd)
}

/** A month of firings; what each account has spent and how often it was looked at. `from`: the hour in which it joins. */
async function spendMonth(accounts: readonly { lookUsd: number; from: number }[], totalUsd: number) {
  const store = memoryStore()
  const spent = accounts.map(() => 0)
  const looks = accounts.map(() => 0)
  for (let hour = 0; hour < 31 * 24; hour++) {
    const now = new Date(START + hour * HOUR_MS)
    const present = accounts.flatMap((one, index) => (one.from <= hour ? [{ ...one, index }] : []))
    const even = present.map(({ index }) => jobOf(idOf(index), totalUsd / present.length))
    const jobs = await divideBudget(even, { remembered: store, now })
    for (const [place, { index, lookUsd }] of present.entries()) {
      let costUsd = 0
      const budget = await createRunBudget({
        collector: { name: 'metrics', schedule: SCHEDULE, budgetShare: 1 },
        accountId: idOf(index),
        slot: now,
        now,
        monthlyUsd: jobs[place]?.budgetUsd ?? 0,
        store,
        costUsd: () => costUsd,
      })
      if (budget.ofRegion('eu-west-1').plan(lookUsd).isDue) {
        await budget.pay(lookUsd)
        costUsd = lookUsd
        spent[index] = (spent[index] ?? 0) + lookUsd
        looks[index] = (looks[index] ?? 0) + 1
      }
      await budget.commit()
    }
  }
  return { spentUsd: spent.reduce((sum, one) => sum + one, 0), looks }
}

describe('a budget that accounts share', () => {
  it('is divided by what a look at each of them costs, with a little for those that are not known', async () => {
    const store = await spentBy([
      [0, 0.3],
      [0, 0.1],
      [0, 0],
    ])

    const [large = 0, small = 0, unknown = 0] = await divide(store, [10, 10, 10])

    expect(unknown).toBeCloseTo(30 * 0.1 * (1 / 3), 6)
    expect(large).toBeCloseTo(30 * 0.9 * 0.75 + unknown, 6)
    expect(small).toBeCloseTo(30 * 0.9 * 0.25 + unknown, 6)
  })

  it('is even where nothing is known, and whole for one', async () => {
    expect(await divide(memoryStore(), [5, 5])).toEqual([5, 5])
    expect(await divide(memoryStore(), [35])).toEqual([35])
    expect(await divide(memoryStore(), [0, 0])).toEqual([0, 0])
  })

  it('is never more together than it is, whatever each has spent', async () => {
    const standing = fc.tuple(
      fc.double({ min: 0, max: 3, noNaN: true }),
      fc.double({ min: 0, max: 3, noNaN: true }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(standing, { minLength: 2, maxLength: 8 }), async (standings) => {
        const parts = await divide(
          await spentBy(standings),
          standings.map(() => 2),
        )
        const spentUsd = standings.reduce((sum, [spent]) => sum + spent, 0)

        expect(parts.reduce((sum, one) => sum + one, 0)).toBeCloseTo(
          Math.max(2 * standings.length, spentUsd),
          6,
        )
        for (const [index, [spent]] of standings.entries())
          expect(parts[index]).toBeGreaterThanOrEqual(spent - 1e-9)
      }),
    )
  })

  it('leaves the even part to an account of which it cannot be read what it has spent, and says so', async () => {
    const store = await spentBy([
      [1, 0.1],
      [1, 0.1],
    ])
    await store.write(ledgerKey('metrics', idOf(0)), 'rubbish')
    const notes: string[] = []

    const [unread = 0, read = 0] = await divide(store, [10, 10], notes)

    expect(unread + read).toBeCloseTo(20, 6)
    expect(read).toBeLessThanOrEqual(10)
    expect(notes).toEqual([expect.stringMatching(`what metrics has spent in ${idOf(0)} could not be read`)])
  })

  it('holds over a month in which accounts join, and one that needs most gets what the others leave', async () => {
    const large = { lookUsd: 0.2, from: 0 }
    const small = Array.from({ length: 9 }, (_, index) => ({ lookUsd: 0.0001, from: index * 50 }))

    const { spentUsd, looks } = await spendMonth([large, ...small], 35)

    expect(spentUsd).toBeLessThanOrEqual(35 + 1e-6)
    expect(spentUsd).toBeGreaterThan(30)
    expect(looks[0]).toBeGreaterThan(140)
  })
})

it('a dispatched job of a collector that pays may cost what its account needs', async () => {
  const [one, two] = [idOf(0), idOf(1)]
  const remembered = memoryStore()
  const looks = { 'eu-west-1': { usd: 0.1, plannedAt: '2026-03-01T09:55:00.000Z' } }
  await remembered.write(
    ledgerKey('metrics', one),
    JSON.stringify({ v: 1, month: '2026-03', spentUsd: 2, looks }),
  )
  const polo = dispatcher([account(one), account(two)], { remembered })

  await polo.dispatch({ collector: 'metrics', budgetShare: 0.7 })

  const parts = new Map(polo.jobs.map(({ account: { id }, budgetUsd }) => [id, budgetUsd]))
  expect(parts.get(one)).toBeCloseTo(2 + 33 * 0.95, 6)
  expect(parts.get(two)).toBeCloseTo(33 * 0.05, 6)
})
