import { describe, expect, it } from 'vitest'
import { memoryStore } from '../harness.ts'
import { refusal } from '../json-answers.ts'
import {
  arnOf,
  dayEvent,
  dayLater,
  daysBefore,
  daysOf,
  lookAtPlans,
  NO_DETAILS,
  planEvent,
  RECORDED,
  startOf,
  USED,
} from './savings-plans-answers.ts'

describe('plans', () => {
  it('are yielded with what is committed to, as recorded', async () => {
    const { events, run } = await lookAtPlans(RECORDED)

    expect(run).toMatchObject({ status: 'complete', errors: [] })
    expect(events[0]).toEqual(
      planEvent('sp-11111111-2222-3333-4444-555555555555', {
        resource_arn: arnOf('sp-11111111-2222-3333-4444-555555555555', '123456789012'),
        properties: {
          state: 'active',
          type: 'Compute',
          commitment: '10.00000000',
          currency: 'USD',
          payment_option: 'No Upfront',
          upfront_payment_amount: '0.00000000',
          recurring_payment_amount: '10.00000000',
          term_seconds: '94608000',
          start: '2024-01-15T10:00:00.000Z',
          end: '2027-01-15T10:00:00.000Z',
          returnable_until: '2024-01-22T10:00:00.000Z',
          product_types: 'Fargate,EC2,Lambda',
          offering_id: 'a1b2c3d4-e5f6-7890-abcd-ef1234567890',
          description: '3 year No Upfront Compute Savings Plan',
        },
      }),
    )
  })

  it('are yielded across pages, with tags, those to come and those that ended lately too', async () => {
    const pages: Record<string, object> = {
      undefined: {
        savingsPlans: [
          {
            savingsPlanId: 'queued',
            savingsPlanArn: arnOf('queued'),
            state: 'queued',
            tags: { team: 'data' },
          },
          { savingsPlanId: 'old', state: 'retired', end: '2025-10-01T00:00:00.000Z' },
        ],
        nextToken: 'more',
      },
      more: {
        savingsPlans: [
          {
            savingsPlanId: 'ended',
            savingsPlanArn: arnOf('ended'),
            state: 'retired',
            end: '2025-12-01T00:00:00.000Z',
            region: 'eu-west-1',
            ec2InstanceFamily: 'm5',
          },
        ],
        nextToken: '',
      },
    }

    const { events, inputsOf } = await lookAtPlans({
      DescribeSavingsPlans: ({ nextToken }) => pages[String(nextToken)] ?? {},
    })

    expect(events.filter(({ event_type }) => event_type === 'config')).toEqual([
      planEvent('queued', { marqo_customer: 'data', properties: { state: 'queued', 'tag:team': 'data' } }),
      planEvent('ended', {
        properties: {
          state: 'retired',
          end: '2025-12-01T00:00:00.000Z',
          region: 'eu-west-1',
          instance_family: 'm5',
        },
      }),
    ])
    expect(inputsOf('DescribeSavingsPlans')[0]).toMatchObject({
      maxResults: 1000,
      states: expect.arrayContaining(['active', 'queued', 'retired', 'returned']),
    })
  })

  it('fail where the answer has no list, and keep nothing else from being read', async () => {
    const { events, run } = await lookAtPlans({ DescribeSavingsPlans: {} })

    expect(run.status).not.toBe('complete')
    expect(run.errors).toEqual([
      expect.stringContaining("plans: UnexpectedAnswerError: the answer has no list 'savingsPlans'"),
    ])
    expect(events).toHaveLength(1)
  })

  it('are denied where AWS denies them', async () => {
    const { run } = await lookAtPlans({ DescribeSavingsPlans: refusal('AccessDeniedException') })

    expect(run.errors).toEqual([expect.stringContaining('plans: AccessDeniedException')])
  })
})

