import { sampleEstateDirectory } from '@polo/local'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type CollectReport,
  collect,
  INVENTORY,
  INVENTORY_EVENTS,
  parseReport,
  query,
  SLOT,
} from './polo-answers.ts'
import { cleanUp, makeDirectory, runPolo } from './polo-process.ts'

const RECORDED = ['--recording', sampleEstateDirectory, '--slot', SLOT]
const SAMPLE = [...INVENTORY, ...RECORDED]
const EVERYTHING = `SELECT * EXCEPT observed_at FROM resource_events FINAL ORDER BY event_id`

afterAll(cleanUp)

describe('polo collect of the sample estate, through the queue', () => {
  const options = { dataDir: '' }
  let code: number | null
  let first: CollectReport
  let stored: Record<string, unknown>[]

  beforeAll(async () => {
    options.dataDir = await makeDirectory()
    const result = await runPolo(['collect', '--json', ...SAMPLE], options)
    code = result.code
    first = parseReport(result)
    stored = await query(EVERYTHING, options)
  })

  test('stores every resource', async () => {
    expect(
      await query(
        'SELECT resource_type, count() AS n FROM resource_events FINAL GROUP BY 1 ORDER BY 1',
        options,
      ),
    ).toEqual([
      { resource_type: 'ebs:volume', n: 12 },
      { resource_type: 'ec2:eip', n: 6 },
      { resource_type: 'ec2:eni', n: 20 },
      { resource_type: 'ec2:instance', n: 33 },
      { resource_type: 'elbv2:load_balancer', n: 10 },
      { resource_type: 'vpc:nat_gateway', n: 2 },
    ])
  })

  test('reports each run: outcomes, counts and calls', () => {
    const run = first.runs.find((one) => one.account === '619193117841' && one.collector === 'config_ec2')
    expect(run).toMatchObject({
      slot: SLOT,
      outcome: 'partial',
      reconciliation: 'reconciled',
      regions: { 'eu-west-1': 'denied', 'us-east-1': 'complete', 'us-west-2': 'complete' },
      events: 5,
      blocks: 1,
      stored: 5,
      dead_lettered: 0,
      api_calls: 4,
      api_calls_by_operation: { 'ec2:DescribeInstances': 4 },
      errors: [expect.stringContaining('eu-west-1: instances: UnauthorizedOperation')],
    })
    expect(first.runs.map((one) => one.stored + one.dead_lettered)).toEqual(
      first.runs.map((one) => one.events),
    )
    expect(first.runs.reduce((sum, one) => sum + one.events, 0)).toBe(INVENTORY_EVENTS)
  })

  test('ends with 2 because one region is denied', () => {
    expect(code).toBe(2)
    expect(first.complete).toBe(false)
  })

  test('ends with 0 when what was asked for is complete', async () => {
    const { code: codeOfOne, complete } = await collect(
      ['config_ebs', '--account', '185106417252', ...RECORDED],
      options,
    )
    expect({ codeOfOne, complete }).toEqual({ codeOfOne: 0, complete: true })
  })

  test('stores nothing twice when it is repeated for the same slot', async () => {
    await collect(SAMPLE, options)
    expect(await query(EVERYTHING, options)).toEqual(stored)
  })

  test('stores the same rows with --direct', async () => {
    const direct = { dataDir: await makeDirectory() }
    const report = await collect([...SAMPLE, '--direct'], direct)
    expect(await query(EVERYTHING, direct)).toEqual(stored)
    expect(withoutIds(report)).toEqual(withoutIds(first))
  })

  test('looks only where it is told to', async () => {
    const { runs } = await collect(
      ['config_ec2', '--account', '644160558196', '--region', 'us-west-1', ...RECORDED],
      options,
    )
    expect(runs.map(({ collector, account, regions }) => ({ collector, account, regions }))).toEqual([
      { collector: 'config_ec2', account: '644160558196', regions: { 'us-west-1': 'complete' } },
    ])
  })
})

function withoutIds({ runs }: CollectReport): object[] {
  return runs.map(({ run_id: _, ...run }) => run)
}
