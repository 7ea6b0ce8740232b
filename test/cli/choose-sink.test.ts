import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs'
import { createClient } from '@clickhouse/client'
import { mockClient } from 'aws-sdk-client-mock'
import { describe, expect, test } from 'vitest'
import { chooseSink } from '../../packages/cli/src/collect/choose-sink.ts'
import { UsageError } from '../../packages/cli/src/errors.ts'
import type { Session } from '../../packages/cli/src/session/session.ts'

const EVENTS = 'https://sqs.eu-west-1.amazonaws.com/111122223333/polo-events'
const BACKFILL = 'https://sqs.eu-west-1.amazonaws.com/111122223333/polo-backfill'

const session = (overrides: Partial<Session> = {}): Session => ({
  clickhouse: createClient(),
  clickhouseUrl: '',
  database: 'polo',
  sqs: new SQSClient({ region: 'eu-west-1' }),
  queueUrl: EVENTS,
  backfillQueueUrl: BACKFILL,
  deadLetterQueueUrl: '',
  jobsDeadLetterQueueUrl: '',
  isDeployed: true,
  close: async () => {},
  ...overrides,
})

describe('chooseSink', () => {
  test.each([
    [{}, EVENTS],
    [{ backfill: true }, BACKFILL],
  ])('with %j, sends to %s', async (flags, queueUrl) => {
    const sqs = mockClient(SQSClient)
    sqs
      .on(SendMessageBatchCommand)
      .resolves({ Successful: [{ Id: '0', MessageId: 'm', MD5OfMessageBody: '' }] })
    await chooseSink(session(), flags).send('block')
    expect(sqs.commandCalls(SendMessageBatchCommand).map(({ args }) => args[0].input.QueueUrl)).toEqual([
      queueUrl,
    ])
  })

  test.each([
    [true, 'POLO_BACKFILL_QUEUE_URL'],
    [false, 'stop it and start it again'],
  ])('refuses a backfill without a queue for it; deployed: %s', (isDeployed, words) => {
    const choose = () => chooseSink(session({ backfillQueueUrl: '', isDeployed }), { backfill: true })
    expect(choose).toThrow(UsageError)
    expect(choose).toThrow(words)
  })
})
