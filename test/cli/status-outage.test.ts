import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LambdaClient, ListEventSourceMappingsCommand, ListTagsCommand } from '@aws-sdk/client-lambda'
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { NEVER_OPENED } from '@polo/ingester'
import { mockClient } from 'aws-sdk-client-mock'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readSettings } from '../../packages/cli/src/session/settings.ts'
import { describeOutage } from '../../packages/cli/src/status/describe-outage.ts'
import { readBreaker } from '../../packages/cli/src/status/read-breaker.ts'

const QUEUE = 'https://sqs.eu-west-1.amazonaws.com/111122223333/polo-events'
const OPEN = { ...NEVER_OPENED, state: 'open', reason: 'ECONNREFUSED', since: '2026-01-15T00:00:00.000Z' }
let dataDir: string

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'polo-outage-'))
  await writeFile(join(dataDir, 'breaker.json'), JSON.stringify(OPEN))
})
afterAll(() => rm(dataDir, { recursive: true, force: true }))

describe('while the database does not answer', () => {
  test("the state of this machine's breaker is told", async () => {
    expect(await describeOutage(readSettings({ dataDir }, {}))).toEqual([
      '! Breaker: open, all waits in the queues (ECONNREFUSED since 2026-01-15T00:00:00.000Z, 0 failed probes).',
    ])
  })

  test('what a deployed queue holds is told, and of what does not answer nothing', async () => {
    const sqs = mockClient(SQSClient)
    sqs.on(GetQueueAttributesCommand, { QueueUrl: QUEUE }).resolves({
      Attributes: { ApproximateNumberOfMessages: '0', ApproximateNumberOfMessagesNotVisible: '0' },
    })
    sqs.on(GetQueueAttributesCommand, { QueueUrl: `${QUEUE}-backfill` }).rejects(new Error('denied'))
    const environment = { POLO_QUEUE_URL: QUEUE, POLO_BACKFILL_QUEUE_URL: `${QUEUE}-backfill` }
    expect(await describeOutage(readSettings({ dataDir }, environment))).toEqual(['Queue: empty.'])
  })
})

describe('the breaker of a deployed ingester', () => {
  const deployed = { isDeployed: true, queueUrl: QUEUE }

  test('is closed where Lambda says that nothing ever opened it', async () => {
    const lambda = mockClient(LambdaClient)
    const mapping = { UUID: 'live', EventSourceMappingArn: 'arn:live', State: 'Enabled' }
    lambda.on(ListEventSourceMappingsCommand).resolves({ EventSourceMappings: [mapping] })
    lambda.on(ListTagsCommand).resolves({ Tags: {} })
    expect(await readBreaker(deployed, { dataDir, ingesterFunction: 'polo-ingester' })).toEqual(NEVER_OPENED)
  })

  test('is unknown where the function is not named or has no mappings, or Lambda denies', async () => {
    mockClient(LambdaClient).on(ListEventSourceMappingsCommand).resolves({ EventSourceMappings: [] })
    expect(await readBreaker(deployed, { dataDir, ingesterFunction: 'other' })).toBeNull()
    mockClient(LambdaClient).on(ListEventSourceMappingsCommand).rejects(new Error('denied'))
    expect(await readBreaker(deployed, { dataDir, ingesterFunction: undefined })).toBeNull()
    expect(await readBreaker(deployed, { dataDir, ingesterFunction: 'polo-ingester' })).toBeNull()
  })
})
