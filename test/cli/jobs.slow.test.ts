import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PurgeQueueCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import type { DispatchRequest, JobMessage } from '@polo/collectors'
import { JOBS_DEAD_LETTER_QUEUE, LOCAL_QUEUES, type LocalSqs, sqsClient, startSqs } from '@polo/local'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { findDeadJobs } from '../../packages/cli/src/dead-letters/find-dead-jobs.ts'
import { deleteShown } from '../../packages/cli/src/dead-letters/purge.ts'
import { renderDeadJobs } from '../../packages/cli/src/dead-letters/render-dead-jobs.ts'
import type { DeadLetterQueue } from '../../packages/cli/src/dead-letters/with-dead-letter-queue.ts'
import { createOutput } from '../../packages/cli/src/output/output.ts'
import { readDeadJobs } from '../../packages/cli/src/status/read-dead-jobs.ts'
import { renderPipeline } from '../../packages/cli/src/status/render-pipeline.ts'
import { toStatusReport } from '../../packages/cli/src/status/status-report.ts'
import { runPolo } from '../integration/polo-process.ts'
import { statusFacts } from './status-facts.ts'

const ACCOUNT = '111122223333'
const LAMBDA = 'arn:aws:lambda:eu-west-1:999988887777:function:polo-production-'
const FIRING: DispatchRequest = {
  collector: 'config_ebs',
  scope: 'account',
  schedule: { every: '15 minutes', offset: '0 minutes' },
  scheduledTime: '2026-03-01T10:15:00Z',
}
const JOB: JobMessage = {
  v: 1,
  collector: 'config_ec2',
  slot: '2026-03-01T10:00:00.000Z',
  account: { id: ACCOUNT, role: '', tagDefaults: {} },
  access: { roleArn: `arn:aws:iam::${ACCOUNT}:role/polo-read`, externalId: 'polo-999988887777' },
}

let directory: string
let server: LocalSqs
let sqs: SQSClient
let queueUrl: string
let queue: DeadLetterQueue
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'polo-jobs-'))
  server = await startSqs({ dataDir: directory, queues: LOCAL_QUEUES })
  sqs = sqsClient(server.endpoint)
  queueUrl = server.queueUrls[JOBS_DEAD_LETTER_QUEUE] ?? ''
  queue = {
    sqs,
    queueUrl,
    sources: { live: undefined, backfill: undefined },
    isOwnPipeline: false,
    output: createOutput({ isJson: true }),
    signal: new AbortController().signal,
  }
})
beforeEach(async () => {
  await sqs.send(new PurgeQueueCommand({ QueueUrl: queueUrl }))
  await send(onFailure('collect-config-ec2', JOB, 'no answer'))
  await send(onFailure('dispatcher', FIRING, '2 of 40 jobs could not be sent'))
  await send(FIRING, { ERROR_CODE: 'ResourceNotFoundException', ERROR_MESSAGE: 'Function not found' })
  await send(onFailure('monitor', {}, 'ClickHouse does not answer'))
  await send(SCHEDULED_EVENT, {
    ERROR_CODE: 'AccessDeniedException',
    TARGET_ARN: `${LAMBDA}probe`,
    SCHEDULED_TIME: '2026-03-01T10:20:00Z',
  })
})
afterAll(async () => {
  sqs?.destroy()
  await server?.stop()
  await rm(directory, { recursive: true, force: true })
})

/** EventBridge Scheduler's own, for a schedule without an input. */
const SCHEDULED_EVENT = {
  version: '0',
  id: '53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa',
  'detail-type': 'Scheduled Event',
  source: 'aws.scheduler',
  account: '999988887777',
  time: '2026-03-01T10:20:00Z',
  region: 'eu-west-1',
  resources: ['arn:aws:scheduler:eu-west-1:999988887777:schedule/default/polo-production-schedule-probe'],
  detail: '{}',
}

/** As Lambda writes it. */
function onFailure(name: string, requestPayload: object, errorMessage: string) {
  return {
    version: '1.0',
    timestamp: '2026-03-01T10:31:00.000Z',
    requestContext: {
      requestId: '22222222-0000-4000-8000-000000000000',
      functionArn: `${LAMBDA}${name}:$LATEST`,
      condition: 'RetriesExhausted',
      approximateInvokeCount: 2,
    },
    requestPayload,
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    responsePayload: { errorType: 'Error', errorMessage },
  }
}

