import { intervalMs, Schedule, slotAt } from '@polo/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { issuesOf } from './factories.ts'

const MINUTE_MS = 60_000
const MINUTES = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60]
const HOURS = [1, 2, 3, 4, 6, 8, 12, 24]

const every = fc.oneof(
  fc.constantFrom(...MINUTES).chain((minutes) => everyWithOffset(`${minutes} minutes`, minutes)),
  fc.constantFrom(...HOURS).chain((hours) => everyWithOffset(`${hours} hours`, hours * 60)),
)
const time = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
  .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':'))
const weekday = fc.constantFrom('sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday')
const schedule = fc
  .oneof(every, fc.record({ dailyAt: time }), fc.record({ weeklyOn: weekday, at: time }))
  .map((input) => Schedule.parse(input))
const now = fc.date({ min: new Date('1960-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })

function everyWithOffset(interval: string, minutes: number) {
  return fc.nat(minutes - 1).map((offset) => ({ every: interval, offset: `${offset} minutes` }))
}

function slotOf(input: unknown, at: string): string {
  return slotAt(Schedule.parse(input), new Date(at)).toISOString()
}

describe('slotAt', () => {
  it.each([
    [{ every: '15 minutes' }, '2026-03-01T00:14:59.999Z', '2026-03-01T00:00:00.000Z'],
    [{ every: '15 minutes' }, '2026-03-01T00:15:00.000Z', '2026-03-01T00:15:00.000Z'],
    [{ every: '15 minutes', offset: '5 minutes' }, '2026-03-01T00:04:00.000Z', '2026-02-28T23:50:00.000Z'],
    [{ every: '6 hours', offset: '90 minutes' }, '2026-03-01T07:29:00.000Z', '2026-03-01T01:30:00.000Z'],
    [{ every: '24 hours', offset: '2 hours' }, '2026-03-01T01:00:00.000Z', '2026-02-28T02:00:00.000Z'],
    [{ dailyAt: '03:30' }, '2026-03-01T03:29:59.999Z', '2026-02-28T03:30:00.000Z'],
    [{ dailyAt: '03:30' }, '2026-03-01T03:30:00.000Z', '2026-03-01T03:30:00.000Z'],
    // 2026-03-01 is a Sunday.
    [{ weeklyOn: 'sunday', at: '04:00' }, '2026-03-01T03:59:00.000Z', '2026-02-22T04:00:00.000Z'],
    [{ weeklyOn: 'sunday', at: '04:00' }, '2026-03-01T04:00:00.000Z', '2026-03-01T04:00:00.000Z'],
    [{ weeklyOn: 'monday', at: '04:00' }, '2026-03-01T04:00:00.000Z', '2026-02-23T04:00:00.000Z'],
    [{ weeklyOn: 'wednesday', at: '00:00' }, '2026-03-01T04:00:00.000Z', '2026-02-25T00:00:00.000Z'],
  ])('of %j at %s is %s', (input, at, slot) => {
    expect(slotOf(input, at)).toBe(slot)
  })

  it('is never after now, and less than an interval before it', () => {
    fc.assert(
      fc.property(schedule, now, (of, at) => {
        const slot = slotAt(of, at).getTime()
        expect(slot).toBeLessThanOrEqual(at.getTime())
        expect(at.getTime()).toBeLessThan(slot + intervalMs(of))
      }),
    )
  })

  it('is its own slot', () => {
    fc.assert(
      fc.property(schedule, now, (of, at) => {
        const slot = slotAt(of, at)
        expect(slotAt(of, slot)).toEqual(slot)
      }),
    )
  })

  it('falls on a whole minute', () => {
    fc.assert(fc.property(schedule, now, (of, at) => Math.abs(slotAt(of, at).getTime() % MINUTE_MS) === 0))
  })

  it('falls on the same times every day, but for weekly schedules', () => {
    fc.assert(
      fc.property(every, now, (of, at) => {
        const dayMs = 24 * 60 * MINUTE_MS
        const today = slotAt(Schedule.parse(of), at).getTime()
        expect(slotAt(Schedule.parse(of), new Date(at.getTime() + dayMs)).getTime()).toBe(today + dayMs)
      }),
    )
  })

  it('falls on the weekday and the time that the schedule names', () => {
    fc.assert(
      fc.property(weekday, time, now, (weeklyOn, at, when) => {
        const slot = slotAt(Schedule.parse({ weeklyOn, at }), when)
        const name = slot.toLocaleDateString('en', { weekday: 'long', timeZone: 'UTC' }).toLowerCase()
        expect([name, slot.toISOString().slice(11, 16)]).toEqual([weeklyOn, at])
      }),
    )
  })
})

describe('Schedule', () => {
  it.each(MINUTES)('accepts every %d minutes', (minutes) => {
    expect(issuesOf(Schedule, { every: `${minutes} minutes` })).toEqual([])
  })

  it.each(HOURS)('accepts every %d hours', (hours) => {
    expect(issuesOf(Schedule, { every: `${hours} hours` })).toEqual([])
  })

  it.each(['0 minutes', '7 minutes', '45 minutes', '90 minutes', '-15 minutes', '5 hours', '48 hours'])(
    'refuses every %s, which no cron expression can say',
    (interval) => {
      expect(issuesOf(Schedule, { every: interval })).toEqual([
        '✖ minutes must divide an hour, and hours must divide a day\n  → at every',
      ])
    },
  )

  it.each(['15 minutes', '1 hour', '-1 minutes'])('refuses an offset of %s in 15 minutes', (offset) => {
    expect(issuesOf(Schedule, { every: '15 minutes', offset })).toEqual([
      '✖ the offset must be less than the interval\n  → at offset',
    ])
  })

  it.each([
    { every: '15' },
    { every: '1.5 hours' },
    { every: '15 seconds' },
    { every: 15 },
    {},
    { weeklyOn: 'monday' },
    'hourly',
  ])('says what a schedule is when given %j', (input) => {
    expect(issuesOf(Schedule, input)).toEqual([expect.stringMatching(/Invalid input|expected \{ every: /)])
  })

  it.each(['24:00', '3:30', '03:60', '0330', '03:30:00'])('refuses the time of day %s', (dailyAt) => {
    expect(issuesOf(Schedule, { dailyAt })).toEqual(['✖ expected HH:MM in UTC\n  → at dailyAt'])
  })

  it('refuses an unknown key', () => {
    expect(issuesOf(Schedule, { every: '15 minutes', ofset: '5 minutes' })).not.toEqual([])
  })

  it('refuses two kinds of schedule at once', () => {
    expect(issuesOf(Schedule, { every: '15 minutes', dailyAt: '03:30' })).not.toEqual([])
  })
})

describe('intervalMs', () => {
  it.each([
    [{ every: '15 minutes' }, 15 * MINUTE_MS],
    [{ every: '1 hour' }, 60 * MINUTE_MS],
    [{ dailyAt: '03:30' }, 1440 * MINUTE_MS],
    [{ weeklyOn: 'friday', at: '03:30' }, 10_080 * MINUTE_MS],
  ])('of %j is %d', (input, ms) => {
    expect(intervalMs(Schedule.parse(input))).toBe(ms)
  })
})
