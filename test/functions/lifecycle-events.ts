import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { publishLifecycle } from '@polo/collectors'
import { openBlock, parseEnvelope, type ResourceEvent, readBlockRows } from '@polo/core'
import { z } from 'zod'
import { ROOT } from '../repository/workspace.ts'

const Json = z.record(z.string(), z.unknown())
export type Json = z.infer<typeof Json>

export function fixture(path: string): Json {
  return Json.parse(JSON.parse(readFileSync(join(ROOT, 'test/fixtures', path), 'utf8')))
}

/** A CloudTrail record as EventBridge delivers it: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html */
export function callEvent(record: Json): Json {
  const source = String(record.eventSource).replace(/^(\w+)\.amazonaws\.com$/, 'aws.$1')
  return {
    version: '0',
    id: '36eb8523-97d0-4518-b33d-ee3579ff19f0',
    'detail-type': 'AWS API Call via CloudTrail',
    source,
    account: record.recipientAccountId ?? '644160558196',
    time: record.eventTime,
    region: record.awsRegion,
    resources: [],
    detail: record,
  }
}

/** A recorded call with its name, request and answer replaced. */
export function call(eventName: string, requestParameters: unknown, responseElements: unknown = null): Json {
  return {
    ...fixture('cloudtrail-invictus/CreateSnapshot.json'),
    eventName,
    requestParameters,
    responseElements,
  }
}

/** What is published of the events, and what of them is refused. */
export async function publish(bodies: readonly (Json | string)[], now = new Date('2026-03-01T10:00:00Z')) {
  const events: ResourceEvent[] = []
  const sink = {
    async send(body: string) {
      const { block, schema } = parseEnvelope(body)
      const rows = readBlockRows(await openBlock(block, schema), block.format)
      for (let index = 0; index < block.rows; index++) events.push(JSON.parse(rows.json(index)))
    },
  }
  const messages = bodies.map((body, index) => ({
    messageId: `m-${index}`,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  }))
  const refused = await publishLifecycle(messages, { sink, now })
  return { events, refused }
}
