import { COLLECTORS } from '@polo/collectors'
import {
  awsScheduleExpression,
  cronExpression,
  intervalMs,
  jobTimeoutMs,
  maxEventAgeSeconds,
  Schedule,
  slotAt,
} from '@polo/core'
import awsCron from 'aws-cron-parser'
import { Cron } from 'croner'
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

const FIRINGS = 100

/** The firings after `from`, as EventBridge Scheduler makes them. */
function firingsInAws(of: Schedule, from: Date): Date[] {
  const [, fields = ''] = /^cron\((.*)\)$/.exec(awsScheduleExpression(of)) ?? []
  const parsed = awsCron.parse(fields)
  return nextFirings(from, (last) => awsCron.next(parsed, last))
}

/** The firings after `from`, as the scheduler of one machine makes them. */
function firingsHere(of: Schedule, from: Date): Date[] {
  const cron = new Cron(cronExpression(of), { timezone: 'UTC', paused: true })
  return nextFirings(from, (last) => cron.nextRun(last))
}

function firingsBySlot(of: Schedule, from: Date): Date[] {
  return nextFirings(from, (last) => slotAt(of, new Date(last.getTime() + intervalMs(of))))
}

function nextFirings(from: Date, next: (last: Date) => Date | null): Date[] {
  const firings: Date[] = []
  for (let last: Date | null = from; firings.length < FIRINGS; ) {
    last = next(last)
    if (!last) break
    firings.push(new Date(last))
  }
  return firings
}

/** What a schedule can say, within the years that AWS's cron knows. */
const soon = fc.date({
  min: new Date('2024-01-01'),
  max: new Date('2090-01-01'),
  noInvalidDate: true,
})

describe('schedule expressions', () => {
  it.each([
    [{ every: '15 minutes', offset: '5 minutes' }, 'cron(5/15 * * * ? *)', '5-59/15 * * * *'],
    [{ every: '60 minutes', offset: '7 minutes' }, 'cron(7 * * * ? *)', '7 * * * *'],
    [{ every: '6 hours', offset: '90 minutes' }, 'cron(30 1/6 * * ? *)', '30 1-23/6 * * *'],
    [{ every: '24 hours', offset: '2 hours' }, 'cron(0 2 * * ? *)', '0 2 * * *'],
    [{ dailyAt: '07:05' }, 'cron(5 7 * * ? *)', '5 7 * * *'],
    [{ weeklyOn: 'sunday', at: '04:30' }, 'cron(30 4 ? * SUN *)', '30 4 * * 0'],
  ])('of %j are %s and %s', (input, aws, unix) => {
    const of = Schedule.parse(input)
    expect([awsScheduleExpression(of), cronExpression(of)]).toEqual([aws, unix])
  })

  it.each(COLLECTORS.map(({ name, schedule: of }) => [name, of] as const))(
    'of %s fire together in AWS, here, and at its slots',
    (_, of) => {
      const from = new Date('2026-02-27T22:58:30.000Z')
      expect(firingsInAws(of, from)).toHaveLength(FIRINGS)
      expect(firingsInAws(of, from)).toEqual(firingsBySlot(of, from))
      expect(firingsHere(of, from)).toEqual(firingsBySlot(of, from))
    },
  )

  it('of every schedule fire together in AWS, here, and at its slots', () => {
    fc.assert(
      fc.property(schedule, soon, (of, from) => {
        const slots = firingsBySlot(of, from)
        expect(firingsInAws(of, from)).toEqual(slots)
        expect(firingsHere(of, from)).toEqual(slots)
      }),
      { numRuns: 60 },
    )
  })
})

describe('the limits of a job', () => {
  it.each([
    [{ every: '5 minutes' }, 300, 270_000],
    [{ every: '15 minutes' }, 900, 870_000],
    [{ every: '1 minutes' }, 60, 30_000],
    [{ dailyAt: '03:30' }, 21_600, 900_000],
  ])('of %j: it waits at most %i s to be begun, and takes at most %i ms', (input, age, timeout) => {
    const of = Schedule.parse(input)
    expect([maxEventAgeSeconds(of), jobTimeoutMs(of)]).toEqual([age, timeout])
  })
})
