import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type BlockSink, createSqsSink, publishRunRecord } from '@polo/collectors'
import { type CollectorRun, encodeRow, formatEnvelope, freezeBlock } from '@polo/core'
import { RuntimeAddresses, sqsClient } from '@polo/local'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readDepth } from '../../packages/cli/src/status/read-queue.ts'
import { collectorRun, envelopeHead, minimalEvent } from '../core/factories.ts'
import { countEvents, ONE_ACCOUNT_EVENTS, parseReport } from './polo-answers.ts'
import { cleanUp, makeDirectory, runPolo, startUp, waitFor } from './polo-process.ts'
import { readStatus, type StatusAnswer } from './status-answer.ts'

const options = { dataDir: '' }
let sqs: ReturnType<typeof sqsClient>
let sink: BlockSink
let queueUrl: string

beforeAll(async () => {
  options.dataDir = await makeDirectory()
  await startUp(['--account', '185106417252', '--sample'], options)
  const file = await readFile(join(options.dataDir, 'runtime.json'), 'utf8')
  const addresses = RuntimeAddresses.parse(JSON.parse(file))
  queueUrl = addresses.queueUrl
  sqs = sqsClient(addresses.sqsEndpoint)
  sink = createSqsSink({ client: sqs, queueUrl })
})
afterAll(async () => {
  sqs?.destroy()
  await cleanUp()
})

test('is green after a collection that was complete, with everything there is to say', async () => {
  const status = await readStatus(options)
  expect(status).toMatchObject({
    code: 0,
    green: true,
    queue: { waiting: 0, in_flight: 0, oldest_age_seconds: null },
    backfill_queue: { waiting: 0, in_flight: 0, oldest_age_seconds: null },
    breaker: { state: 'closed' },
    dead_letters: 0,
    dead_rows: [],
    duplicates: { rows: ONE_ACCOUNT_EVENTS, duplicates: 0, estimated: false },
    last_day: { runs: 8, green: 8, not_green: 0, problems: [] },
    never_collected: [],
    left_out: [],
  })
  expect(status.jobs.map(({ collector, green, freshness }) => [collector, green, freshness.stale])).toEqual([
    ['config_ebs', true, false],
    ['config_ec2', true, false],
    ['config_network', true, false],
    ['config_sagemaker', true, false],
    ['ipv4', true, false],
    ['metrics', true, false],
    ['relationships', true, false],
    ['tags', true, false],
  ])
  expect(status.regions.map(({ region, outcome }) => [region, outcome])).toEqual([
    ['us-east-1', 'complete'],
    ['us-west-2', 'complete'],
  ])
})

test('rows that were refused are counted by reason, and accounted for', async () => {
  const account = '444455556666'
  const rows = [event({ aws_account_id: account }), event({ aws_account_id: account, value: 'many' })]
  const block = await freezeBlock(rows.map(encodeRow))
  await sink.send(formatEnvelope(envelopeHead({ created_at: new Date().toISOString() }), block))
  const published = { block_ids: [block.blockId], block_rows: [2], events: 2 }
  await publishRunRecord(sink, run({ aws_account_id: account, ...published }))
  const status = await statusWhenDrained()
  expect(status).toMatchObject({
    green: true,
    dead_letters: 1,
    dead_rows: [{ reason: 'rejected_rows', schema: 'resource_event/1', collector: 'config_ec2', rows: 1 }],
  })
  expect(jobOf(account, status)).toMatchObject({ published_rows: 2, stored_rows: 1, dead_rows: 1 })
})

test('silence past the deadline is failure, and a block that never arrived is named', async () => {
  const [silent, lossy, lost] = ['555566667777', '666677778888', 'f'.repeat(64)]
  const deadline = minutesAgo(1)
  const nothing = { status: 'dispatched', finished_at: null, region_outcomes: {} } as const
  await publishRunRecord(sink, run({ aws_account_id: silent, deadline, ...nothing }))
  const published = { block_ids: [lost], block_rows: [7], events: 7 }
  await publishRunRecord(sink, run({ aws_account_id: lossy, deadline, ...published }))
  const status = await statusWhenDrained()
  expect(status).toMatchObject({ code: 2, green: false, last_day: { not_green: 2, unaccounted: 1 } })
  expect(jobOf(silent, status)).toMatchObject({
    outcome: 'failed',
    reconciliation: 'missing',
    green: false,
    errors: [expect.stringContaining('never reported')],
  })
  expect(jobOf(lossy, status)).toMatchObject({
    outcome: 'complete',
    reconciliation: 'missing',
    green: false,
    published_rows: 7,
    stored_rows: 0,
    missing_blocks: [lost],
  })
  const text = await runPolo(['status'], options)
  expect(text.stdout).toContain(`! ${lossy} config_ec2 block ${lost} is missing`)
  expect(text.code).toBe(2)
})

test('what is collected by the backfill queue is stored as any other', async () => {
  const before = await countEvents(options)
  const args = ['config_ebs', '--account', '123456789012', '--sample', '--backfill', '--json']
  const result = await runPolo(['collect', ...args], options)
  expect(parseReport(result)).toMatchObject({ complete: true })
  expect(result.code).toBe(0)
  expect(await countEvents(options)).toBe(before + 4)
})

function event(overrides: object): object {
  const now = new Date().toISOString()
  return { ...minimalEvent({ event_id: randomUUID(), event_time: now, observed_at: now }), ...overrides }
}

/** A complete run of the last quarter of an hour, with nothing published unless it is said. */
function run(overrides: Partial<CollectorRun>): CollectorRun {
  const now = new Date().toISOString()
  return collectorRun({
    run_id: randomUUID(),
    slot: now,
    status: 'complete',
    started_at: now,
    finished_at: now,
    observed_at: now,
    deadline: minutesAgo(-30),
    region_outcomes: { 'eu-west-1': 'complete' },
    region_errors: {},
    region_events: {},
    block_ids: [],
    block_rows: [],
    events: 0,
    ...overrides,
  })
}

function minutesAgo(minutes: number): string {
  return new Date(Date.now() - minutes * 60_000).toISOString()
}

function jobOf(account: string, { jobs }: StatusAnswer) {
  return jobs.find(({ aws_account_id }) => aws_account_id === account)
}

/** A message leaves the queue when what it held is stored, or dead. */
async function statusWhenDrained() {
  await waitFor('the queue to be empty', async () => {
    const depth = await readDepth({ sqs }, queueUrl)
    return depth?.waiting === 0 && depth.in_flight === 0
  })
  return readStatus(options)
}
