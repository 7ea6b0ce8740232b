import { LIFECYCLE_EVENT_PATTERN } from '@polo/collectors'
import { describe, expect, it } from 'vitest'
import { BILLING_BUCKET } from './evaluate-stages.ts'
import { stageOf } from './stages.ts'
import { ACCOUNT, REGION } from './synth/mock-aws.ts'
import { readPolicy } from './synth/policy.ts'

const production = stageOf('production')
const DAY = 86_400
const arn = (name: string) => `arn:aws:sqs:${REGION}:${ACCOUNT}:polo-production-${name}`
const url = (name: string) => `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/polo-production-${name}`
const json = (text: unknown): unknown => JSON.parse(String(text))

/** Days of retention, seconds of visibility, and what a message that is received too often comes to. */
const QUEUES = {
  events: [7, 180, { deadLetterTargetArn: arn('events-dlq'), maxReceiveCount: 50 }],
  backfill: [7, 180, { deadLetterTargetArn: arn('events-dlq'), maxReceiveCount: 50 }],
  'events-dlq': [14, 30, undefined],
  'jobs-dlq': [14, 30, undefined],
  lifecycle: [7, 200, { deadLetterTargetArn: arn('lifecycle-dlq'), maxReceiveCount: 50 }],
  'lifecycle-dlq': [14, 30, undefined],
  objects: [7, 200, { deadLetterTargetArn: arn('objects-dlq'), maxReceiveCount: 50 }],
  'objects-dlq': [14, 30, undefined],
} as const

describe('queues', () => {
  it('are these', () => {
    const names = production.all('Queue').map(({ inputs }) => inputs.name)
    expect(names.sort()).toEqual(
      Object.keys(QUEUES)
        .map((name) => `polo-production-${name}`)
        .sort(),
    )
  })

  it.each(Object.entries(QUEUES))('%s keeps, hides and redrives its messages', (name, expected) => {
    const [days, visibilityTimeoutSeconds, redrive] = expected
    const { inputs } = production.one('Queue', `polo-production-${name}`)
    expect(inputs).toMatchObject({
      messageRetentionSeconds: days * DAY,
      visibilityTimeoutSeconds,
      maxMessageSize: 1_048_576,
      sqsManagedSseEnabled: true,
      fifoQueue: false,
      delaySeconds: 0,
    })
    expect(inputs.redrivePolicy && json(inputs.redrivePolicy)).toEqual(redrive)
  })

  it.each(Object.keys(QUEUES))(
    '%s is reached by TLS only, and by a service only for its own rule or the buckets that are named',
    (name) => {
      const policies = production.all('QueuePolicy').filter(({ inputs }) => inputs.queueUrl === url(name))
      const fromRule = (rule: string) => ({
        Sid: 'SentByRule',
        Effect: 'Allow',
        Principal: { Service: ['events.amazonaws.com'] },
        Action: ['sqs:SendMessage'],
        Resource: [arn(name)],
        Condition: {
          ArnEquals: {
            'aws:SourceArn': [
              `arn:aws:events:${REGION}:${ACCOUNT}:rule/polo-production-hub/polo-production-${rule}`,
            ],
          },
        },
      })
      const fromBuckets = {
        Sid: 'SentByBuckets',
        Effect: 'Allow',
        Principal: { Service: ['s3.amazonaws.com'] },
        Action: ['sqs:SendMessage'],
        Resource: [arn(name)],
        Condition: { ArnEquals: { 'aws:SourceArn': [`arn:aws:s3:::${BILLING_BUCKET}`] } },
      }
      expect(policies.map(({ inputs }) => readPolicy(inputs.policy))).toEqual([
        [
          {
            Sid: 'TlsOnly',
            Effect: 'Deny',
            Principal: { '*': ['*'] },
            Action: ['sqs:*'],
            Resource: [arn(name)],
            Condition: { Bool: { 'aws:SecureTransport': ['false'] } },
          },
          ...['lifecycle', 'objects'].filter((rule) => name.startsWith(rule)).map(fromRule),
          ...(name === 'objects' ? [fromBuckets] : []),
        ],
      ])
    },
  )

  it('take dead letters from their own source queues only', () => {
    const allowed = production
      .all('RedriveAllowPolicy')
      .map(({ inputs }) => [inputs.queueUrl, json(inputs.redriveAllowPolicy)])
    const byQueue = (...names: string[]) => ({
      redrivePermission: 'byQueue',
      sourceQueueArns: names.map(arn),
    })
    expect(allowed).toEqual([
      [url('events-dlq'), byQueue('events', 'backfill')],
      [url('lifecycle-dlq'), byQueue('lifecycle')],
      [url('objects-dlq'), byQueue('objects')],
    ])
  })

  it('outlive their removal in production only', () => {
    const kept = (estate: typeof production) =>
      estate.all('Queue').map(({ options }) => options.retainOnDelete)
    expect(new Set(kept(production))).toEqual(new Set([true]))
    expect(new Set(kept(stageOf('staging')))).toEqual(new Set([false]))
  })
})

