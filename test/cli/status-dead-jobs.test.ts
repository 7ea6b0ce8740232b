import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import type { JobMessage } from '@polo/collectors'
import {
  type GivenUp,
  JOBS_DEAD_LETTER_QUEUE,
  LOCAL_QUEUES,
  type LocalSqs,
  sqsClient,
  startSqs,
} from '@polo/local'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readDeadJobs } from '../../packages/cli/src/status/read-dead-jobs.ts'
import { renderPipeline } from '../../packages/cli/src/status/render-pipeline.ts'
import { toStatusReport } from '../../packages/cli/src/status/status-report.ts'
import { sendDeadJob } from '../../packages/local/src/schedule/dead-jobs.ts'
import { statusFacts } from './status-facts.ts'

const ONE = '111122223333'
const TWO = '444455556666'
let directory: string
let server: LocalSqs
let sqs: SQSClient
let queueUrl: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'polo-dead-jobs-'))
  server = await startSqs({ dataDir: directory, queues: LOCAL_QUEUES })
  sqs = sqsClient(server.endpoint)
  queueUrl = server.queueUrls[JOBS_DEAD_LETTER_QUEUE] ?? ''
})
afterAll(async () => {
  sqs?.destroy()
  await server?.stop()
  await rm(directory, { recursive: true, force: true })
})

function giveUp(id: string, why: Partial<GivenUp> = {}): Promise<void> {
  const job: JobMessage = {
    v: 1,
    collector: 'config_ec2',
    slot: '2026-03-01T10:00:00.000Z',
    account: { id, role: '', tagDefaults: {} },
    access: { roleArn: `arn:aws:iam::${id}:role/polo-read`, externalId: 'polo-999988887777' },
  }
  return sendDeadJob({ sqs, queueUrl }, job, {
    condition: 'RetriesExhausted',
    attempts: 2,
    error: new Error('throttled'),
    ...why,
  })
}

const JOB = {
  kind: 'job',
  collector: 'config_ec2',
  function: 'polo-local-collect-config-ec2',
  newest_slot: '2026-03-01T10:00:00.000Z',
}

const read = () => readDeadJobs({ sqs, jobsDeadLetterQueueUrl: queueUrl })

test('jobs that were given up are counted and named, by collector, account and error, and stay in the queue', async () => {
  expect(await read()).toEqual({ messages: 0, newest: [] })
  await giveUp(ONE)
  await giveUp(ONE)
  await giveUp(TWO, { condition: 'EventAgeExceeded', attempts: 0 })
  await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: 'not JSON' }))
  const state = await read()
  expect(state?.messages).toBe(4)
  const named = state?.newest?.map(({ newest_at: _, ...group }) => group)
  expect(named).toHaveLength(3)
  expect(named).toEqual(
    expect.arrayContaining([
      { ...JOB, aws_account_id: ONE, error: 'throttled', jobs: 2 },
      { ...JOB, aws_account_id: TWO, error: 'EventAgeExceeded', jobs: 1 },
      {
        kind: 'unknown',
        collector: '',
        aws_account_id: '',
        function: '',
        error: 'not a job that was given up',
        jobs: 1,
        newest_slot: '',
      },
    ]),
  )
  expect((await read())?.messages).toBe(4)
})

test('are counted where they may not be read', async () => {
  const denied = sqsClient(server.endpoint)
  denied.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName === 'ReceiveMessageCommand') throw new Error('AccessDenied')
        return next(args)
      },
    { step: 'initialize' },
  )
  const state = await readDeadJobs({ sqs: denied, jobsDeadLetterQueueUrl: queueUrl })
  expect(state).toEqual({ messages: 4, newest: null })
  denied.destroy()
})

test('nothing is known of a queue that nobody named', async () => {
  expect(await readDeadJobs({ sqs, jobsDeadLetterQueueUrl: '' })).toBeNull()
})

test('the report for people has a line for each, and one where there are none, or nobody knows', () => {
  const render = (dead_jobs: Awaited<ReturnType<typeof read>>) =>
    renderPipeline(toStatusReport(statusFacts({ dead_jobs })), { all: false }).join('\n')
  expect(render({ messages: 0, newest: [] })).toContain('Jobs given up: 0.')
  expect(render(null)).toContain('Jobs given up: unknown (POLO_JOBS_DEAD_LETTER_QUEUE_URL is not set).')
  expect(render({ messages: 2, newest: null })).toContain('Jobs given up: 2; which ones is unknown')
  const newest = [
    {
      ...JOB,
      kind: 'job' as const,
      aws_account_id: ONE,
      error: 'throttled\u001b[2J',
      jobs: 1_200,
      newest_at: '2026-03-01T10:16:02.000Z',
    },
  ]
  expect(render({ messages: 1_200, newest })).toMatch(
    /1,200 \(polo jobs ls\):\n! 111122223333 config_ec2: 1,200 jobs, last for 2026-03-01 10:00, given up 2026-03-01 10:16: throttled\\u001b\[2J\n/,
  )
})
