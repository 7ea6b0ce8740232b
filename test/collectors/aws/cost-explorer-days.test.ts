import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { closedMonthsIn, dueMonths } from '../../../packages/collectors/src/aws/cost-explorer/plan-look.ts'
import { costExplorer } from '../../../packages/collectors/src/aws/cost-explorer.ts'
import { collect, memoryStore } from '../harness.ts'
import { costExplorerAnswers, lookedBefore, type TestBill, type TestCharge } from './cost-explorer-answers.ts'

const WEB = '111111111111'
const DATA = '222222222222'
const USD = 10_000_000_000n

type Circumstances = Parameters<typeof collect>[1]

/** A run for 05:30 of a day, and the ranges that it asked for: the window first, then months, then usage types. */
async function lookOn(day: string, bill: TestBill, circumstances: Circumstances = {}) {
  const slot = new Date(`${day}T05:30:00.000Z`)
  const { requestHandler, asked } = costExplorerAnswers(bill)
  const now = new Date(slot.getTime() + 4_000)
  const result = await collect(costExplorer, { requestHandler, slot, now, ...circumstances })
  const totals = asked.filter(({ GroupBy }) => GroupBy.some(({ Key }) => Key === 'RECORD_TYPE'))
  const usage = asked.filter(({ GroupBy }) => GroupBy.some(({ Key }) => Key === 'USAGE_TYPE'))
  return {
    ...result,
    asked,
    looks: totals.map(({ TimePeriod: { Start, End } }) => `${Start}..${End}`),
    usage: usage.map(
      ({ TimePeriod: { Start, End }, Filter }) =>
        `${Filter?.And?.[0]?.Dimensions.Values.join()} ${Start}..${End}`,
    ),
  }
}

function charge(day: string, changes: Partial<TestCharge> = {}): TestCharge {
  return { day, account: WEB, units: USD, ...changes }
}

/** What a run of the day before left. */
function knowing(day: string) {
  return lookedBefore(new Date(`${day}T05:30:00.000Z`))
}

/** One charge on the first of each month. */
function monthly(...months: string[]): TestBill {
  return { charges: months.map((month) => charge(`${month}-01`)) }
}

