import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FIXTURES } from '../ingester/load/cur-loads.ts'
import { awsKey, flowRecord, logOf } from '../ingester/load/flow-logs/records.ts'
import { query } from './polo-answers.ts'
import { cleanUp, makeDirectory, runPolo, startUp } from './polo-process.ts'

const options = { dataDir: '' }
/** An hour ago, as what is older than the retention of metrics is not kept. */
const START = Math.floor(Date.now() / 1_000) - 3_600
const NAME = awsKey().split('/').at(-1) ?? ''
const BYTES = `SELECT resource_arn, sum(value) AS bytes FROM resource_events FINAL
  WHERE collector = 'flow_logs' AND event_action = 'bytes' GROUP BY 1`

beforeAll(async () => {
  options.dataDir = await makeDirectory()
  await startUp([], options)
})
afterAll(cleanUp)

async function collectPath(directory: string, ...args: readonly string[]) {
  return await runPolo(['collect', 'flow_logs', '--path', directory, ...args], options)
}

test('loads the flow logs of a directory through the backfill queue, whatever else is in it', async () => {
  const directory = await makeDirectory('polo-flow-logs-')
  const record = flowRecord({ start: START, end: START + 60 })
  await writeFile(join(directory, NAME), gzipSync(logOf(record, record)))
  await writeFile(join(directory, 'README.md'), 'not a flow log')
  await cp(
    join(FIXTURES, 'flow-logs-otel-contrib/vpc_flow_log_too_few_fields.txt'),
    join(directory, 'short.log'),
  )

  const { code, stdout } = await collectPath(directory)
  // Nothing of short.log can be read.
  expect(code).toBe(2)
  expect(stdout).toContain('2 of 2 loaded, 2 rows.')
  expect(stdout).toMatch(
    /! flow_logs \S*short\.log: nothing but 1 malformed line: see flow_log_malformed_lines/,
  )
  const arn = 'arn:aws:ec2:eu-west-1:123456789010:network-interface/eni-0a'
  expect(await query(BYTES, options)).toEqual([{ resource_arn: arn, bytes: 2000 }])
  expect(await query('SELECT line_number, reason FROM flow_log_malformed_lines', options)).toEqual([
    { line_number: 2, reason: 'fewer values than fields' },
  ])

  expect(await collectPath(directory, '--direct')).toMatchObject({ code: 2 })
  expect(await query(BYTES, options)).toEqual([{ resource_arn: arn, bytes: 2000 }])
})

test('ends with 2 and says which file is not whole', async () => {
  const directory = await makeDirectory('polo-flow-logs-')
  await writeFile(join(directory, 'cut.log.gz'), gzipSync(logOf(flowRecord())).subarray(0, -10))
  const { code, stdout } = await collectPath(directory)
  expect(code).toBe(2)
  expect(stdout).toMatch(/! flow_logs \S*cut\.log\.gz given up.*cut\.log\.gz cannot be read: /)
})

test('refuses a directory without flow logs', async () => {
  const directory = await makeDirectory('polo-flow-logs-')
  expect(await collectPath(directory)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('holds no flow logs'),
  })
})