async function send(body: object, attributes: Readonly<Record<string, string>> = {}): Promise<void> {
  const entries = Object.entries(attributes).map(([name, StringValue]) => [
    name,
    { DataType: 'String', StringValue },
  ])
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: queueUrl,
      MessageBody: JSON.stringify(body),
      MessageAttributes: Object.fromEntries(entries),
    }),
  )
}

describe('what was given up', () => {
  test('is named whoever wrote the letter: Lambda or EventBridge Scheduler, of a job, a firing or upkeep', async () => {
    const { jobs } = await findDeadJobs(queue)
    const named = jobs.map(({ message_id: _, given_up_at: __, ...job }) => job)

    const firing = { kind: 'firing', collector: 'config_ebs', aws_account_id: '' }
    const upkeep = { kind: 'function', collector: '', aws_account_id: '' }
    expect(named).toHaveLength(5)
    expect(named).toEqual(
      expect.arrayContaining([
        {
          kind: 'job',
          collector: 'config_ec2',
          aws_account_id: ACCOUNT,
          function: 'polo-production-collect-config-ec2',
          slot: '2026-03-01T10:00:00.000Z',
          error: 'no answer',
        },
        {
          ...firing,
          function: 'polo-production-dispatcher',
          slot: '2026-03-01T10:15:00.000Z',
          error: '2 of 40 jobs could not be sent',
        },
        {
          ...firing,
          function: '',
          slot: '2026-03-01T10:15:00.000Z',
          error: 'ResourceNotFoundException: Function not found',
        },
        {
          ...upkeep,
          function: 'polo-production-monitor',
          slot: '',
          error: 'ClickHouse does not answer',
        },
        {
          ...upkeep,
          function: 'polo-production-probe',
          slot: '2026-03-01T10:20:00.000Z',
          error: 'AccessDeniedException',
        },
      ]),
    )
  })

  test('is in the status with its time and error, whole firings first', async () => {
    const dead_jobs = await readDeadJobs({ sqs, jobsDeadLetterQueueUrl: queueUrl })
    const lines = renderPipeline(toStatusReport(statusFacts({ dead_jobs })), { all: false })
    const [first, second, ...others] = lines.filter((line) => line.startsWith('! '))

    for (const line of [first, second])
      expect(line).toMatch(
        /^! the whole firing config_ebs: 1 firing, last for 2026-03-01 10:15, given up [-\d: ]+: \S/,
      )
    expect(others.join('\n')).toContain(`! ${ACCOUNT} config_ec2: 1 job, last for 2026-03-01 10:00`)
    expect(others.join('\n')).toContain('! polo-production-monitor: 1 call, last given up 2026-03-01 10:31:')
  })

  test('is listed with the commands that make up for it', async () => {
    const list = renderDeadJobs(await findDeadJobs(queue))

    expect(list).toMatch(/config_ebs +the whole firing +2026-03-01 10:15 +ResourceNotFoundException/)
    expect(list).toContain(
      `polo collect config_ec2 --all-accounts --account ${ACCOUNT} --slot 2026-03-01T10:00:00Z\n`,
    )
    expect(list.split('polo collect config_ebs --all-accounts --slot 2026-03-01T10:15:00Z')).toHaveLength(2)
  })

  test('is purged as it was shown; what came since stays', async () => {
    const { jobs } = await findDeadJobs(queue)
    await send(onFailure('collect-config-ec2', JOB, 'came later'))
    const { deleted, failed, not_met } = await deleteShown(queue, jobs)

    expect([deleted.length, failed, not_met]).toEqual([5, [], []])
    expect((await findDeadJobs(queue)).jobs.map(({ error }) => error)).toEqual(['came later'])
  })

  test('is listed and purged by the command line', async () => {
    const env = {
      POLO_JOBS_DEAD_LETTER_QUEUE_URL: queueUrl,
      AWS_ENDPOINT_URL_SQS: server.endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    }
    expect(await runPolo(['jobs', 'purge'], { env })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--yes'),
    })
    expect((await runPolo(['jobs', 'ls'], { env })).stdout).toContain('no answer')
    const purged = await runPolo(['jobs', 'purge', '--yes', '--json'], { env })
    expect(purged.code).toBe(0)
    expect(JSON.parse(purged.stdout)).toEqual({ matched: 5, purged: 5, failed: [], not_met: [], hidden: 0 })
    expect((await runPolo(['jobs', 'ls', '--json'], { env })).stdout.trim()).toBe('{"jobs":[],"hidden":0}')
  })
})
