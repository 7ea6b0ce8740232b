import { type BreakerState, InsertError, type MessageReport, NEVER_OPENED, OutageError } from '@polo/ingester'
import { expect, test } from 'vitest'
import { trackProblems } from '../../../packages/local/src/runtime/ingester-problems.ts'

function setUp() {
  const told: (string | undefined)[] = []
  return { told, problems: trackProblems((problem) => told.push(problem)) }
}

function message(report: Partial<MessageReport>): MessageReport {
  return {
    messageId: 'm-1',
    outcome: 'stored',
    reason: '',
    code: 0,
    schema: 'resource_event/1',
    collector: 'config_ebs',
    blockId: '0'.repeat(64),
    createdAt: '2026-03-01T10:00:05.000Z',
    rowsStored: 1,
    rowsDead: 0,
    ...report,
  }
}

type Invocation = Parameters<ReturnType<typeof trackProblems>['onInvocation']>[0]

function invocation(error?: Error): Invocation {
  const done = { requestId: 'r-1', records: 1, durationMs: 5, failedMessageIds: [], undeletedMessageIds: [] }
  return error ? { ...done, outcome: 'failed', error } : { ...done, outcome: 'succeeded' }
}

function outage(code: string, text: string, cause?: unknown) {
  return new OutageError({ clickhouseCode: 0, code }, text, { cause })
}

test('tells of an outage with its code and first line, once, until an invocation succeeds', () => {
  const { told, problems } = setUp()
  const error = outage('ECONNREFUSED', `ClickHouse did not take a block: no answer${'.'.repeat(400)}\nmore`)
  problems.onInvocation(invocation(error))
  problems.onInvocation(invocation(error))
  problems.onInvocation(invocation())
  expect(told).toEqual([
    expect.stringMatching(/^ClickHouse did not take a block: no answer\.+… \(code ECONNREFUSED\)$/),
    undefined,
  ])
  expect(told[0]?.length).toBeLessThan(340)
})

test('keeps to itself what ClickHouse may have quoted of a row', () => {
  const { told, problems } = setUp()
  const cause = new InsertError({ code: 36, status: 500, message: 'Cannot read secret-row' })
  problems.onInvocation(invocation(outage('36', 'Cannot read secret-row', cause)))
  expect(told).toEqual(['ClickHouse did not take a block (code 36)'])
})

test('tells why messages are dead or come back, and takes it back when all are stored', () => {
  const { told, problems } = setUp()
  problems.onMessage(message({ outcome: 'dead', reason: 'rejected', code: 117 }))
  problems.onInvocation(invocation())
  problems.onMessage(message({ outcome: 'deferred', reason: 'unknown_envelope', schema: '', collector: '' }))
  problems.onInvocation(invocation())
  problems.onMessage(message({}))
  problems.onInvocation(invocation())
  expect(told).toEqual([
    'a message of config_ebs, resource_event/1 went to the dead letters: rejected (ClickHouse code 117)',
    'a message comes back later: unknown_envelope',
    undefined,
  ])
})

test('tells of a queue that does not answer', () => {
  const { told, problems } = setUp()
  problems.onQueueError(Object.assign(new Error('connect failed'), { code: 'ECONNREFUSED' }))
  expect(told).toEqual(['the queue does not answer: connect failed (code ECONNREFUSED)'])
})

const OPEN: BreakerState = {
  ...NEVER_OPENED,
  state: 'open',
  since: '2026-03-01T10:00:00.000Z',
  reason: '242',
}
const IS_OPEN =
  'the breaker is open since 2026-03-01T10:00:00.000Z (code 242): the queues wait until a probe succeeds'

test('tells since when the breaker is open and why, beside what went wrong, until it closes', () => {
  const { told, problems } = setUp()
  problems.onBreaker(NEVER_OPENED)
  problems.onBreaker(OPEN)
  problems.onInvocation(invocation(outage('242', 'ClickHouse did not take a block: read-only (code 242)')))
  problems.onBreaker({ ...OPEN, state: 'half_open' })
  problems.onBreaker({ ...OPEN, state: 'closed' })
  expect(told).toEqual([
    `ClickHouse does not take inserts; ${IS_OPEN}`,
    `ClickHouse did not take a block: read-only (code 242); ${IS_OPEN}`,
    'ClickHouse did not take a block: read-only (code 242)',
    undefined,
  ])
})
