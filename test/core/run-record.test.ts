import { CollectorRun, DiscoveredAccount, listUnknown, OUTCOMES, QUEUED_SCHEMAS } from '@polo/core'
import { describe, expect, it } from 'vitest'
import { collectorRun, issuesOf } from './factories.ts'

const ACCOUNT = {
  aws_account_id: '111122223333',
  source: 'organization',
  observed_at: '2026-03-01T00:15:07.123Z',
}

describe('CollectorRun', () => {
  it('gives a valid record back as it was', () => {
    expect(CollectorRun.parse(collectorRun())).toEqual(collectorRun())
  })

  it('names the columns of its queued schema, in their order', () => {
    const columns = QUEUED_SCHEMAS['collector_run/1'].columns.map(({ name }) => name)
    expect(Object.keys(CollectorRun.shape)).toEqual(columns)
  })

  it('may be dispatched and not finished', () => {
    const dispatched = collectorRun({ status: 'dispatched', finished_at: null })
    expect(issuesOf(CollectorRun, dispatched)).toEqual([])
  })

  it.each(OUTCOMES)('may end as %s', (status) => {
    expect(issuesOf(CollectorRun, collectorRun({ status }))).toEqual([])
  })

  it.each([
    ['an unknown key', { region: 'eu-west-1' }],
    ['an unknown status', { status: 'success' }],
    ['an unknown outcome of a region', { region_outcomes: { 'eu-west-1': 'ok' } }],
    ['a run id that is no UUID', { run_id: 'run-1' }],
    ['a negative count', { events: -1 }],
    ['half an event', { region_events: { 'eu-west-1': 0.5 } }],
    ['an infinite cost', { api_cost_usd: Number.POSITIVE_INFINITY }],
    ['a negative cost', { api_cost_usd: -0.01 }],
    ['a slot without milliseconds', { slot: '2026-03-01T00:15:00Z' }],
  ])('refuses %s', (_, changes) => {
    expect(issuesOf(CollectorRun, { ...collectorRun(), ...changes })).not.toEqual([])
  })

  it.each(Object.keys(CollectorRun.shape))('refuses a record without %s', (field) => {
    expect(issuesOf(CollectorRun, { ...collectorRun(), [field]: undefined })).not.toEqual([])
  })
})

describe('listUnknown', () => {
  it('gives the fields an order that DiscoveredAccount takes', () => {
    const unknown = listUnknown(new Set(['tags', 'name']))
    expect(DiscoveredAccount.parse({ ...ACCOUNT, unknown }).unknown).toBe('name,tags')
  })
})

describe('DiscoveredAccount', () => {
  it('fills what the organisation does not say with defaults', () => {
    expect(DiscoveredAccount.parse(ACCOUNT)).toEqual({
      ...ACCOUNT,
      name: '',
      email: '',
      ou_path: '',
      status: 'ACTIVE',
      tags: {},
      unknown: '',
    })
  })

  it.each(['', 'tags', 'email,name,ou_path,status,tags'])('may leave open "%s"', (unknown) => {
    expect(issuesOf(DiscoveredAccount, { ...ACCOUNT, unknown })).toEqual([])
  })

  it.each([
    ['a field that there is not', 'region'],
    ['fields out of order', 'tags,name'],
    ['a field twice', 'name,name'],
    ['an empty field', ',name'],
  ])('refuses to leave open %s', (_, unknown) => {
    expect(issuesOf(DiscoveredAccount, { ...ACCOUNT, unknown })).not.toEqual([])
  })

  it('names the columns of its queued schema, in their order', () => {
    const columns = QUEUED_SCHEMAS['aws_account/1'].columns.map(({ name }) => name)
    expect(Object.keys(DiscoveredAccount.shape)).toEqual(columns)
  })

  it('refuses an unknown key', () => {
    expect(issuesOf(DiscoveredAccount, { ...ACCOUNT, alias: 'x' })).not.toEqual([])
  })
})
