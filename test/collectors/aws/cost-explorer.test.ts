import { eventId, type ResourceEvent } from '@polo/core'
import { describe, expect, it } from 'vitest'
import { costExplorer } from '../../../packages/collectors/src/aws/cost-explorer.ts'
import { ACCOUNT, collect, makeEvent } from '../harness.ts'
import {
  costExplorerAnswers,
  fixedAnswers,
  lookedBefore,
  type TestBill,
  type TestCharge,
} from './cost-explorer-answers.ts'

const SLOT = new Date('2025-03-15T05:30:00.000Z')
const NOW = new Date('2025-03-15T05:30:04.321Z')
const DAY = '2025-03-14'
const WEB = '111111111111'
const DATA = '222222222222'
const USD = 10_000_000_000n

function lookAt(bill: TestBill, circumstances: Parameters<typeof collect>[1] = {}) {
  const { requestHandler, asked } = costExplorerAnswers(bill)
  const collected = collect(costExplorer, {
    requestHandler,
    slot: SLOT,
    now: NOW,
    state: lookedBefore(SLOT),
    ...circumstances,
  })
  return collected.then((result) => ({ ...result, asked, costs: costsOf(result.events) }))
}

function costsOf(events: readonly ResourceEvent[]): ResourceEvent[] {
  return events.filter(({ event_type }) => event_type === 'cost')
}

function charge(changes: Partial<TestCharge> = {}): TestCharge {
  return { day: DAY, account: WEB, service: 'AWS Lambda', recordType: 'Usage', units: USD, ...changes }
}

function costEvent({ keys, ...columns }: { keys: string[] } & Partial<ResourceEvent>, recordType: string) {
  const [aws_account_id = '', resource_id = ''] = keys
  const event = {
    collector: 'cost_explorer',
    aws_account_id,
    aws_region: '',
    resource_type: 'aws:service',
    resource_id,
    resource_arn: '',
    event_type: 'cost',
    event_time: `${DAY}T00:00:00.000Z`,
    account_role: '',
    unit: 'USD',
    ...columns,
  } as const
  const discriminator = JSON.stringify([ACCOUNT, recordType, 'USD', ...keys])
  const event_id = eventId({ ...event, event_action: 'observed', discriminator })
  return makeEvent({ ...event, event_id, observed_at: NOW.toISOString() })
}