describe('days', () => {
  it('have a metric for each figure of all plans together, as recorded', async () => {
    const { events } = await lookAtPlans(RECORDED)
    const ofAll = events.filter(({ resource_type }) => resource_type === 'savingsplans:utilization')

    expect(ofAll).toHaveLength(15 * 9)
    expect(ofAll.slice(0, 9)).toEqual(
      [
        ['TotalCommitment', 364.83],
        ['UsedCommitment', 360.34],
        ['UnusedCommitment', 4.49],
        ['UtilizationPercentage', 98.77],
        ['AmortizedRecurringCommitment', 364.83],
        ['AmortizedUpfrontCommitment', 0],
        ['TotalAmortizedCommitment', 364.83],
        ['NetSavings', 63.66],
        ['OnDemandCostEquivalent', 424],
      ].map(([name, value]) =>
        dayEvent('2025-12-19', {
          event_action: String(name),
          value: Number(value),
          unit: name === 'UtilizationPercentage' ? 'Percent' : 'USD',
        }),
      ),
    )
  })

  it('have what plans cover of each service, as recorded', async () => {
    const { events, inputsOf } = await lookAtPlans(RECORDED)
    const covered = events.filter(({ resource_type }) => resource_type === 'savingsplans:coverage')

    expect(covered).toHaveLength(18 * 4)
    expect(covered.slice(0, 4)).toEqual(
      [
        ['SpendCoveredBySavingsPlans', 236.97, 'USD'],
        ['OnDemandCost', 75.94, 'USD'],
        ['TotalCost', 312.91, 'USD'],
        ['CoveragePercentage', 75.73, 'Percent'],
      ].map(([name, value, unit]) =>
        dayEvent('2026-01-11', {
          resource_type: 'savingsplans:coverage',
          resource_id: 'AWS Lambda',
          event_action: String(name),
          value: Number(value),
          unit: String(unit),
        }),
      ),
    )
    expect(inputsOf('GetSavingsPlansCoverage')[0]).toMatchObject({
      MaxResults: 20,
      Granularity: 'DAILY',
      GroupBy: [{ Type: 'DIMENSION', Key: 'SERVICE' }],
    })
  })

  it('have the figures of each plan, under the account that bought it, across pages', async () => {
    const detail = (id: string, TotalCommitment: string) => ({
      SavingsPlanArn: arnOf(id, '222222222222'),
      Attributes: { SavingsPlansType: 'ComputeSavingsPlans', PaymentOption: 'No Upfront' },
      Utilization: { TotalCommitment, UtilizationPercentage: '50' },
    })
    const pages: Record<string, object> = {
      '2026-01-02 undefined': { SavingsPlansUtilizationDetails: [detail('sp-1', '24')], NextToken: 'more' },
      '2026-01-02 more': { SavingsPlansUtilizationDetails: [detail('sp-2', '48')] },
    }

    const { events, inputsOf } = await lookAtPlans({
      GetSavingsPlansUtilizationDetails: ({ TimePeriod, NextToken }) =>
        pages[`${startOf(TimePeriod)} ${NextToken}`] ?? NO_DETAILS,
    })

    const columns = {
      aws_account_id: '222222222222',
      account_role: '',
      event_type: 'metric',
      event_time: '2026-01-02T00:00:00.000Z',
      properties: { plan_type: 'ComputeSavingsPlans', payment_option: 'No Upfront' },
    } as const
    const total = { ...columns, event_action: 'TotalCommitment', unit: 'USD' }
    const used = { ...columns, event_action: 'UtilizationPercentage', unit: 'Percent', value: 50 }
    expect(events.filter(({ resource_type }) => resource_type === 'savingsplans:plan')).toEqual([
      planEvent('sp-1', { ...total, resource_arn: arnOf('sp-1', '222222222222'), value: 24 }),
      planEvent('sp-1', { ...used, resource_arn: arnOf('sp-1', '222222222222') }),
      planEvent('sp-2', { ...total, resource_arn: arnOf('sp-2', '222222222222'), value: 48 }),
      planEvent('sp-2', { ...used, resource_arn: arnOf('sp-2', '222222222222') }),
    ])
    expect(inputsOf('GetSavingsPlansUtilizationDetails').at(-1)).toMatchObject({
      TimePeriod: { Start: '2026-01-02', End: '2026-01-03' },
      MaxResults: 20,
    })
  })

  it('reject by name what is no number, has no plan, or no day', async () => {
    const { run } = await lookAtPlans({
      GetSavingsPlansUtilization: {
        SavingsPlansUtilizationsByTime: [
          { TimePeriod: { Start: '2026-01-01' }, Utilization: { TotalCommitment: 'much' } },
          { Utilization: { TotalCommitment: '1' } },
          ...USED.SavingsPlansUtilizationsByTime,
        ],
      },
      GetSavingsPlansUtilizationDetails: ({ TimePeriod }) =>
        startOf(TimePeriod) === '2026-01-02' ? { SavingsPlansUtilizationDetails: [{}] } : NO_DETAILS,
    })

    expect(run).toMatchObject({ status: 'partial', rejected: 3 })
    expect(run.errors).toEqual([
      expect.stringContaining("TotalCommitment is no number: 'much'"),
      expect.stringContaining('it does not say of which day it is'),
      expect.stringContaining('not an ARN'),
    ])
  })

  it.each([
    ['GetSavingsPlansUtilization', 'SavingsPlansUtilizationsByTime'],
    ['GetSavingsPlansUtilizationDetails', 'SavingsPlansUtilizationDetails'],
    ['GetSavingsPlansCoverage', 'SavingsPlansCoverages'],
  ])('fail where the answer of %s has no list', async (operation, list) => {
    const { run } = await lookAtPlans({ [operation]: {} })

    expect(run.status).not.toBe('complete')
    expect(run.errors).toEqual([
      expect.stringContaining(`usage: UnexpectedAnswerError: the answer has no list '${list}'`),
    ])
  })

  it.each(['GetSavingsPlansUtilization', 'GetSavingsPlansUtilizationDetails', 'GetSavingsPlansCoverage'])(
    'are looked at again where %s is denied',
    async (operation) => {
      const state = memoryStore()
      await lookAtPlans({}, { state })
      const { run } = await lookAtPlans(
        { [operation]: refusal('AccessDeniedException') },
        { state, ...dayLater(1) },
      )
      const { inputsOf } = await lookAtPlans({}, { state, ...dayLater(2) })

      expect(run.errors).toEqual([expect.stringContaining('usage: AccessDeniedException')])
      expect(daysOf(inputsOf)).toEqual(daysBefore(dayLater(2).slot, 4))
    },
  )
})
