import { describe, expect, test } from 'vitest'
import { type FreshnessContext, toFreshness } from '../../packages/cli/src/status/freshness.ts'
import { ACCOUNT, NOW, runHistory } from './status-facts.ts'

const LIVE = { aws_account_id: ACCOUNT, polo_status: 'active', source: 'caller' }
const at = (minutesAgo: number) => new Date(NOW.getTime() - minutesAgo * 60_000).toISOString()
const judge = (history: Parameters<typeof runHistory>[0], context: Partial<FreshnessContext> = {}) =>
  toFreshness(runHistory(history), { now: NOW, account: LIVE, isDeployed: true, ...context })

describe('toFreshness', () => {
  test('tells the age of the newest slot that was complete and reconciled, and the interval of the schedule', () => {
    expect(judge({})).toEqual({
      last_attempt_at: '2026-01-15T00:15:02.000Z',
      last_success_slot: '2026-01-15T00:15:00.000Z',
      age_seconds: 300,
      interval_seconds: 900,
      scheduled: true,
      stale: false,
    })
  })

  test.each([
    [30, false],
    [31, true],
  ])('after %i minutes of a quarter-hourly schedule, stale is %s', (minutes, stale) => {
    expect(judge({ last_success_slot: at(minutes) }).stale).toBe(stale)
  })

  test.each<[string, Partial<FreshnessContext>]>([
    ['a replayed recording', { account: { ...LIVE, source: 'recording' } }],
    ['an account that is paused', { account: { ...LIVE, polo_status: 'paused' } }],
    ['what was collected by hand on one machine', { isDeployed: false }],
  ])('never calls %s stale', (_, context) => {
    expect(judge({ last_success_slot: at(10_000) }, context)).toMatchObject({
      scheduled: false,
      stale: false,
    })
  })

  test('never calls the data of a collector stale that this Polo does not have', () => {
    expect(judge({ collector: 'gone', last_success_slot: at(10_000) })).toMatchObject({
      interval_seconds: null,
      stale: false,
    })
  })

  test.each<[string, number[], boolean]>([
    ['three slots on time within ten', [1_000, 1_015, 1_030], true],
    ['slots with gaps between them', [1_000, 1_060, 1_135], true],
    ['two slots', [1_000, 1_015], false],
    ['slots far apart', [1_000, 2_440, 3_880], false],
    ['none', [], false],
  ])('takes %s for a schedule on one machine: %j → %s', (_, minutesAgo, scheduled) => {
    const history = { last_success_slot: at(1_000), on_time_slots: minutesAgo.map(at) }
    expect(judge(history, { isDeployed: false })).toMatchObject({ scheduled, stale: scheduled })
  })

  test('has no age where nothing was complete lately', () => {
    expect(judge({ last_success_slot: null })).toMatchObject({ age_seconds: null, stale: false })
  })
})