describe('cost_explorer', () => {
  it('yields one event per account, service, record type and day, across pages', async () => {
    const { costs, run, asked } = await lookAt({
      charges: [
        charge({ units: 123_456_789n, amortized: 5n * USD, netUnblended: 100_000_000n }),
        charge({ service: 'EC2 - Other', account: DATA }),
        charge({ recordType: 'Credit', units: -2n * USD }),
      ],
      pageSize: 1,
      estimatedFrom: '2025-03-01',
      accountNames: { [DATA]: 'data' },
    })

    expect(run).toMatchObject({ status: 'complete', errors: [], rejected: 0 })
    const estimated = { estimated: 'true', payer_account: ACCOUNT }
    expect(costs).toEqual([
      costEvent(
        {
          keys: [WEB, 'AWS Lambda'],
          value: -2,
          properties: { charge_type: 'credit', record_type: 'Credit', ...all('-2'), ...estimated },
        },
        'Credit',
      ),
      costEvent(
        {
          keys: [WEB, 'AWS Lambda'],
          value: 0.0123456789,
          properties: {
            charge_type: 'usage',
            record_type: 'Usage',
            unblended_cost: '0.0123456789',
            amortized_cost: '5',
            net_unblended_cost: '0.01',
            net_amortized_cost: '5',
            blended_cost: '0.0123456789',
            ...estimated,
          },
        },
        'Usage',
      ),
      costEvent(
        {
          keys: [DATA, 'EC2 - Other'],
          value: 1,
          properties: {
            charge_type: 'usage',
            record_type: 'Usage',
            ...all('1'),
            account_name: 'data',
            ...estimated,
          },
        },
        'Usage',
      ),
    ])
    expect(asked.length).toBeGreaterThan(3 * 14)
  })

  it('gives a line the same identity when it is restated, and another one on another day', async () => {
    const first = await lookAt({ charges: [charge()] })
    const restated = await lookAt({ charges: [charge({ units: 2n * USD })] })
    const other = await lookAt({ charges: [charge({ day: '2025-03-13' })] })

    expect(restated.costs[0]?.event_id).toBe(first.costs[0]?.event_id)
    expect(restated.costs[0]?.value).toBe(2)
    expect(other.costs[0]?.event_id).not.toBe(first.costs[0]?.event_id)
  })

  it('says which days it saw to the last line, those without cost too', async () => {
    const { rows } = await lookAt({ charges: [charge()] })

    const coverage = await rows('cost_coverage/1')
    const whole = coverage.filter(({ resource_type }) => resource_type === 'aws:service')
    expect(whole[0]).toEqual({
      collector: 'cost_explorer',
      aws_account_id: ACCOUNT,
      resource_type: 'aws:service',
      linked_account_id: '',
      event_time: '2025-03-01T00:00:00.000Z',
      observed_at: NOW.toISOString(),
    })
    expect(new Set(whole.map(({ event_time }) => event_time)).size).toBe(whole.length)
    expect(whole.filter(({ event_time }) => event_time >= '2025-03-01')).toHaveLength(14)
  })

  it('counts a record type that nobody knows', async () => {
    const { costs, run } = await lookAt({ charges: [charge({ recordType: 'MoonTax', units: 7n * USD })] })

    expect(run.status).toBe('complete')
    expect(costs).toMatchObject([
      { value: 7, properties: { charge_type: 'other', record_type: 'MoonTax', unblended_cost: '7' } },
    ])
  })

  it('attributes what configuration says of the linked account, and nothing where it says nothing', async () => {
    const accounts = { [WEB]: { role: 'production', tagDefaults: { marqo_env: 'prod' } } }
    const { costs } = await lookAt(
      { charges: [charge(), charge({ account: DATA })] },
      { config: { accounts } },
    )

    expect(
      costs.map(({ aws_account_id, account_role, marqo_env }) => [aws_account_id, account_role, marqo_env]),
    ).toEqual([
      [WEB, 'production', 'prod'],
      [DATA, '', ''],
    ])
  })

  it('keeps the currency and amounts in scientific notation', async () => {
    const { costs, run } = await lookAt({
      charges: [charge({ units: 1_200n })],
      currency: 'EUR',
      write: () => '1.2E-7',
    })

    expect(run.status).toBe('complete')
    expect(costs).toMatchObject([{ value: 1.2e-7, unit: 'EUR', properties: { unblended_cost: '1.2E-7' } }])
  })

  it('counts money of an account without a service, and of no account', async () => {
    const { costs, run } = await lookAt({
      charges: [
        charge({ service: '' }),
        charge({ account: '', units: 2n * USD }),
        charge({ account: ACCOUNT, units: 3n * USD }),
      ],
    })

    expect(run.status).toBe('complete')
    expect(
      costs.map(({ aws_account_id, resource_id, value }) => [aws_account_id, resource_id, value]),
    ).toEqual([
      [WEB, 'NoService', 1],
      [ACCOUNT, 'AWS Lambda', 2],
      [ACCOUNT, 'AWS Lambda', 3],
    ])
    expect(new Set(costs.map(({ event_id }) => event_id)).size).toBe(3)
  })

  it('makes a line of money that only the total has, so that lines add up to it', async () => {
    const { costs, run } = await lookAt({
      charges: [charge({ recordType: 'Support', units: 45n * USD })],
      unallocated: [charge({ recordType: 'Support', units: 24n * USD, amortized: 25n * USD })],
    })

    expect(run.status).toBe('complete')
    expect(run.notes.join('\n')).toContain('24 USD of 2025-03-14 (Support)')
    expect(costs[1]).toMatchObject({
      aws_account_id: ACCOUNT,
      resource_id: 'NoAccount',
      value: 24,
      properties: { charge_type: 'support', unblended_cost: '24', amortized_cost: '25' },
    })
  })

  it('is partial of a day that AWS changes between two answers, and covers the others', async () => {
    const before = { charges: [charge(), charge({ day: '2025-03-13' })] }
    const after = { charges: [charge({ units: 5n * USD }), charge({ day: '2025-03-13' })] }
    const again = { charges: [charge({ units: 6n * USD }), charge({ day: '2025-03-13' })] }
    const { run, rows } = await lookAt({
      ...before,
      onAsk: (count) => (count === 2 ? after : count === 3 ? again : undefined),
    })

    expect(run).toMatchObject({ status: 'partial' })
    expect(run.errors[0]).toContain(
      'costs: cost of 2025-03-14 (Usage): UnexpectedAnswerError: AWS is changing it',
    )
    const covered = (await rows('cost_coverage/1')).filter(
      ({ resource_type }) => resource_type === 'aws:service',
    )
    expect(covered.map(({ event_time }) => event_time)).toContain('2025-03-13T00:00:00.000Z')
    expect(covered.map(({ event_time }) => event_time)).not.toContain('2025-03-14T00:00:00.000Z')
  })

  it('takes the lines for whole where the total, asked again, agrees with them', async () => {
    const after = { charges: [charge({ units: 5n * USD })] }
    const { run, costs } = await lookAt({
      charges: [charge()],
      onAsk: (count) => (count === 2 ? after : undefined),
    })

    expect(run).toMatchObject({ status: 'complete', notes: [] })
    expect(costs).toMatchObject([{ value: 5 }])
  })
})

