import { SQSClient } from '@aws-sdk/client-sqs'
import { expect, test } from 'vitest'
import { readBatchResponse } from '../../packages/local/src/event-source-mapping/batch-response.ts'
import {
  type EventSourceMappingOptions,
  startEventSourceMapping,
} from '../../packages/local/src/event-source-mapping/start-event-source-mapping.ts'

const BATCH = new Set(['m1', 'm2'])

test.each([
  ['no response', undefined],
  ['a null response', null],
  ['an empty response', {}],
  ['a null list', { batchItemFailures: null }],
  ['an empty list', { batchItemFailures: [] }],
  ['other keys only', { failures: [{ itemIdentifier: 'm1' }] }],
])('%s means that all succeeded', (_, response) => {
  expect(readBatchResponse(response, BATCH)).toEqual({ failed: new Set() })
})

test('the named items failed', () => {
  const response = { batchItemFailures: [{ itemIdentifier: 'm2' }, { itemIdentifier: 'm2' }] }
  expect(readBatchResponse(response, BATCH)).toEqual({ failed: new Set(['m2']) })
})

test.each([
  ['a string', 'done'],
  ['a list', [{ itemIdentifier: 'm1' }]],
  ['a list that is none', { batchItemFailures: 'm1' }],
  ['an empty identifier', { batchItemFailures: [{ itemIdentifier: '' }] }],
  ['a null identifier', { batchItemFailures: [{ itemIdentifier: null }] }],
  ['an unknown identifier', { batchItemFailures: [{ itemIdentifier: 'm1' }, { itemIdentifier: 'm3' }] }],
  ['an identifier under another key', { batchItemFailures: [{ messageId: 'm1' }] }],
  ['a null item', { batchItemFailures: [null] }],
  ['an item that is a string', { batchItemFailures: ['m1'] }],
])('%s means that all failed', (_, response) => {
  expect(readBatchResponse(response, BATCH)).toEqual({ invalid: expect.any(String) })
})

test.each<[string, Partial<EventSourceMappingOptions>]>([
  ['less than the function', { functionTimeoutMs: 30_001 }],
  ['needs a maximumBatchingWindowSeconds of at least 1', { batchSize: 11 }],
  ['batchSize is 10001', { batchSize: 10_001, maximumBatchingWindowSeconds: 1 }],
  ['batchSize is 0', { batchSize: 0 }],
  ['maximumBatchingWindowSeconds is 301', { maximumBatchingWindowSeconds: 301 }],
  ['maximumBatchingWindowSeconds is 0.5', { maximumBatchingWindowSeconds: 0.5 }],
  ['maximumConcurrency is 1', { maximumConcurrency: 1 }],
  ['maximumConcurrency is 1001', { maximumConcurrency: 1_001 }],
  ['functionTimeoutMs is 0', { functionTimeoutMs: 0 }],
  ['functionTimeoutMs is 900001', { functionTimeoutMs: 900_001, visibilityTimeoutSeconds: 5_400 }],
  ['FIFO', { queueUrl: 'http://127.0.0.1:1/000000000000/events.fifo' }],
])('refuses a mapping that Lambda refuses: %s', (message, options) => {
  const start = () =>
    startEventSourceMapping({
      client: new SQSClient({ region: 'us-east-1' }),
      queueUrl: 'http://127.0.0.1:1/000000000000/events',
      queueArn: 'arn:aws:sqs:us-east-1:000000000000:events',
      region: 'us-east-1',
      visibilityTimeoutSeconds: 30,
      functionTimeoutMs: 30_000,
      handler: async () => {},
      ...options,
    })
  expect(start).toThrow(expect.objectContaining({ name: 'InvalidEventSourceMappingError' }))
  expect(start).toThrow(message)
})
