import { afterAll, beforeAll, expect, test } from 'vitest'
import { isFirst } from '../../packages/cli/src/collect/collect-sample.ts'
import { type Pipeline, startPipeline } from '../ingester/pipeline.ts'
import { dispatched, finalRecord, insertRows } from '../ingester/reconciliation-rows.ts'

let polo: Pipeline
beforeAll(async () => {
  polo = await startPipeline()
})
afterAll(async () => {
  await polo?.stop()
})

test('shows what was there before until a look has come to its end, though one was killed', async () => {
  expect(await isFirst(polo)).toBe(true)
  await insertRows(polo.clickhouse, 'collector_runs', [dispatched({ collector: 'tags' })])
  await insertRows(polo.clickhouse, 'collector_runs', [finalRecord([], { collector: 'config_ec2' })])
  expect(await isFirst(polo)).toBe(true)
  await insertRows(polo.clickhouse, 'collector_runs', [finalRecord([], { collector: 'tags' })])
  expect(await isFirst(polo)).toBe(false)
})
