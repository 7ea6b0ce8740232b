import { describe, expect, test } from 'vitest'
import {
  type RunReport,
  renderReport,
  sampleExitCodeOf,
} from '../../packages/cli/src/collect/collect-report.ts'

const run = (fields: Partial<RunReport> = {}): RunReport => ({
  run_id: 'b1c2d3e4-0000-4000-8000-000000000000',
  collector: 'config_ec2',
  account: '619193117841',
  slot: '2026-01-15T00:00:00.000Z',
  outcome: 'complete',
  reconciliation: 'reconciled',
  regions: { 'us-east-1': 'complete' },
  region_errors: {},
  events: 5,
  published: 5,
  rejected: 0,
  blocks: 1,
  stored: 5,
  dead_lettered: 0,
  api_calls: 1,
  api_calls_by_operation: {},
  api_cost_usd: 0,
  errors: [],
  notes: [],
  ...fields,
})

const report = (...runs: RunReport[]) => ({ source: 'a recording', runs, complete: false })
const DENIED = { outcome: 'partial', regions: { 'us-east-1': 'complete', 'eu-west-1': 'denied' } }

describe('sampleExitCodeOf', () => {
  test('is 0 when nothing but the region that is denied on purpose is incomplete', () => {
    expect(sampleExitCodeOf(report(run(), run(DENIED)))).toBe(0)
  })

  test.each<[string, Partial<RunReport>[]]>([
    ['no run', []],
    ['nothing stored', [{ stored: 0, events: 0 }]],
    ['a row refused', [{}, { stored: 4, dead_lettered: 1 }]],
    ['a run not accounted for', [{}, { reconciliation: 'missing' }]],
    ['another account denied', [{ ...DENIED, account: '185106417252' }]],
    ['another region denied', [{ outcome: 'partial', regions: { 'us-east-1': 'denied' } }]],
    ['the region failed rather than denied', [{ outcome: 'partial', regions: { 'eu-west-1': 'failed' } }]],
    [
      'a second region incomplete',
      [{ ...DENIED, regions: { 'eu-west-1': 'denied', 'us-east-1': 'partial' } }],
    ],
    ['a run failed without a region', [{}, { outcome: 'failed', regions: {} }]],
  ])('is 2 with %s', (_, runs) => {
    expect(sampleExitCodeOf(report(...runs.map(run)))).toBe(2)
  })
})

describe('renderReport', () => {
  test('says what the calls cost, and what the runs note', () => {
    const paid = run({ api_cost_usd: 0.0151, notes: ['eu-west-1: looks every 25 min'] })
    const text = renderReport(report(paid, run({ api_cost_usd: 0.3 })))
    expect(text).toContain('AWS charges $0.32 for these calls.')
    expect(text).toContain('\n  619193117841 config_ec2 eu-west-1: looks every 25 min\n')
    expect(renderReport(report(run()))).not.toContain('AWS charges')
  })

  test.each([
    [0.00015, '$0.00015'],
    [0.00003, '$0.00003'],
    [0.0095, '$0.0095'],
    [12, '$12.00'],
  ])('says %d dollars as %s', (api_cost_usd, words) => {
    expect(renderReport(report(run({ api_cost_usd })))).toContain(`AWS charges ${words} for`)
  })

  test('tells the first errors and notes of a run, and how many more there are', () => {
    const lines = (name: string) => [1, 2, 3, 4, 5].map((n) => `r-${n}: ${name}`)
    const text = renderReport(report(run({ errors: lines('denied'), notes: lines('looked') })))
    expect(text.split('\n').filter((line) => /^[! ] 619/.test(line) && !line.includes('complete'))).toEqual([
      '! 619193117841 config_ec2 r-1: denied',
      '! 619193117841 config_ec2 r-2: denied',
      '! 619193117841 config_ec2 r-3: denied',
      '! 619193117841 config_ec2 and 2 more errors: --json has all',
      '  619193117841 config_ec2 r-1: looked',
      '  619193117841 config_ec2 r-2: looked',
      '  619193117841 config_ec2 and 3 more notes: --json has all',
    ])
  })

  test('tells once what is the same of several accounts', () => {
    const unreadable = { collector: 'lifecycle', errors: ['unknown: a.json: not an event'] }
    const text = renderReport(report(run(unreadable), run({ ...unreadable, account: '185106417252' }), run()))
    expect(text.match(/a\.json/g)).toHaveLength(1)
    expect(text).toContain('! 2 accounts lifecycle unknown: a.json: not an event')
  })

  test('tells runs of one collector apart by their slots, and spares the column otherwise', () => {
    const later = run({ slot: '2026-01-15T00:15:00.000Z', events: 3 })
    const text = renderReport(report(later, run()))
    expect(text).toMatch(/config_ec2 +2026-01-15T00:15:00.000Z +complete/)
    expect(text).toMatch(/config_ec2 +2026-01-15T00:00:00.000Z +complete/)
    expect(renderReport(report(run(), run({ collector: 'tags' })))).not.toContain('slot')
  })

  test('leaves out notes of what a run just did', () => {
    const notes = ['r-1: first complete look: the tags of 3 resources are known', 'r-1: looks every 25 min']
    expect(renderReport(report(run({ notes })))).toContain('looks every 25 min')
    expect(renderReport(report(run({ notes })))).not.toContain('first complete look')
  })

  test('says that rows were refused, and where to see them', () => {
    expect(renderReport(report(run({ stored: 3, dead_lettered: 2 }), run({ dead_lettered: 1 })))).toContain(
      '! 3 rows were refused: see polo dlq ls',
    )
    expect(renderReport(report(run()))).not.toContain('refused')
  })
})
