import {
  LambdaClient,
  ListEventSourceMappingsCommand,
  ListTagsCommand,
  TagResourceCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda'
import { mockClient } from 'aws-sdk-client-mock'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { forgetLinks, linkVariables } from '../functions/links.ts'
import { captureOutput, dimensionsOf } from '../functions/output.ts'
import { accountRow, batch, bodyOf, CREATED_AT, eventRow, eventRows, record, runRow } from './factories.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'

const HANDLER = '../../packages/functions/src/ingester.ts'
const PROBE = '../../packages/functions/src/probe.ts'
/** The embedded engine asks for none, but a secret that is empty was never set. */
const PASSWORD = 'any'
const MAPPING_ARN = 'arn:aws:lambda:us-east-1:111122223333:event-source-mapping:live'

let polo: Pipeline
beforeAll(async () => {
  polo = await startPipeline()
})
afterAll(async () => {
  await polo?.stop()
})
let cleanUp = () => {}
afterEach(() => {
  cleanUp()
  cleanUp = () => {}
  vi.useRealTimers()
  vi.unstubAllEnvs()
  vi.resetModules()
  forgetLinks()
  vi.restoreAllMocks()
})

/** What SST and infra/ set, the links as SST sets them. */
function stubEnvironment(changes: Record<string, string | undefined> = {}): void {
  const environment = {
    ...linkVariables({
      ClickHouseUrl: { value: polo.url },
      ClickHouseUser: { value: 'default' },
      ClickHousePassword: { value: PASSWORD },
      EventsDlq: { url: polo.deadLetterQueueUrl },
    }),
    CLICKHOUSE_DATABASE: polo.database,
    CONTROL_SENDERS: JSON.stringify({ 'collector_run/1': ['AROACONTROL'] }),
    AWS_LAMBDA_FUNCTION_NAME: 'polo-ingester',
    INGESTER_FUNCTION_NAME: 'polo-ingester',
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL_SQS: new URL(polo.deadLetterQueueUrl).origin,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    POWERTOOLS_SERVICE_NAME: 'polo-test',
    POWERTOOLS_METRICS_NAMESPACE: 'Polo',
    ...changes,
  }
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
}

it('stores and buries what Lambda hands over, logs only what was not stored, and counts both', async () => {
  stubEnvironment()
  const told = captureOutput()
  const { handler } = await import(HANDLER)
  const bad = await bodyOf([eventRow('lambda-bad', { value: 'hunter2' })])
  const event = { ...batch(record(await bodyOf(eventRows('lambda', 5))), record(bad)), extra: 'ignored' }
  const response = await handler(event, { getRemainingTimeInMillis: () => 30_000 })
  const lines = told.end()
  expect(response).toEqual({ batchItemFailures: [] })
  expect(await polo.countRaw('lambda')).toBe(5)
  expect(await polo.takeDeadLetters()).toHaveLength(1)
  expect(lines).toMatchObject([
    { level: 'WARN', service: 'polo-test', outcome: 'dead', reason: 'rejected_rows', rowsDead: 1 },
    { service: 'polo-test', RowsStored: 5, RowsDead: 1, MessagesDeferred: 0 },
  ])
  expect(dimensionsOf(lines[1])).toEqual([['service']])
  const age = (Date.now() - Date.parse(CREATED_AT)) / 1_000
  expect(Math.abs(Number(lines[1]?.BlockAgeSeconds) - age)).toBeLessThan(60)
  expect(JSON.stringify(lines)).not.toContain('hunter2')
})

it('takes a control schema only from the senders of that schema', async () => {
  stubEnvironment()
  const told = captureOutput()
  const { handler } = await import(HANDLER)
  const run = await bodyOf([runRow()], { schema: 'collector_run/1' })
  const account = await bodyOf([accountRow()], { schema: 'aws_account/1' })
  const sender = 'AROACONTROL:polo-test-dispatcher'
  const event = batch(record(run, { sender }), record(account, { sender }))
  await handler(event, { getRemainingTimeInMillis: () => 30_000 })
  await polo.takeDeadLetters()
  expect(told.end()).toMatchObject([
    { schema: 'aws_account/1', outcome: 'dead', reason: 'sender_not_allowed' },
    { RowsStored: 1, RowsDead: 1 },
  ])
})

it.each(['SST_RESOURCE_ClickHouseUrl', 'SST_RESOURCE_EventsDlq', 'CLICKHOUSE_DATABASE', 'CONTROL_SENDERS'])(
  'does not start without %s, and names it',
  async (name) => {
    stubEnvironment({ [name]: undefined })
    await expect(import(HANDLER)).rejects.toThrow(name.replace('SST_RESOURCE_', ''))
  },
)

it.each([
  ['CONTROL_SENDERS', 'AROACONTROL', 'not JSON'],
  ['CONTROL_SENDERS', '{"resource_event/1":[]}', 'resource_event/1'],
  ['SST_RESOURCE_ClickHouseUrl', '{"value":"hunter2"}', 'ClickHouseUrl'],
])('does not start with a wrong %s, and does not quote it', async (name, value, message) => {
  stubEnvironment({ [name]: value })
  const failure = await import(HANDLER).catch((error: unknown) => error)
  expect(`${failure}`).toContain(message)
  expect(`${failure}`).not.toContain('hunter2')
})

it.each(['SST_RESOURCE_ClickHouseUrl', 'INGESTER_FUNCTION_NAME'])(
  'does not probe without %s, and names it',
  async (name) => {
    stubEnvironment({ [name]: undefined })
    await expect(import(PROBE)).rejects.toThrow(name.replace('SST_RESOURCE_', ''))
  },
)

/** Lambda's API, for one mapping. */
function fakeLambda() {
  const mapping = { enabled: true, tag: '' }
  const lambda = mockClient(LambdaClient)
  lambda.on(ListEventSourceMappingsCommand).callsFake(() => {
    const State = mapping.enabled ? 'Enabled' : 'Disabled'
    return { EventSourceMappings: [{ UUID: 'live', EventSourceMappingArn: MAPPING_ARN, State }] }
  })
  lambda.on(ListTagsCommand).callsFake(() => ({ Tags: { 'polo:breaker': mapping.tag } }))
  lambda.on(TagResourceCommand).callsFake(({ Tags }) => {
    mapping.tag = Tags['polo:breaker']
  })
  lambda.on(UpdateEventSourceMappingCommand).callsFake(({ Enabled }) => {
    mapping.enabled = Enabled
  })
  cleanUp = () => lambda.restore()
  return mapping
}

it('disables its event source mapping in an outage, and the probe enables it afterwards', async () => {
  const mapping = fakeLambda()
  const told = captureOutput()
  stubEnvironment(linkVariables({ ClickHouseUrl: { value: 'http://127.0.0.1:1' } }))
  const { handler } = await import(HANDLER)
  const event = batch(record(await bodyOf(eventRows('breaker', 2))))
  await expect(handler(event, { getRemainingTimeInMillis: () => 30_000 })).rejects.toThrow('ECONNREFUSED')
  expect(mapping.enabled).toBe(false)
  vi.resetModules()
  vi.setSystemTime(Date.now() + 120_000)
  const denied = await (await import(PROBE)).handler()
  expect(denied).toMatchObject({ state: 'open', reason: 'ECONNREFUSED', failed_probes: 1 })
  vi.resetModules()
  forgetLinks()
  stubEnvironment()
  vi.setSystemTime(Date.now() + 600_000)
  expect(await (await import(PROBE)).handler()).toMatchObject({ state: 'half_open' })
  expect(mapping.enabled).toBe(true)
  expect(told.end()).toMatchObject([
    { level: 'WARN', breaker: { state: 'open' } },
    { level: 'WARN', breaker_problem: 'Error', code: 'ECONNREFUSED' },
    { BreakerOpen: 1 },
    { level: 'INFO', breaker: { state: 'half_open' } },
    { BreakerOpen: 1 },
  ])
})

it('fails the invocation on what is not an SQS event', async () => {
  stubEnvironment()
  const { handler } = await import(HANDLER)
  await expect(
    handler({ Records: [{ body: 1 }] }, { getRemainingTimeInMillis: () => 30_000 }),
  ).rejects.toThrow('Records')
})
