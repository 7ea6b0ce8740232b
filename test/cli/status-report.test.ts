import { COLLECTORS } from '@polo/collectors'
import { NEVER_OPENED } from '@polo/ingester'
import { describe, expect, test } from 'vitest'
import { ownerOfQueue } from '../../packages/cli/src/session/deployed-sqs.ts'
import { concludeStatus } from '../../packages/cli/src/status/render-status.ts'
import { type StatusFacts, toStatusReport } from '../../packages/cli/src/status/status-report.ts'
import { ACCOUNT, EMPTY, jobStatus, runHistory, statusFacts } from './status-facts.ts'

const judge = (overrides: Partial<StatusFacts>) => toStatusReport(statusFacts(overrides))
const OPEN = {
  ...NEVER_OPENED,
  state: 'open',
  since: '2026-01-15T00:00:00.000Z',
  reason: 'ECONNREFUSED',
} as const
const LAST_DAY = statusFacts().last_day

describe('polo status', () => {
  test('is green when every job is, and nothing is on its way', () => {
    const report = judge({})
    expect(report).toMatchObject({ green: true, dead_letters: 0, jobs: [{ green: true }] })
    expect(concludeStatus(report)).toBe('Everything is complete and accounted for.')
  })

  test.each<[string, Partial<StatusFacts>]>([
    ['nothing was collected', { latest: [], history: [] }],
    ['a job is partial', { latest: [jobStatus({ outcome: 'partial' })] }],
    ['a job has not reported', { latest: [jobStatus({ outcome: 'pending', reconciliation: 'pending' })] }],
    ['rows are not accounted for yet', { latest: [jobStatus({ reconciliation: 'pending' })] }],
    ['blocks are missing', { latest: [jobStatus({ reconciliation: 'missing' })] }],
    ['the events queue holds a message', { queue: { ...EMPTY, in_flight: 1 } }],
    ['the backfill queue holds a message', { backfill_queue: { ...EMPTY, waiting: 1 } }],
    ['the breaker is open', { breaker: OPEN }],
    ['the breaker is half open', { breaker: { ...OPEN, state: 'half_open' } }],
    ['an earlier run has blocks missing', { last_day: { ...LAST_DAY, unaccounted: 1 } }],
    [
      'a deployed job is stale',
      { isDeployed: true, history: [runHistory({ last_success_slot: '2026-01-14T23:30:00.000Z' })] },
    ],
  ])('is not green while %s', (_, facts) => {
    const report = judge(facts)
    expect(report.green).toBe(false)
    expect(concludeStatus(report)).not.toContain('Everything')
    expect(concludeStatus(report)).not.toBe('')
  })

  test.each<[string, Partial<StatusFacts>]>([
    ['a run before the newest failed', { last_day: { ...LAST_DAY, runs: 2, not_green: 1 } }],
    ['rows were refused, and are accounted for', { dead_letters: 2 }],
    ['the breaker is not known', { breaker: null }],
    [
      'duplicates wait for a merge',
      { duplicates: { partition: '202601', rows: 2, duplicates: 1, estimated: false } },
    ],
  ])('stays green when %s', (_, facts) => {
    expect(judge(facts).green).toBe(true)
  })

  test.each([
    [
      { ...EMPTY, waiting: 2, in_flight: 1 },
      '3 messages are on their way: what they hold is not counted yet.',
    ],
    [{ ...EMPTY, in_flight: 1 }, '1 message is on its way: what it holds is not counted yet.'],
  ])('says what the queue holds: %j', (queue, words) => {
    expect(concludeStatus(judge({ queue }))).toBe(words)
  })

  test('names dead letters at the end', () => {
    expect(concludeStatus(judge({ dead_letters: 2 }))).toMatch(
      /accounted for\.\n2 dead letters .*polo dlq ls$/,
    )
  })

  test('says what an open breaker means', () => {
    expect(concludeStatus(judge({ breaker: OPEN }))).toContain('The breaker is open: what is collected waits')
  })

  test('names an active account in which a scheduled collector was never run', () => {
    const accounts = [
      ...statusFacts().accounts,
      { aws_account_id: '444455556666', polo_status: 'active', source: 'organization' },
      { aws_account_id: '555566667777', polo_status: 'paused', source: 'organization' },
      { aws_account_id: '666677778888', polo_status: 'active', source: 'recording' },
    ]
    const report = judge({ isDeployed: true, accounts })
    expect(report.never_collected).toEqual([{ aws_account_id: '444455556666', collector: 'config_ec2' }])
    expect(report.green).toBe(false)
    expect(report.left_out).toEqual([{ aws_account_id: '555566667777', polo_status: 'paused' }])
  })

  test('names an active account that nothing was ever collected from, scheduled or not', () => {
    const accounts = [
      ...statusFacts().accounts,
      { aws_account_id: '444455556666', polo_status: 'active', source: 'organization' },
    ]
    const report = judge({ accounts })
    expect(report.never_collected).toEqual([{ aws_account_id: '444455556666', collector: 'config_ec2' }])
    expect(report.green).toBe(false)
    const discovered = judge({
      accounts,
      latest: [jobStatus({ collector: 'account_discovery' })],
      history: [],
    })
    expect(new Set(discovered.never_collected.map(({ collector }) => collector))).toEqual(
      new Set(COLLECTORS.filter(({ scope }) => scope === 'account').map(({ name }) => name)),
    )
  })

  test('counts a job that came to no region as a gap', () => {
    const denied = jobStatus({ aws_account_id: '444455556666', outcome: 'denied', region_outcomes: {} })
    expect(judge({ latest: [jobStatus(), denied] }).regions).toContainEqual({
      aws_account_id: '444455556666',
      region: '*',
      outcome: 'denied',
      collectors: { config_ec2: 'denied' },
    })
  })

  test('takes no files that tell what happened in a region for a look at it', () => {
    const ofFiles = jobStatus({ collector: 'lifecycle', region_outcomes: { 'us-west-1': 'complete' } })
    expect(judge({ latest: [ofFiles] }).regions).toEqual([])
  })

  test.each(['paused', 'pending', 'suspended'])(
    'calls nothing of a %s account stale or missing, and does not judge its last job',
    (polo_status) => {
      const accounts = [
        ...statusFacts().accounts,
        { aws_account_id: '444455556666', polo_status, source: 'organization' },
        { aws_account_id: '555566667777', polo_status, source: 'organization' },
      ]
      const old = { aws_account_id: '444455556666', slot: '2026-01-01T00:00:00.000Z' }
      const report = judge({
        isDeployed: true,
        accounts,
        latest: [
          jobStatus(),
          jobStatus({ ...old, outcome: 'denied', region_outcomes: { 'eu-west-1': 'denied' } }),
        ],
        history: [runHistory(), runHistory({ ...old, last_success_slot: old.slot })],
      })
      expect(report.never_collected).toEqual([])
      expect(report.jobs.map(({ freshness }) => freshness.stale)).toEqual([false, false])
      expect(report.jobs.map(({ left_out }) => left_out)).toEqual([false, true])
      expect(report.regions.map(({ aws_account_id }) => aws_account_id)).not.toContain('444455556666')
      expect(report.green).toBe(true)
    },
  )

  test('names a collector of the organization that never ran, in the account where it is to', () => {
    const report = judge({ isDeployed: true, organizationAccount: '777788889999' })
    expect(report.never_collected).toContainEqual({
      aws_account_id: '777788889999',
      collector: 'account_discovery',
    })
    expect(report.green).toBe(false)
  })

  test('knows the hub’s account by its queue', () => {
    const path = '111122223333/polo-events'
    expect(ownerOfQueue(`https://sqs.eu-west-1.amazonaws.com/${path}`)).toBe('111122223333')
    expect(ownerOfQueue(`https://sqs.eusc-de-east-1.amazonaws.eu/${path}`)).toBe('111122223333')
    expect(ownerOfQueue(`https://sqs.eu-west-1.example.com/${path}`)).toBeUndefined()
    expect(ownerOfQueue(`http://127.0.0.1:4566/${path}`)).toBeUndefined()
  })

  test('misses a collector of the organization in no account', () => {
    const accounts = [
      ...statusFacts().accounts,
      { aws_account_id: '444455556666', polo_status: 'active', source: 'organization' },
    ]
    const once = COLLECTORS.filter(({ scope }) => scope === 'organization')
    const ofPayer = once.map(({ name }) => ({ collector: name, slot: '2026-01-15T00:00:00.000Z' }))
    const report = judge({
      isDeployed: true,
      organizationAccount: ACCOUNT,
      accounts,
      latest: [jobStatus(), jobStatus({ aws_account_id: '444455556666' }), ...ofPayer.map(jobStatus)],
      history: [runHistory(), ...ofPayer.map(runHistory)],
    })
    expect(report.jobs.find(({ collector }) => collector === 'account_discovery')?.freshness.scheduled).toBe(
      true,
    )
    expect(report.never_collected).toEqual([])
  })

  test('joins the collectors of each region, the worst of one keeping it from being complete', () => {
    const latest = [
      jobStatus({ region_outcomes: { 'us-east-1': 'complete', 'eu-west-1': 'denied' } }),
      jobStatus({
        collector: 'config_ebs',
        region_outcomes: { 'us-east-1': 'complete', 'eu-west-1': 'complete' },
      }),
      jobStatus({ aws_account_id: '444455556666', region_outcomes: { 'eu-west-1': 'throttled' } }),
    ]
    expect(judge({ latest }).regions).toEqual([
      {
        aws_account_id: ACCOUNT,
        region: 'eu-west-1',
        outcome: 'partial',
        collectors: { config_ec2: 'denied', config_ebs: 'complete' },
      },
      {
        aws_account_id: ACCOUNT,
        region: 'us-east-1',
        outcome: 'complete',
        collectors: { config_ec2: 'complete', config_ebs: 'complete' },
      },
      {
        aws_account_id: '444455556666',
        region: 'eu-west-1',
        outcome: 'throttled',
        collectors: { config_ec2: 'throttled' },
      },
    ])
  })
})
