import { describe, expect, test } from 'vitest'
import { type RunReport, renderReport, sampleExitCodeOf } from '../../packages/cli/src/collect-report.ts'

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
  errors: [],
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
  test('says that rows were refused, and where to see them', () => {
    expect(renderReport(report(run({ stored: 3, dead_lettered: 2 }), run({ dead_lettered: 1 })))).toContain(
      '! 3 rows were refused: see polo dlq ls',
    )
    expect(renderReport(report(run()))).not.toContain('refused')
  })
})