describe('the days that cost_explorer looks at', () => {
  it.each([
    ['2025-03-25', '2025-03-01..2025-03-25'],
    ['2025-03-12', '2025-02-26..2025-03-12'],
    ['2025-03-10', '2025-02-01..2025-03-10'],
    ['2025-03-01', '2025-02-01..2025-03-01'],
    ['2025-01-02', '2024-12-01..2025-01-02'],
  ])('are on %s those that AWS may still change: %s', async (day, range) => {
    const { looks } = await lookOn(day, { charges: [] }, { state: knowing(day) })

    expect(looks[0]).toBe(range)
  })

  it('are at first a few that tell what a day takes, the others, and the months back to one that cost nothing', async () => {
    const bill = monthly('2025-03', '2025-02', '2025-01', '2024-12')
    const { looks, events, run } = await lookOn('2025-03-15', bill)

    expect(run.status).toBe('complete')
    expect(looks).toEqual([
      '2025-03-12..2025-03-15',
      '2025-03-01..2025-03-12',
      '2025-02-01..2025-03-01',
      '2025-01-01..2025-02-01',
      '2024-12-01..2025-01-01',
      '2024-11-01..2024-12-01',
    ])
    const costs = events.filter(({ event_type }) => event_type === 'cost')
    expect(costs.map(({ event_time }) => event_time.slice(0, 7))).toEqual([
      '2025-03',
      '2025-02',
      '2025-01',
      '2024-12',
    ])
  })

  it('are no months that were read already, until they are old', async () => {
    const state = memoryStore()
    const bill = monthly('2025-03', '2025-02', '2025-01')
    await lookOn('2025-03-15', bill, { state })

    const next = await lookOn('2025-03-16', bill, { state })
    const later = await lookOn('2025-04-20', bill, { state })

    expect(next.looks).toEqual(['2025-03-01..2025-03-16', '2024-11-01..2024-12-01'])
    expect(later.looks).toEqual([
      '2025-04-01..2025-04-20',
      '2025-03-01..2025-04-01',
      '2024-10-01..2024-11-01',
    ])
  })

  it('are no months that later runs have read, of a slot that is made up for', async () => {
    const circumstances = { state: memoryStore(), config: { retentionDays: { cost: 60 } } }
    const bill = monthly('2025-03', '2025-02', '2025-01')
    for (const day of ['2025-03-15', '2025-03-16', '2025-03-17']) await lookOn(day, bill, circumstances)

    const now = new Date('2025-03-17T12:00:00.000Z')
    const late = await lookOn('2025-03-14', bill, { ...circumstances, now })
    const next = await lookOn('2025-03-18', bill, circumstances)

    expect(late.looks).toEqual(['2025-02-28..2025-03-14'])
    expect(late.usage).toEqual([`${WEB} 2025-03-13..2025-03-14`])
    expect(next.looks).toEqual(['2025-03-01..2025-03-18'])
  })

  it('are every month that Cost Explorer keeps, once each, and none that would be deleted at once', async () => {
    const months = Array.from({ length: 20 }, (_, index) =>
      new Date(Date.UTC(2025, 2 - index)).toISOString().slice(0, 7),
    )
    const all = await lookOn('2025-03-15', monthly(...months), {
      state: knowing('2025-03-15'),
      budgetUsd: 100,
    })
    const short = await lookOn('2025-03-15', monthly(...months), {
      state: knowing('2025-03-15'),
      config: { retentionDays: { cost: 60 } },
    })

    expect(all.looks).toHaveLength(14)
    expect(all.looks.at(-1)).toBe('2024-02-01..2024-03-01')
    expect(short.looks).toEqual([
      '2025-03-01..2025-03-15',
      '2025-02-01..2025-03-01',
      '2025-01-01..2025-02-01',
    ])
  })

  it.each(['DataUnavailableException', 'ValidationException', 'BillExpirationException'])(
    'end where AWS has no data any more: %s',
    async (code) => {
      const bill = { ...monthly('2025-03', '2025-02', '2025-01'), errors: { '2025-01': code } }
      const { looks, run } = await lookOn('2025-03-15', bill)

      expect(looks.at(-1)).toBe('2025-01-01..2025-02-01')
      expect(run.status).toBe('complete')
      expect(run.notes.join('\n')).toContain(`Cost Explorer has no data of 2025-01: ${code}`)
    },
  )

  it('are read again three in a run, so that one that fails has little to do anew, until all of them were', async () => {
    const state = memoryStore()
    const months = Array.from({ length: 16 }, (_, index) =>
      new Date(Date.UTC(2025, 3 - index)).toISOString().slice(0, 7),
    )
    await lookOn('2025-03-15', monthly(...months), { state, budgetUsd: 100 })
    const runs = []
    for (const day of ['14', '15', '16', '17', '18', '19'])
      runs.push(
        (await lookOn(`2025-04-${day}`, monthly(...months), { state, budgetUsd: 100 })).looks.slice(1),
      )

    expect(runs.map((looks) => looks.length)).toEqual([3, 3, 3, 3, 1, 0])
    expect(new Set(runs.flat()).size).toBe(13)
  })

  it('are not taken for none where AWS refuses a part of a month that it has', async () => {
    const bill = { ...monthly('2025-03', '2025-02'), errors: { 5: 'ValidationException' } }
    const { looks, run } = await lookOn('2025-03-15', bill)

    expect(looks.at(-1)).toBe('2025-02-01..2025-03-01')
    expect(run.status).toBe('failed')
    expect(run.errors[0]).toContain('ValidationException')
  })

  it('are asked for again within weeks where they were empty: AWS takes days to prepare them', async () => {
    const state = memoryStore()
    const looks: string[] = []
    for (const day of ['15', '16', '17', '18', '19', '20', '21', '22', '23', '24', '25', '26', '27', '28'])
      looks.push(...(await lookOn(`2025-03-${day}`, monthly('2025-03'), { state })).looks)

    expect(looks.filter((look) => look === '2025-02-01..2025-03-01')).toHaveLength(2)
    expect(looks).toContain('2024-02-01..2024-03-01')
  })

  it('are read again by the next run where this one is partial, which withdraws nothing', async () => {
    const state = knowing('2025-04-09')
    const bill = monthly('2025-04', '2025-03')
    await lookOn('2025-04-09', bill, { state })
    // Two questions of the open days, March among them; then usage types.
    const partial = await lookOn('2025-04-10', { ...bill, errors: { 4: 'AccessDeniedException' } }, { state })
    // Now a month for itself, after the open days, and usage types.
    const again = await lookOn('2025-04-11', { ...bill, errors: { 6: 'AccessDeniedException' } }, { state })
    const next = await lookOn('2025-04-12', bill, { state })
    const after = await lookOn('2025-04-13', bill, { state })

    expect(partial.run.status).toBe('partial')
    expect(partial.looks[0]).toBe('2025-03-01..2025-04-10')
    expect(again.run.status).toBe('partial')
    expect(again.looks).toContain('2025-03-01..2025-04-01')
    expect(next.looks).toContain('2025-03-01..2025-04-01')
    expect(after.looks).not.toContain('2025-03-01..2025-04-01')
  })

  it('are read on by the next run where a month was denied', async () => {
    const state = memoryStore()
    const bill = monthly('2025-03', '2025-02', '2025-01')
    const first = await lookOn(
      '2025-03-15',
      { ...bill, errors: { '2025-01': 'AccessDeniedException' } },
      { state },
    )
    const second = await lookOn('2025-03-16', bill, { state })

    expect(first.run.status).toBe('denied')
    expect(second.looks.slice(1)).toEqual(['2025-01-01..2025-02-01', '2024-12-01..2025-01-01'])
  })

  it('are all read anew where what was left cannot be read', async () => {
    const state = memoryStore({
      'collectors/cost_explorer/644160558196/us-east-1.json': JSON.stringify({
        v: 1,
        versions: [{ slot: '2025-03-14T05:30:00.000Z', value: { v: 2 } }],
      }),
    })
    const { looks, run } = await lookOn('2025-03-15', monthly('2025-03'), { state })

    expect(looks).toHaveLength(3)
    expect(run.notes.join('\n')).toContain('what an earlier run left cannot be read')
  })

  it('come to every closed month, whatever was read when', () => {
    const day = fc
      .integer({ min: 0, max: 1_200 })
      .map((days) => new Date(Date.UTC(2024, 0, 1 + days)).toISOString().slice(0, 10))
    fc.assert(
      fc.property(day, (today) => {
        const due = dueMonths(today, '2000-01-01', {})
        expect(due.map(({ start }) => start)).toEqual([...due.map(({ start }) => start)].sort().reverse())
        for (const month of due) expect(closedMonthsIn(month, today)).toEqual([month.start])
        expect(due.length).toBeGreaterThanOrEqual(12)
        const read = Object.fromEntries(due.map(({ start }) => [start, today]))
        expect(dueMonths(today, '2000-01-01', read)).toEqual([])
      }),
    )
  })
})

