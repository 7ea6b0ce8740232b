import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { publishLifecycle } from '@polo/collectors'
import {
  openBlock,
  type PoloConfigInput,
  parseConfig,
  parseEnvelope,
  type ResourceEvent,
  readBlockRows,
} from '@polo/core'
import { z } from 'zod'
import { ROOT } from '../../repository/workspace.ts'

const Json = z.record(z.string(), z.unknown())
export type Json = z.infer<typeof Json>

export function fixturePath(path: string): string {
  return join(ROOT, 'test/fixtures', path)
}

export function fixture(path: string): Json {
  return Json.parse(JSON.parse(readFileSync(fixturePath(path), 'utf8')))
}

/** The records of a file that holds a list of them, alone or as `Records`, or one a line. */
export function fixtureRecords(path: string): Json[] {
  const text = readFileSync(fixturePath(path), 'utf8')
  if (path.endsWith('.jsonl'))
    return text
      .trim()
      .split('\n')
      .map((line) => Json.parse(JSON.parse(line)))
  return z
    .union([z.array(Json), z.object({ Records: z.array(Json) }).transform(({ Records }) => Records)])
    .parse(JSON.parse(text))
}

/** The record of that call among several. */
export function recorded(path: string, eventName: string): Json {
  const record = fixtureRecords(path).find((one) => one.eventName === eventName)
  if (!record) throw new Error(`there is no ${eventName} in ${path}`)
  return record
}

/** A CloudTrail record as EventBridge delivers it: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html */
export function callEvent(record: Json): Json {
  const source = String(record.eventSource).replace(/^(\w+)\.amazonaws\.com$/, 'aws.$1')
  return {
    version: '0',
    id: '36eb8523-97d0-4518-b33d-ee3579ff19f0',
    'detail-type': 'AWS API Call via CloudTrail',
    source,
    account: record.recipientAccountId ?? accountOf(record),
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

/** The events of one call, none refused. */
export async function eventsOf(record: Json, config?: PoloConfigInput): Promise<ResourceEvent[]> {
  const { events, refused } = await publish([callEvent(record)], config ? { config } : {})
  if (refused.length > 0) throw new Error(JSON.stringify(refused))
  return events
}

/** Type and id of each resource that events are of. */
export function subjects(events: readonly ResourceEvent[]): string[] {
  return events.map(({ resource_type, resource_id }) => `${resource_type} ${resource_id}`)
}

/** What is published of the events, and what of them is refused. */
export async function publish(
  bodies: readonly (Json | string)[],
  { now = new Date('2026-03-01T10:00:00Z'), config = {} }: { now?: Date; config?: PoloConfigInput } = {},
) {
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
  const refused = await publishLifecycle(messages, { sink, now, config: parseConfig(config) })
  return { events, refused }
}

function accountOf({ userIdentity }: Json): unknown {
  return z.object({ accountId: z.string() }).safeParse(userIdentity).data?.accountId ?? '644160558196'
}
