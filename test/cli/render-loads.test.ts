import { describe, expect, test } from 'vitest'
import {
  adviseLoads,
  describeLosses,
  describeProblem,
  isUnreadable,
  renderLoads,
  renderPathReport,
} from '../../packages/cli/src/loads/render-loads.ts'
import { loadReport } from './load-report.ts'

const FAILED = loadReport({ status: 'failed', error: 'it is cut short', retry_at: '2026-03-01T10:05:00Z' })

describe('describeProblem', () => {
  test('says when a loader tries again', () => {
    expect(describeProblem(FAILED)).toBe(
      '! cost_cur org/2026-02 failed, next try 2026-03-01 10:05: it is cut short',
    )
  })

  test('promises no other try of a file of this machine', () => {
    expect(describeProblem({ ...FAILED, storage: 'file' })).toBe(
      '! cost_cur org/2026-02 failed, mend it and run the command again: it is cut short',
    )
  })
})

test('has nothing mended where a load was interrupted', () => {
  expect(describeProblem({ ...FAILED, storage: 'file', error: 'it was interrupted' })).toBe(
    '! cost_cur org/2026-02 failed, run the command again: it was interrupted',
  )
})

describe('describeLosses', () => {
  const flowLog = (rows: number, details: Record<string, string>) =>
    loadReport({ kind: 'flow_logs', target: '/logs/a.log', rows, details: { kept_days: '30', ...details } })

  test('says nothing where everything arrived', () => {
    expect(describeLosses(flowLog(2, { malformed_lines: '0', expired_records: '0' }))).toEqual([])
    expect(describeLosses(loadReport())).toEqual([])
  })

  test('says what is malformed, and what is too old to be kept', () => {
    const load = flowLog(14, { malformed_lines: '1', expired_records: '14' })
    expect(describeLosses(load)).toEqual([
      '! flow_logs /logs/a.log: 1 malformed line: see flow_log_malformed_lines',
      '! flow_logs /logs/a.log: 14 rows are older than the 30 days that traffic is kept, and are dropped',
    ])
    expect(isUnreadable(load)).toBe(false)
  })

  test('tells an object of malformed lines alone from an empty one', () => {
    const load = flowLog(0, { malformed_lines: '2' })
    expect(describeLosses(load)).toEqual([
      '! flow_logs /logs/a.log: nothing but 2 malformed lines: see flow_log_malformed_lines',
    ])
    expect(isUnreadable(load)).toBe(true)
    expect(isUnreadable(flowLog(0, { malformed_lines: '0' }))).toBe(false)
  })
})

describe('renderLoads', () => {
  test('shows enough of an id to retry it, the collector, since when, and the end of a long name', () => {
    const target = `/logs/${'a'.repeat(60)}/123456789010_vpcflowlogs.log.gz`
    const lines = renderLoads([loadReport(), loadReport({ kind: 'flow_logs', target, changed_at: null })])
    const [head = '', ...rows] = lines.split('\n').filter((line) => !/^[-─ ]*$/.test(line))
    expect(head.split(/ +/)).toEqual(
      expect.arrayContaining(['id', 'collector', 'what', 'status', 'since', 'failures', 'rows']),
    )
    expect(rows[0]).toMatch(/^ *5f2b6c1e +cost_cur +org\/2026-02 +loaded +2026-03-01 10:01 /)
    expect(rows[1]).toMatch(/ +flow_logs +…a+\/123456789010_vpcflowlogs\.log\.gz +loaded +2026-03-01 10:00 /)
  })
})

describe('renderPathReport', () => {
  const flowLogs = (number: number, fields: Parameters<typeof loadReport>[0] = {}) =>
    Array.from({ length: number }, (_, index) =>
      loadReport({ kind: 'flow_logs', target: `/logs/${index}.log`, ...fields }),
    )

  test('lists every file of a few', () => {
    const text = renderPathReport({ notes: ['2 files are left out'], loads: flowLogs(2) })
    expect(text).toMatch(/^Note: 2 files are left out\.\n/)
    expect(text.match(/\/logs\/\d\.log/g)).toHaveLength(2)
    expect(text).toMatch(/\n2 of 2 loaded, 10 rows\.$/)
  })

  test('lists of many what is wrong, and counts the others', () => {
    const failed = loadReport({
      target: '/logs/bad.log',
      status: 'failed',
      error: 'it is cut short',
      rows: 0,
    })
    const text = renderPathReport({ notes: [], loads: [...flowLogs(999), failed] })
    expect(text).toContain('/logs/bad.log')
    expect(text).not.toContain('/logs/7.log')
    expect(text).toMatch(/\n999 more loads: --json has all\.\n999 of 1000 loaded, 4,995 rows\.$/)
  })

  test('says how many rows of all are too old to be kept', () => {
    const old = { details: { expired_records: '5', kept_days: '120' } }
    expect(renderPathReport({ notes: [], loads: [...flowLogs(30, old), ...flowLogs(1)] })).toMatch(
      /\n11 more loads: --json has all\.\n31 of 31 loaded, 155 rows, 150 of them too old to be kept \(retentionDays\)\.$/,
    )
  })
})

test('says what loads that nothing brings in by itself wait for, and how to hear no more of them', () => {
  const waiting = loadReport({ kind: 'flow_logs', storage: 'file', bucket: '/logs', status: 'pending' })
  expect(adviseLoads([waiting, waiting])).toEqual([
    '! What waits is loaded by polo collect flow_logs --path /logs alone: run it again, unless it runs.',
    'What will never be loaded: polo loads dismiss ID, or --all.',
  ])
  expect(adviseLoads([FAILED])).toEqual(['What will never be loaded: polo loads dismiss ID, or --all.'])
  expect(adviseLoads([loadReport({ status: 'pending' }), loadReport()])).toEqual([])
})