describe('usage types', () => {
  const bill: TestBill = {
    charges: [
      charge('2025-03-14', { usageType: 'EUW1-Lambda-GB-Second', service: 'AWS Lambda' }),
      charge('2025-03-14', { usageType: 'EUW1-Request', service: 'AWS Lambda' }),
      charge('2025-03-14', { usageType: 'EUW1-Request', recordType: 'Credit', units: -USD }),
      charge('2025-03-14', { account: DATA, usageType: 'BoxUsage', service: 'EC2', units: 9n * USD }),
    ],
  }

  it('are metrics of the accounts, the dearest first, and no cost', async () => {
    const { events, usage, rows, run } = await lookOn('2025-03-15', bill, { state: knowing('2025-03-15') })

    expect(run.status).toBe('complete')
    expect(usage).toEqual([`${DATA} 2025-03-01..2025-03-15`, `${WEB} 2025-03-01..2025-03-15`])
    const costs = events.filter(({ event_type }) => event_type === 'cost')
    expect(costs.reduce((sum, { value }) => sum + value, 0)).toBe(10)
    const metrics = events.filter(({ resource_type }) => resource_type === 'aws:service_usage')
    expect(new Set(metrics.map(({ event_type }) => event_type))).toEqual(new Set(['metric']))
    expect(metrics.map(({ resource_id, properties }) => [resource_id, properties.unblended_cost])).toEqual([
      ['BoxUsage', '9'],
      ['EUW1-Lambda-GB-Second', '1'],
      ['EUW1-Request', '1'],
    ])
    expect(metrics[0]).toMatchObject({
      aws_account_id: DATA,
      aws_region: '',
      resource_id: 'BoxUsage',
      resource_name: 'EC2',
      event_time: '2025-03-14T00:00:00.000Z',
      value: 24,
      unit: 'Hrs',
      properties: { service: 'EC2', unblended_cost: '9', currency: 'USD' },
    })
    const covered = (await rows('cost_coverage/1')).filter(
      ({ resource_type }) => resource_type === 'aws:service_usage',
    )
    expect(new Set(covered.map(({ linked_account_id }) => linked_account_id))).toEqual(new Set([WEB, DATA]))
    expect(covered).toHaveLength(28)
  })

  it('are read again for the days that may still change', async () => {
    const state = memoryStore()
    await lookOn('2025-03-15', bill, { state })
    const { usage } = await lookOn('2025-03-16', bill, { state })

    expect(usage).toEqual([`${DATA} 2025-03-13..2025-03-16`, `${WEB} 2025-03-13..2025-03-16`])
  })

  it('that cannot be read make the run partial, name the account, and end there', async () => {
    const { run, usage } = await lookOn(
      '2025-03-15',
      { ...bill, errors: { 5: 'AccessDeniedException' } },
      { state: knowing('2025-03-15') },
    )

    expect(usage).toHaveLength(1)
    expect(run.status).toBe('partial')
    expect(run.errors[0]).toContain(`costs: usage types of ${DATA}: AccessDeniedException`)
  })
})

