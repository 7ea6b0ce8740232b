import { SendMessageBatchCommand, SetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import { type Child, startChild } from '@polo/local'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { batch, bodyOf, eventRow, eventRows, record } from './factories.ts'
import type { KillableIngesterOptions } from './killable-ingester-process.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'

const VISIBILITY_SECONDS = 2

let polo: Pipeline
beforeAll(async () => {
  polo = await startPipeline()
  await polo.sqs.send(
    new SetQueueAttributesCommand({
      QueueUrl: polo.queueUrl,
      Attributes: { VisibilityTimeout: String(VISIBILITY_SECONDS) },
    }),
  )
})
afterAll(async () => {
  await polo?.stop()
})

/** Keeps an ingester running that dies of one block; counts its deaths. */
function keepIngesting(deadlyBlockId: string) {
  const options: KillableIngesterOptions = {
    clickhouseUrl: polo.url,
    database: polo.database,
    sqsEndpoint: polo.sqsEndpoint,
    queueUrl: polo.queueUrl,
    queueArn: polo.queueArn,
    deadLetterQueueUrl: polo.deadLetterQueueUrl,
    visibilityTimeoutSeconds: VISIBILITY_SECONDS,
    deadlyBlockId,
  }
  const entry = new URL('./killable-ingester-process.ts', import.meta.url)
  let child: Child | undefined
  let deaths = 0
  let isStopping = false
  const running = (async () => {
    while (!isStopping) {
      child = await startChild({ name: 'ingester', entry, options })
      await child.exited
      if (!isStopping) deaths++
    }
  })()
  return {
    deaths: () => deaths,
    async stop() {
      isStopping = true
      await child?.stop()
      await running
    },
  }
}

it('finds the message that ends its process, buries it alone, and stores its neighbours once', async () => {
  const deadly = await bodyOf(eventRows('deadly', 3))
  const neighbours = await Promise.all(
    Array.from({ length: 8 }, (_, key) => bodyOf(eventRows(`neighbour-${key}`, 20))),
  )
  const bodies = [...neighbours.slice(0, 4), deadly, ...neighbours.slice(4), 'garbage']
  const Entries = bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody }))
  await polo.sqs.send(new SendMessageBatchCommand({ QueueUrl: polo.queueUrl, Entries }))
  const ingester = keepIngesting(JSON.parse(deadly).block_id)
  try {
    await vi.waitFor(async () => expect(await polo.countWaiting()).toBe(0), {
      timeout: 60_000,
      interval: 200,
    })
  } finally {
    await ingester.stop()
  }
  expect(await polo.countRaw('neighbour')).toBe(160)
  expect(await polo.countRaw('deadly')).toBe(0)
  const letters = await polo.takeDeadLetters()
  const reasons = letters.map(({ Body, MessageAttributes: about }) => [about?.reason?.StringValue, Body])
  expect(new Map(reasons.map(([reason, body]) => [reason, body]))).toEqual(
    new Map([
      ['kills_the_ingester', deadly],
      ['invalid_envelope', 'garbage'],
    ]),
  )
  expect(
    await polo.select(
      `SELECT outcome, reason, rows FROM ingest_ledger FINAL WHERE root_block_id = '${JSON.parse(deadly).block_id}'`,
    ),
  ).toEqual([{ outcome: 'dead', reason: 'kills_the_ingester', rows: 3 }])
  expect(ingester.deaths()).toBeLessThanOrEqual(3 + 3 + 1)
})

it('does not hold against a message that it came back often', async () => {
  const bodies = await Promise.all(['a', 'b', 'c'].map((key) => bodyOf([eventRow(`often-${key}`)])))
  for (const receives of [4, 20, 49]) {
    const answer = await polo.ingest(batch(...bodies.map((body) => record(body, { receives }))))
    expect(answer).toEqual({ batchItemFailures: [] })
  }
  expect(await polo.countRaw('often')).toBe(3)
  expect(await polo.takeDeadLetters()).toEqual([])
})
