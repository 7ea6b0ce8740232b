import { NEVER_OPENED } from '@polo/ingester'
import { describe, expect, test } from 'vitest'
import { renderStatus } from '../../packages/cli/src/status/render-status.ts'
import { type StatusFacts, toStatusReport } from '../../packages/cli/src/status/status-report.ts'
import { ACCOUNT, EMPTY, jobStatus, NOW, runHistory, statusFacts } from './status-facts.ts'

const render = (overrides: Partial<StatusFacts>, all = false) =>
  renderStatus(toStatusReport(statusFacts(overrides)), { all })

const accounts = Array.from({ length: 25 }, (_, index) => String(100_000_000_000 + index))
const collectors = ['config_ebs', 'config_ec2', 'config_network']
const REGIONS = Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`eu-west-${index}`, 'complete']))
const ESTATE = accounts.flatMap((aws_account_id) =>
  collectors.map((collector) => jobStatus({ aws_account_id, collector, region_outcomes: REGIONS })),
)
const blocks = Array.from({ length: 50 }, (_, index) => String(index).padStart(64, 'b'))

describe('renderStatus', () => {
  test('shows every job of a small estate', () => {
    const text = render({})
    expect(text).toContain(`${ACCOUNT}    config_ec2    01-15 00:15    green`)
    expect(text).toMatch(/Coverage: 1 of 1 region of 1 account complete/)
    expect(text.split('\n').at(-1)).toBe('Everything is complete and accounted for.')
  })

  test('fits a large green estate on a screen, and shows all of it when asked', () => {
    const text = render({ latest: ESTATE, accounts: [] })
    expect(text).toContain('Newest jobs of 25 accounts: 75 green.')
    expect(text).toContain('Coverage: 425 of 425 regions of 25 accounts complete.')
    expect(text).not.toContain('config_ebs')
    expect(text.split('\n').length).toBeLessThan(16)
    const everything = render({ latest: ESTATE, accounts: [] }, true)
    for (const account of accounts) expect(everything).toContain(`${account}    config_network`)
  })

  test('lists of a large estate what is not green, the regions that ended alike in one line', () => {
    const denied = Object.fromEntries(Object.keys(REGIONS).map((region) => [region, 'denied']))
    const errors = Object.keys(REGIONS).map((region) => `${region}: instances: AccessDenied`)
    const [first, ...rest] = ESTATE
    const text = render({
      accounts: [],
      latest: [{ ...(first ?? jobStatus()), outcome: 'denied', region_outcomes: denied, errors }, ...rest],
    })
    expect(text).toContain('74 green, 1 not green.')
    expect(text).toMatch(/100000000000 +eu-west-0, eu-west-1 and 15 more +denied: config_ebs/)
    expect(text).toContain('! 100000000000 config_ebs and 16 more errors: polo status --all')
    expect(text.split('\n').length).toBeLessThan(23)
  })

  test('names missing blocks by id, the first of many, and all when asked', () => {
    const latest = [jobStatus({ reconciliation: 'missing', missing_blocks: blocks })]
    const text = render({ latest })
    expect(text).toContain(`block ${blocks[0]} is missing`)
    expect(text).toContain('and 47 more blocks: polo status --all')
    expect(blocks.filter((block) => render({ latest }, true).includes(block))).toEqual(blocks)
    expect(toStatusReport(statusFacts({ latest })).jobs[0]?.missing_blocks).toEqual(blocks)
  })

  test('leaves notes of what a run just did to --all, and tells once what is the same of accounts', () => {
    const notes = [
      'eu-west-1: first complete look: the tags of 6 resources are known',
      'eu-west-1: 20 records read from files',
      'eu-west-1: looks every 25 min',
    ]
    const latest = [jobStatus({ notes }), jobStatus({ notes, aws_account_id: '444455556666' })]
    const text = render({ latest })
    expect(text).not.toMatch(/first complete look|read from files/)
    expect(text).toContain('2 accounts config_ec2 eu-west-1: looks every 25 min')
    expect(render({ latest }, true)).toMatch(/first complete look.*\n.*20 records read from files/)
    expect(render({ latest: [jobStatus({ notes: notes.slice(0, 2) })] })).not.toContain('Notes of')
  })

  test.each<[Partial<StatusFacts>, string]>([
    [{}, 'Lifecycle events: none in 35 days.'],
    [
      {
        lifecycle: [
          { aws_account_id: ACCOUNT, last_event: '2026-01-15T00:18:00.000Z', last_day: 1_200 },
          { aws_account_id: '222233334444', last_event: '2026-01-14T00:00:00.000Z', last_day: 34 },
        ],
      },
      'Last 24 hours: 1 run, 1 green. Lifecycle events: 1,234, the last 2026-01-15 00:18.',
    ],
    [{ isDeployed: true }, `! ${ACCOUNT} had no lifecycle event for 7 days: see docs/lifecycle.md`],
  ])('says of %j what lifecycle events came', (facts, line) => {
    expect(render(facts)).toContain(line)
  })

  test('no table is wider than 120 columns', () => {
    const latest = [
      jobStatus({ collector: 'config_network', reconciliation: 'missing', published_rows: 1_234_567 }),
    ]
    const lines = render({ latest }).split('\n')
    expect(lines.filter((line) => line.length > 120)).toEqual([])
  })

  test('counts the runs before the newest that were not green, and names their missing blocks', () => {
    const [block = ''] = blocks
    const earlier = {
      collector: 'config_ec2',
      aws_account_id: ACCOUNT,
      newest_slot: '2026-01-15T00:00:00.000Z',
    }
    const text = render({
      last_day: {
        ...statusFacts().last_day,
        runs: 96,
        green: 90,
        not_green: 6,
        unaccounted: 1,
        problems: [
          { ...earlier, outcome: 'complete', reconciliation: 'missing', runs: 1, missing_blocks: [block] },
          { ...earlier, outcome: 'failed', reconciliation: 'reconciled', runs: 5, missing_blocks: [] },
        ],
      },
    })
    expect(text).toContain('Last 24 hours: 96 runs, 90 green, 6 not green, 1 of them with missing blocks.')
    expect(text).toContain(
      `! ${ACCOUNT} config_ec2 complete, missing in 1 run, last 2026-01-15 00:00: block ${block}`,
    )
    expect(text).toContain(`  ${ACCOUNT} config_ec2 failed in 5 runs`)
  })

  test('marks what is stale', () => {
    const history = [runHistory({ last_success_slot: '2026-01-14T12:00:00.000Z' })]
    expect(render({ isDeployed: true, history })).toMatch(/12 h ago, stale/)
    expect(render({ isDeployed: true, history })).toContain('1 account: 1 stale.')
  })

  const spentBy = (spent_usd: number, projected_usd: number) => ({
    month: '2026-01',
    spent_usd,
    projected_usd,
    collectors: [{ collector: 'metrics', spent_usd, projected_usd }],
  })

  test('tells of a month of paid calls, for all and for each collector', () => {
    expect(render({ spend: spentBy(8.5, 31.25) })).toMatch(
      /^Paid calls in 2026-01: \$8\.50 of \$50\.00 spent, \$31\.25 by the end of the month\.\n {2}metrics: \$8\.50 of \$35\.00 spent, \$31\.25 by the end of the month$/m,
    )
  })

  test('marks more than the budget', () => {
    const text = render({ spend: spentBy(8.5, 36) })
    expect(text).toContain('\nPaid calls in 2026-01: $8.50 of $50.00 spent, $36.00')
    expect(text).toContain('\n! metrics: $8.50 of $35.00 spent, $36.00')
    expect(render({ spend: spentBy(8.5, 51) })).toContain('! Paid calls in 2026-01: $8.50 of $50.00')
  })

  test('says that there are no paid calls where there is no budget', () => {
    expect(render({ paidApiBudgetUsd: 0 })).toContain('Paid calls: none are made (paidApiBudgetUsd is 0).')
  })

  test('tells what the newest runs note, and is green all the same', () => {
    const notes = ['eu-west-1: looks every 25 min instead of every 5 min']
    const text = render({ latest: [jobStatus({ notes })] })
    expect(text).toContain(`Notes of the newest runs:\n  ${ACCOUNT} config_ec2 ${notes[0]}`)
    expect(text).toContain('Everything is complete and accounted for.')
    expect(render({})).not.toContain('Notes')
  })

  test.each<[Partial<StatusFacts>, string]>([
    [
      { queue: { waiting: 1200, in_flight: 3, oldest_age_seconds: 250 } },
      'Queue: 1,200 waiting, 3 in flight, oldest 4 min.',
    ],
    [{ queue: { ...EMPTY, waiting: 1 } }, 'Queue: 1 waiting, 0 in flight, oldest unknown.'],
    [{ backfill_queue: null }, 'Queue: empty. Backfill queue: unknown.'],
    [{ breaker: null }, 'Breaker: unknown'],
    [{ breaker: NEVER_OPENED }, 'Breaker: closed.'],
    [
      { breaker: { ...NEVER_OPENED, state: 'half_open', reason: '202', since: NOW.toISOString() } },
      '! Breaker: half open, the queues drain slowly, to see if it lasts (202 since 2026-01-15T00:20:00.000Z, 0 failed probes).',
    ],
    [{ dead_letters: null }, 'dead-letter queue: unknown (POLO_DEAD_LETTER_QUEUE_URL is not set)'],
    [{ duplicates: null }, 'Duplicates awaiting merge: unknown.'],
    [
      { duplicates: { partition: '202601', rows: 8_000_000, duplicates: 1_500, estimated: true } },
      'Duplicates awaiting merge: about 1,500 of 8,000,000 rows of 2026-01.',
    ],
    [
      {
        dead_rows: [
          {
            reason: 'rejected_rows',
            schema: 'resource_event/1',
            collector: 'x\u001b[31m',
            rows: 5,
            newest_at: '',
          },
        ],
      },
      '  5 rejected_rows resource_event/1 x\\u001b[31m',
    ],
  ])('tells of %j', (facts, words) => {
    expect(render(facts)).toContain(words)
  })
})
