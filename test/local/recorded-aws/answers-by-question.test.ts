import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import { CostExplorerClient, GetCostAndUsageCommand } from '@aws-sdk/client-cost-explorer'
import { OrganizationsClient, paginateListAccountsForParent } from '@aws-sdk/client-organizations'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { repeatAsAsked } from '../../../packages/local/src/recorded-aws/repeat-as-asked.ts'
import { answer, replay } from './write-recording.ts'

const ORGANIZATION = 'us-east-1'
const MINUTE_MS = 60_000
const NOW = new Date('2026-03-10T12:00:00Z')

async function accountsIn(ParentId: string, files: Record<string, object>) {
  const { client, calls } = replay(OrganizationsClient, files, ORGANIZATION)
  const found = []
  for await (const { Accounts = [] } of paginateListAccountsForParent({ client }, { ParentId })) {
    found.push(...Accounts.map(({ Id }) => Id))
  }
  return { found, calls }
}

describe('an answer that depends on what is asked', () => {
  const files = {
    'organizations.ListAccountsForParent.json': {
      answers: [
        { for: { ParentId: 'r-1', NextToken: 'more' }, ...answer({ Accounts: [{ Id: '2' }] }) },
        { for: { ParentId: 'r-1' }, ...answer({ Accounts: [{ Id: '1' }], NextToken: 'more' }) },
        { for: { ParentId: 'ou-1' }, ...answer({ Accounts: [{ Id: '3' }] }) },
      ],
    },
    'organizations.ListAccountsForParent_1.json': answer({ Accounts: [{ Id: '9' }] }),
  }

  test('is the first that is for all of it, and goes before numbered ones', async () => {
    expect(await accountsIn('r-1', files)).toEqual({
      found: ['1', '2'],
      calls: ['organizations:ListAccountsForParent', 'organizations:ListAccountsForParent'],
    })
    expect((await accountsIn('ou-1', files)).found).toEqual(['3'])
  })

  test('is missed by name where none is for it', async () => {
    await expect(accountsIn('ou-2', files)).rejects.toMatchObject({
      name: 'MissingRecordingError',
      message: expect.stringMatching(/ListAccountsForParent\.json has no answer for \{"ParentId":"ou-2"/),
    })
  })

  test('may be an error', async () => {
    const denied = { status_code: 400, data: { Error: { Code: 'AccessDeniedException', Message: 'no' } } }
    const answers = [{ for: {}, ...denied }]
    const asked = accountsIn('r-1', { 'organizations.ListAccountsForParent.json': { answers } })
    await expect(asked).rejects.toMatchObject({ name: 'AccessDeniedException' })
  })

  test.each([
    ['no answers', {}, 'answers'],
    ['no answer', { answers: [] }, 'answers'],
    ['an answer for nothing', { answers: [answer({})] }, 'for'],
  ])('is not usable with %s', async (_, content, words) => {
    const asked = accountsIn('r-1', { 'organizations.ListAccountsForParent.json': content })
    await expect(asked).rejects.toMatchObject({
      name: 'RecordingError',
      message: expect.stringContaining(words),
    })
  })
})

describe('what was recorded of a stretch of time', () => {
  test('answers for the days that are asked for, as the SDK gives them', async () => {
    const TimePeriod = { Start: { __class__: 'this_date' }, End: { __class__: 'this_date', days: 1 } }
    const group = (Amount: string) => ({ TimePeriod, Groups: [{ Keys: [Amount] }] })
    const ResultsByTime = {
      __class__: 'repeating',
      from: 'TimePeriod.Start',
      to: 'TimePeriod.End',
      minutes: 1440,
      of: [group('even'), group('odd')],
    }
    const { client } = replay(
      CostExplorerClient,
      { 'ce.GetCostAndUsage_1.json': answer({ ResultsByTime }) },
      ORGANIZATION,
    )
    const question = { TimePeriod: { Start: '1970-01-31', End: '1970-02-02' }, Granularity: 'DAILY' } as const
    const { ResultsByTime: results } = await client.send(
      new GetCostAndUsageCommand({ ...question, Metrics: ['UnblendedCost'] }),
    )
    expect(results).toEqual([
      { TimePeriod: { Start: '1970-01-31', End: '1970-02-01' }, Groups: [{ Keys: ['even'] }] },
      { TimePeriod: { Start: '1970-02-01', End: '1970-02-02' }, Groups: [{ Keys: ['odd'] }] },
    ])
  })

  test('answers with dates for the times that are asked for', async () => {
    const repeating = { __class__: 'repeating', from: 'StartTime', to: 'EndTime', minutes: 5 }
    const data = {
      MetricDataResults: [
        {
          Id: 'm0',
          Timestamps: { ...repeating, of: [{ __class__: 'this_time' }] },
          Values: { ...repeating, of: [1, 2, 3] },
        },
      ],
    }
    const { client } = replay(CloudWatchClient, { 'monitoring.GetMetricData_1.json': answer(data) })
    const { MetricDataResults } = await client.send(
      new GetMetricDataCommand({
        MetricDataQueries: [],
        StartTime: new Date('1970-01-01T00:07:00Z'),
        EndTime: new Date('1970-01-01T00:20:00Z'),
      }),
    )
    expect(MetricDataResults).toEqual([
      {
        Id: 'm0',
        Timestamps: [new Date('1970-01-01T00:10:00Z'), new Date('1970-01-01T00:15:00Z')],
        Values: [3, 1],
      },
    ])
  })

  test('says nothing of what is older than it is kept', () => {
    const days = { __class__: 'repeating', from: 'Start', to: 'End', minutes: 1440, kept_days: 2 }
    const data = { days: { ...days, of: [{ __class__: 'this_date' }] } }
    const ask = (Start: string, End: string) => repeatAsAsked(data, { input: { Start, End }, now: NOW })
    expect(ask('2026-03-01', '2026-03-10')).toEqual({ days: ['2026-03-09'] })
    expect(ask('2026-03-01', '2026-03-09')).toEqual({ days: [] })
    expect(ask('2026-03-10', '2026-03-09')).toEqual({ days: [] })
  })

  test('says the same of a time whenever, and as part of whatever, it is asked for', () => {
    const minute = fc.integer({ min: 0, max: 100_000_000 })
    fc.assert(
      fc.property(
        minute,
        fc.integer({ min: 0, max: 500 }),
        fc.integer({ min: 0, max: 500 }),
        (first, a, b) => {
          const ask = (from: number, to: number) => {
            const repeating = { __class__: 'repeating', from: 'from', to: 'to', minutes: 3 }
            const input = { from: new Date(from * MINUTE_MS), to: new Date(to * MINUTE_MS) }
            return Object.values(
              repeatAsAsked({ all: { ...repeating, of: [0, 1, 2, 3, 4] } }, { input, now: NOW }),
            ).flat()
          }
          expect([...ask(first, first + a), ...ask(first + a, first + a + b)]).toEqual(
            ask(first, first + a + b),
          )
        },
      ),
    )
  })

  test.each([
    [
      'a time that is not asked',
      { __class__: 'repeating', from: 'No', to: 'End', minutes: 5, of: [1] },
      "'No'",
    ],
    ['no items', { __class__: 'repeating', from: 'End', to: 'End', minutes: 5, of: [] }, 'of'],
    ['a time outside of it', { __class__: 'this_time' }, "outside of what is 'repeating'"],
  ])('is not usable with %s', (_, member, words) => {
    const input = { End: '2026-03-10' }
    expect(() => repeatAsAsked({ member }, { input, now: NOW })).toThrow(words)
  })
})