describe('event source mappings', () => {
  it.each([
    ['events', 'ingester', 10, 0, 8],
    ['backfill', 'ingester', 10, 0, 3],
    ['lifecycle', 'lifecycle', 500, 20, 2],
    ['objects', 'objects', 500, 20, 2],
  ])('%s is drained by %s', (queue, target, batchSize, window, maximumConcurrency) => {
    const mappings = production
      .all('EventSourceMapping')
      .filter(({ inputs }) => inputs.eventSourceArn === arn(queue))
    expect(mappings.map(({ inputs }) => inputs)).toEqual([
      {
        eventSourceArn: arn(queue),
        functionName: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:polo-production-${target}`,
        batchSize,
        maximumBatchingWindowInSeconds: window,
        functionResponseTypes: ['ReportBatchItemFailures'],
        scalingConfig: { maximumConcurrency },
      },
    ])
  })

  it('of the ingester are left as the breaker has set them', () => {
    for (const queue of ['Events', 'Backfill']) {
      const found = production.all('EventSourceMapping').find(({ name }) => name.startsWith(`${queue}Queue`))
      expect(found?.options.ignoreChanges).toEqual(expect.arrayContaining(['enabled', 'tags']))
    }
  })
})

describe('lifecycle events', () => {
  it('go from the hub’s bus to their queue, and to its dead letters where that fails', () => {
    const rule = production.one('EventRule', 'polo-production-lifecycle').inputs
    expect(json(rule.eventPattern)).toEqual(LIFECYCLE_EVENT_PATTERN)
    expect(String(rule.eventPattern).length).toBeLessThanOrEqual(2_048)
    expect(rule.eventBusName).toBe('polo-production-hub')
    expect(production.all('EventTarget').map(({ inputs }) => inputs)).toContainEqual({
      rule: 'polo-production-lifecycle',
      eventBusName: 'polo-production-hub',
      targetId: 'lifecycle-queue',
      arn: arn('lifecycle'),
      deadLetterConfig: { arn: arn('lifecycle-dlq') },
    })
  })
})

describe('objects that are written', () => {
  it('are told by the hub’s bus, of the buckets that are named and of no other', () => {
    const rule = production.one('EventRule', 'polo-production-objects').inputs
    expect(json(rule.eventPattern)).toEqual({
      source: ['aws.s3'],
      'detail-type': ['Object Created'],
      detail: { bucket: { name: [BILLING_BUCKET] } },
    })
    expect(production.all('EventTarget').map(({ inputs }) => inputs)).toContainEqual({
      rule: 'polo-production-objects',
      eventBusName: 'polo-production-hub',
      targetId: 'objects-queue',
      arn: arn('objects'),
      deadLetterConfig: { arn: arn('objects-dlq') },
    })
  })

  it('are told by nobody where no bucket is named', () => {
    const staging = stageOf('staging')
    expect(staging.all('EventRule').map(({ inputs }) => inputs.name)).toEqual(['polo-staging-lifecycle'])
  })
})
