import { describe, expect, it } from 'vitest'
import { memoryStore } from '../harness.ts'
import { refusal } from '../json-answers.ts'
import {
  arnOf,
  dayLater,
  daysBefore,
  daysOf,
  lookAtPlans,
  NO_DETAILS,
  RECORDED,
  SLOT,
  startOf,
  UNAVAILABLE,
} from './savings-plans-answers.ts'

describe('data that Cost Explorer does not have', () => {
  const plan = {
    savingsPlanId: 'sp-1',
    savingsPlanArn: arnOf('sp-1'),
    state: 'active',
    start: '2025-06-01T00:00:00Z',
  }

  it('is none, and cheap, where no plan is known', async () => {
    const { events, run } = await lookAtPlans({ GetSavingsPlansUtilization: UNAVAILABLE })

    expect(events).toEqual([])
    expect(run).toMatchObject({ status: 'complete', notes: [], api_cost_usd: 0.01 })
  })

  it('could not be looked at where a plan ran', async () => {
    const { run } = await lookAtPlans({
      DescribeSavingsPlans: { savingsPlans: [plan] },
      GetSavingsPlansUtilization: UNAVAILABLE,
    })

    expect(run.status).toBe('partial')
    expect(run.errors).toEqual([
      expect.stringContaining('usage: days from 2025-12-04 to 2026-01-02: DataUnavailableException'),
    ])
  })

  it('is unknown where nothing tells whether a plan ran', async () => {
    const { run } = await lookAtPlans({ DescribeSavingsPlans: {}, GetSavingsPlansUtilization: UNAVAILABLE })

    expect(run.status).toBe('failed')
    expect(run.errors).toEqual(
      ['plans', 'usage'].map((source) =>
        expect.stringMatching(`${source}: UnexpectedAnswerError: .* no list 'savingsPlans'`),
      ),
    )
  })

  it('is none where the only plans were never charged, or ended before', async () => {
    const { run } = await lookAtPlans({
      DescribeSavingsPlans: {
        savingsPlans: [
          { ...plan, state: 'payment-failed' },
          { ...plan, state: 'retired', end: '2025-12-04T00:00:00Z' },
          { ...plan, start: '2026-01-03T00:00:00Z' },
        ],
      },
      GetSavingsPlansUtilization: UNAVAILABLE,
    })

    expect(run).toMatchObject({ status: 'complete', errors: [] })
  })

  it('is not counted yet where it is of the newest day', async () => {
    const { run } = await lookAtPlans({
      DescribeSavingsPlans: { savingsPlans: [plan] },
      GetSavingsPlansUtilizationDetails: ({ TimePeriod }) =>
        startOf(TimePeriod) === '2026-01-02' ? UNAVAILABLE : NO_DETAILS,
    })

    expect(run).toMatchObject({
      status: 'complete',
      notes: ['us-east-1: Cost Explorer has not counted all of 2026-01-02 yet'],
    })
  })

  it('is unknown where the plans cannot be read either', async () => {
    const { run } = await lookAtPlans({
      DescribeSavingsPlans: refusal('AccessDeniedException'),
      GetSavingsPlansUtilization: UNAVAILABLE,
    })

    expect(run.status).toBe('denied')
  })
})

describe('a look', () => {
  it('goes back a month at first, and then over the days that AWS restates', async () => {
    const state = memoryStore()
    const first = await lookAtPlans({}, { state })
    const second = await lookAtPlans({}, { state, ...dayLater(1) })

    expect(daysOf(first.inputsOf)).toEqual(daysBefore(SLOT, 30))
    expect(daysOf(second.inputsOf)).toEqual(['2026-01-01', '2026-01-02', '2026-01-03'])
    expect(second.inputsOf('GetSavingsPlansUtilization')).toEqual([
      { TimePeriod: { Start: '2026-01-01', End: '2026-01-04' }, Granularity: 'DAILY' },
    ])
    expect(second.run).toMatchObject({ api_cost_usd: 0.05, notes: [] })
  })

  it('is made again in a retry of its slot, and not in another of the same day', async () => {
    const state = memoryStore()
    await lookAtPlans({}, { state })
    const retry = await lookAtPlans({}, { state })
    const later = await lookAtPlans({}, { state, slot: new Date(SLOT.getTime() + 3_600_000) })

    expect(daysOf(retry.inputsOf)).toEqual(daysBefore(SLOT, 30))
    expect(daysOf(later.inputsOf)).toEqual([])
    expect(later.run.status).toBe('complete')
  })

  it('makes up for days that were missed, up to a month', async () => {
    const state = memoryStore()
    await lookAtPlans({}, { state })
    const week = await lookAtPlans({}, { state, ...dayLater(7) })
    const year = await lookAtPlans({}, { state, ...dayLater(365) })

    expect(daysOf(week.inputsOf)).toEqual(daysBefore(dayLater(7).slot, 9))
    expect(daysOf(year.inputsOf)).toEqual(daysBefore(dayLater(365).slot, 30))
    expect(year.run.notes).toEqual(['us-east-1: looks at the last 30 of 360 days: the most at once'])
  })

  it('of a slot that is made up for is over no more days than later looks leave to it', async () => {
    const state = memoryStore()
    await lookAtPlans({}, { state, ...dayLater(1) })
    const late = await lookAtPlans({}, { state, slot: SLOT, now: dayLater(1).now })

    expect(daysOf(late.inputsOf)).toEqual(daysBefore(SLOT, 3))
  })

  it('of a slot from before the days that a later look went back over is as a first one', async () => {
    const state = memoryStore()
    const { slot, now } = dayLater(30)
    await lookAtPlans({}, { state, slot, now })
    const covered = await lookAtPlans({}, { state, slot: dayLater(1).slot, now })
    const older = await lookAtPlans({}, { state: state, slot: SLOT, now })

    expect(daysOf(covered.inputsOf)).toEqual(daysBefore(dayLater(1).slot, 3))
    expect(daysOf(older.inputsOf)).toEqual(daysBefore(SLOT, 30))
  })

  it('leaves older days out where the budget does not allow them', async () => {
    const { inputsOf, run } = await lookAtPlans({}, { budgetUsd: 1.5 })

    expect(daysOf(inputsOf)).toEqual(daysBefore(SLOT, 8))
    expect(run.notes).toEqual([
      'us-east-1: looks at the last 8 of 30 days: to stay within what paid calls may cost here ($1.50 a month, see paidApiBudgetUsd)',
    ])
  })

  it('restates fewer days where the budget does not allow more', async () => {
    const { inputsOf } = await lookAtPlans({}, { budgetUsd: 1 })

    expect(daysOf(inputsOf)).toEqual(['2026-01-02'])
  })

  it('is not made where the budget does not allow any, and the plans are read all the same', async () => {
    const { events, inputsOf, run } = await lookAtPlans(RECORDED, { budgetUsd: 0.1 })

    expect(inputsOf('GetSavingsPlansUtilization')).toEqual([])
    expect(events).toHaveLength(1)
    expect(run).toMatchObject({ status: 'complete', api_cost_usd: 0 })
    expect(run.notes).toEqual([expect.stringContaining('no look')])
  })

  it.each([
    ['cn-northwest-1', 'CNY'],
    ['eusc-de-east-1', 'EUR'],
  ])('says amounts in the currency of the partition of %s', async (region, unit) => {
    const { events } = await lookAtPlans({}, { region })

    expect(events).toEqual([expect.objectContaining({ unit, value: 24 })])
  })
})