describe('the budget of cost_explorer', () => {
  /** Accounts that cost something each day: what a look takes is told by the size of a page. */
  const accounts = Array.from({ length: 6 }, (_, index) => String(100_000_000_000 + index))
  const large: TestBill = {
    pageSize: 36,
    charges: Array.from({ length: 120 }, (_, index) =>
      new Date(Date.UTC(2025, 0, 1 + index)).toISOString().slice(0, 10),
    ).flatMap((day) => accounts.map((account) => charge(day, { account }))),
  }

  const months = new Map<number, ReturnType<typeof spend>>()
  function spendMonth(budgetUsd: number) {
    const month = months.get(budgetUsd) ?? spend(budgetUsd)
    months.set(budgetUsd, month)
    return month
  }

  async function spend(budgetUsd: number) {
    const state = memoryStore()
    const runs = []
    for (let day = 1; day <= 31; day++) {
      const look = await lookOn(`2025-03-${String(day).padStart(2, '0')}`, large, { state, budgetUsd })
      runs.push(look)
    }
    const notes = runs.flatMap(({ run }) => run.notes)
    return { runs, notes, spent: runs.reduce((sum, { run }) => sum + run.api_cost_usd, 0) }
  }

  it.each([0, 0.03, 0.5, 2, 3])(
    'of $%d is kept, month in, month out',
    async (budgetUsd) => {
      const { spent, runs } = await spendMonth(budgetUsd)

      expect(spent).toBeLessThanOrEqual(budgetUsd + 1e-9)
      expect(runs.reduce((sum, { asked }) => sum + asked.length, 0)).toBe(Math.round(spent * 100))
    },
    120_000,
  )

  it('that has room for everything has every day restated each day, all usage types, and no notes', async () => {
    const { runs, notes } = await spendMonth(100)

    expect(notes).toEqual([])
    expect(runs.every(({ usage }) => usage.length === accounts.length)).toBe(true)
    expect(runs.every(({ run }) => run.status === 'complete')).toBe(true)
  })

  it('that is short drops usage types first', async () => {
    const { runs, notes } = await spendMonth(3)

    const later = runs.slice(1)
    expect(later.every(({ looks }) => looks.length > 0)).toBe(true)
    expect(later.some(({ usage }) => usage.length < accounts.length)).toBe(true)
    expect(notes.some((note) => /usage types of \d+ of 6 accounts/.test(note))).toBe(true)
    const read = new Set(later.flatMap(({ usage }) => usage.map((text) => text.slice(0, 12))))
    expect(read.size).toBe(accounts.length)
  })

  it('that is shorter restates fewer days, and then looks more seldom, and says so', async () => {
    const shorter = await spendMonth(2)
    const shortest = await spendMonth(0.5)

    expect(shorter.notes.some((note) => /restates \d+ days instead of \d+ to stay within/.test(note))).toBe(
      true,
    )
    expect(shortest.notes.some((note) => /looks every \d+ days/.test(note))).toBe(true)
    expect(shortest.runs.some(({ asked }) => asked.length === 0)).toBe(true)
  })

  it.each([0, 0.009])('of $%d buys nothing, which is no failure and said', async (budgetUsd) => {
    const { run, asked } = await lookOn('2025-03-15', large, { budgetUsd })

    expect(asked).toEqual([])
    expect(run).toMatchObject({ status: 'complete', events: 0 })
    expect(run.notes.join()).toContain('no look before the next month')
  })

  const types = Array.from({ length: 100 }, (_, index) => `type ${index}`)
  it.each([
    [
      'an earlier month',
      types.map((service) => charge('2025-02-03', { service })),
      '2025-02 was read in part: later runs go on',
    ],
    [
      'the usage types of an account',
      types.map((usageType) => charge('2025-03-29', { account: DATA, usageType })),
      'usage types of 1 of 2 accounts',
    ],
  ])('that ends in the midst of %s leaves the look at the open days whole', async (_, charges, note) => {
    const dear = charge('2025-03-30', { units: 1_000n * USD, usageType: 'BoxUsage' })
    const bill = { charges: [dear, ...charges], pageSize: 32 }
    const { run, asked } = await lookOn('2025-03-31', bill, { budgetUsd: 0.06, state: knowing('2025-03-31') })

    expect(asked).toHaveLength(6)
    expect(run).toMatchObject({ status: 'complete', errors: [] })
    expect(run.notes.join()).toContain(note)
  })

  it('that ends in the midst of a look makes it fail, and says what to change', async () => {
    const { run, rows } = await lookOn('2025-03-15', large, { budgetUsd: 0.01 })

    expect(run).toMatchObject({ status: 'failed', api_cost_usd: 0.01 })
    expect(run.errors[0]).toContain('may cost $0.01 (see paidApiBudgetUsd)')
    expect(await rows('cost_coverage/1')).toEqual([])
  })
})
