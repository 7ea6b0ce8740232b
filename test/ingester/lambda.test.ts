import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { batch, bodyOf, eventRow, eventRows, record } from './factories.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'

const HANDLER = '../../packages/functions/src/ingester.ts'

let polo: Pipeline
beforeAll(async () => {
  polo = await startPipeline()
})
afterAll(async () => {
  await polo?.stop()
})
afterEach(() => {
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

it('fails the invocation on what is not an SQS event', async () => {
  stubEnvironment()
  const { handler } = await import(HANDLER)
  await expect(
    handler({ Records: [{ body: 1 }] }, { getRemainingTimeInMillis: () => 30_000 }),
  ).rejects.toThrow('Records')
})
