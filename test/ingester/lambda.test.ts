import {
  LambdaClient,
  ListEventSourceMappingsCommand,
  ListTagsCommand,
  TagResourceCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda'
import { mockClient } from 'aws-sdk-client-mock'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { batch, bodyOf, eventRow, eventRows, record } from './factories.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'

const HANDLER = '../../packages/functions/src/ingester.ts'
const PROBE = '../../packages/functions/src/probe.ts'
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
  vi.restoreAllMocks()
})

function stubEnvironment(changes: Record<string, string | undefined> = {}): void {
  const environment = {
    CLICKHOUSE_URL: polo.url,
    CLICKHOUSE_USER: 'default',
    CLICKHOUSE_PASSWORD: '',
    CLICKHOUSE_DATABASE: polo.database,
    DEAD_LETTER_QUEUE_URL: polo.deadLetterQueueUrl,
    CONTROL_SENDERS: 'AROACONTROL, AROAOTHER',
    AWS_LAMBDA_FUNCTION_NAME: 'polo-ingester',
    INGESTER_FUNCTION_NAME: 'polo-ingester',
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL_SQS: new URL(polo.deadLetterQueueUrl).origin,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    ...changes,
  }
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
}

it('stores and buries what Lambda hands over, and logs only what was not stored', async () => {
  stubEnvironment()
  const written = vi.spyOn(process.stdout, 'write').mockImplementation(() => true)
  const { handler } = await import(HANDLER)
  const bad = await bodyOf([eventRow('lambda-bad', { value: 'hunter2' })])
  const event = { ...batch(record(await bodyOf(eventRows('lambda', 5))), record(bad)), extra: 'ignored' }
  const response = await handler(event, { getRemainingTimeInMillis: () => 30_000 })
  const lines = written.mock.calls.map(([line]) => `${line}`)
  written.mockRestore()
  expect(response).toEqual({ batchItemFailures: [] })
  expect(await polo.countRaw('lambda')).toBe(5)
  expect(await polo.takeDeadLetters()).toHaveLength(1)
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { outcome: 'dead', reason: 'rejected_rows', rowsDead: 1 },
  ])
  expect(lines.join()).not.toContain('hunter2')
})

it.each(['CLICKHOUSE_URL', 'CLICKHOUSE_DATABASE', 'DEAD_LETTER_QUEUE_URL', 'CONTROL_SENDERS'])(
  'does not start without %s, and names it',
  async (name) => {
    stubEnvironment({ [name]: undefined })
    await expect(import(HANDLER)).rejects.toThrow(name)
  },
)

it.each(['CLICKHOUSE_URL', 'INGESTER_FUNCTION_NAME'])(
  'does not probe without %s, and names it',
  async (name) => {
    stubEnvironment({ [name]: undefined })
    await expect(import(PROBE)).rejects.toThrow(name)
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
  const written = vi.spyOn(process.stdout, 'write').mockImplementation(() => true)
  stubEnvironment({ CLICKHOUSE_URL: 'http://127.0.0.1:1' })
  const { handler } = await import(HANDLER)
  const event = batch(record(await bodyOf(eventRows('breaker', 2))))
  await expect(handler(event, { getRemainingTimeInMillis: () => 30_000 })).rejects.toThrow('ECONNREFUSED')
  expect(mapping.enabled).toBe(false)
  vi.resetModules()
  vi.setSystemTime(Date.now() + 120_000)
  const denied = await (await import(PROBE)).handler()
  expect(denied).toMatchObject({ state: 'open', reason: 'ECONNREFUSED', failed_probes: 1 })
  vi.resetModules()
  stubEnvironment()
  vi.setSystemTime(Date.now() + 600_000)
  expect(await (await import(PROBE)).handler()).toMatchObject({ state: 'half_open' })
  expect(mapping.enabled).toBe(true)
  const lines = written.mock.calls.map(([line]) => JSON.parse(`${line}`))
  written.mockRestore()
  expect(lines).toMatchObject([
    { level: 'WARN', breaker: { state: 'open' } },
    { level: 'WARN', breaker_problem: 'Error', code: 'ECONNREFUSED' },
    { level: 'INFO', breaker: { state: 'half_open' } },
  ])
})

it('fails the invocation on what is not an SQS event', async () => {
  stubEnvironment()
  const { handler } = await import(HANDLER)
  await expect(
    handler({ Records: [{ body: 1 }] }, { getRemainingTimeInMillis: () => 30_000 }),
  ).rejects.toThrow('Records')
})