describe('cost_explorer, when AWS answers otherwise,', () => {
  it.each([
    ['AccessDeniedException', 'denied'],
    ['LimitExceededException', 'throttled'],
    ['DataUnavailableException', 'failed'],
    ['BillExpirationException', 'failed'],
  ])('ends in %s as %s, and covers nothing', async (code, status) => {
    const errors = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`${index + 1}`, code]))
    const { run, costs, rows } = await lookAt({ charges: [charge()], errors })

    expect(run.status).toBe(status)
    expect(run.errors[0]).toContain(code)
    expect(costs).toEqual([])
    expect(await rows('cost_coverage/1')).toEqual([])
  })

  it('keeps what was read before a record type was denied, and covers nothing', async () => {
    const { run, costs, rows } = await lookAt({
      charges: [charge({ recordType: 'Credit' }), charge({ recordType: 'Usage' })],
      errors: { 3: 'AccessDeniedException' },
    })

    expect(run.status).toBe('denied')
    expect(costs).toMatchObject([{ properties: { charge_type: 'credit' } }])
    expect(await rows('cost_coverage/1')).toEqual([])
  })

  it('finds no cost in days without groups', async () => {
    const { run, events } = await lookAt({ charges: [] })

    expect(run).toMatchObject({ status: 'complete', events: 0 })
    expect(events).toEqual([])
  })

  it('covers no day that the answer does not speak of', async () => {
    const { run, rows } = await answered({ ResultsByTime: [] }, { ResultsByTime: [] })

    expect(run.status).toBe('complete')
    expect(await rows('cost_coverage/1')).toEqual([])
  })

  it('does not take an answer without its list for an empty one', async () => {
    const { run } = await answered({ GroupDefinitions: [] })

    expect(run.status).toBe('failed')
    expect(run.errors[0]).toContain("no list 'ResultsByTime'")
  })

  it('rejects a group whose amount is no number by name, and is partial', async () => {
    const { run, costs } = await answered(
      day([group(['Usage'], '3')]),
      day([group([WEB, 'AWS Lambda'], '3'), group([WEB, 'AWS Glue'], 'much')]),
    )

    expect(run).toMatchObject({ status: 'partial', rejected: 1 })
    expect(run.errors.join('\n')).toContain(`${WEB} / AWS Glue of ${DAY}: 'much' is no amount`)
    expect(costs).toMatchObject([{ value: 3 }])
  })

  it.each([
    ['a group', group([WEB, 'AWS Glue'], 'much')],
    ['one that an earlier one has', group([WEB, 'AWS Lambda'], '2')],
  ])(
    'does not take the money of %s that it rejects for nobody’s, and does not cover the day',
    async (_, bad) => {
      const { run, costs, rows } = await answered(
        day([group(['Usage'], '5')]),
        day([group([WEB, 'AWS Lambda'], '3'), bad]),
        day([group(['Usage'], '5')]),
      )

      expect(run).toMatchObject({ status: 'partial', rejected: 1, notes: [] })
      expect(costs).toMatchObject([{ resource_id: 'AWS Lambda', value: 3 }])
      expect(await rows('cost_coverage/1')).toEqual([])
    },
  )

  it('does not count a group twice that two pages have', async () => {
    const { run, costs } = await answered(
      day([group(['Usage'], '3')]),
      { ...day([group([WEB, 'AWS Lambda'], '3')]), NextPageToken: 'more' },
      day([group([WEB, 'AWS Lambda'], '3')]),
    )

    expect(run).toMatchObject({ status: 'partial', rejected: 1 })
    expect(run.errors.join('\n')).toContain(`${WEB} / AWS Lambda of ${DAY} comes twice`)
    expect(costs).toMatchObject([{ value: 3 }])
  })

  it('does not follow an answer that names itself as its next page', async () => {
    const page = { ...day([group(['Usage'], '3')]), NextPageToken: 'same' }
    const { run, asked } = await answered(page, page, page, page)

    expect(run.status).toBe('failed')
    expect(run.errors[0]).toContain('names itself')
    expect(asked).toHaveLength(2)
  })

  it('counts a total that comes without groups', async () => {
    const total = {
      ResultsByTime: [{ TimePeriod: { Start: DAY, End: '2025-03-15' }, Total: metrics('9.5') }],
    }
    const { costs, run } = await answered(total, total)

    expect(run.notes.join('\n')).toContain('9.5 USD')
    expect(costs).toMatchObject([{ aws_account_id: ACCOUNT, resource_id: 'NoAccount', value: 9.5 }])
  })
})

/** The answers to the questions one after the other, each of which then is followed by an empty one. */
async function answered(...answers: object[]) {
  const empty = Array.from({ length: 5 }, () => ({ ResultsByTime: [] }))
  const { requestHandler, asked } = fixedAnswers([...answers, ...empty])
  const result = await collect(costExplorer, {
    requestHandler,
    slot: SLOT,
    now: NOW,
    state: lookedBefore(SLOT),
  })
  return { ...result, asked, costs: costsOf(result.events) }
}

function day(groups: readonly object[]) {
  return {
    ResultsByTime: [
      { TimePeriod: { Start: DAY, End: '2025-03-15' }, Total: {}, Groups: groups, Estimated: true },
    ],
  }
}

function group(keys: readonly string[], amount: string) {
  return { Keys: keys, Metrics: metrics(amount) }
}

function metrics(amount: string) {
  return { UnblendedCost: { Amount: amount, Unit: 'USD' } }
}

function all(amount: string) {
  return {
    unblended_cost: amount,
    amortized_cost: amount,
    net_unblended_cost: amount,
    net_amortized_cost: amount,
    blended_cost: amount,
  }
}
