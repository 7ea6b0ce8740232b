import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { LIFECYCLE_CALLS, LIFECYCLE_EVENT_PATTERN } from '@polo/collectors'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { call, callEvent, type Json, publish } from '../collectors/lifecycle/lifecycle-events.ts'
import { type Moto, startMoto } from './start-moto.ts'

const HUB = 'us-east-1'
const MEMBER = 'eu-west-1'
const RULE = 'polo-lifecycle'
const BUS = 'polo-hub'
/** The most that PutEvents takes. */
const EVENTS_AT_ONCE = 10
const RUNNING = {
  source: 'aws.ec2',
  'detail-type': 'EC2 Instance State-change Notification',
  detail: { 'instance-id': 'i-01', state: 'running' },
}
const INTERRUPTED = {
  source: 'aws.ec2',
  'detail-type': 'EC2 Spot Instance Interruption Warning',
  detail: { 'instance-id': 'i-01', 'instance-action': 'terminate' },
}
const RETIRED = {
  source: 'aws.health',
  'detail-type': 'AWS Health Event',
  detail: {
    service: 'EC2',
    eventTypeCode: 'AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED',
    affectedEntities: [{ entityValue: 'i-01' }],
  },
}

let moto: Moto
let sqs: SQSClient
let queueUrl: string
beforeAll(async () => {
  moto = await startMoto()
  sqs = new SQSClient({
    endpoint: moto.endpoint,
    region: HUB,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'polo-lifecycle' }))
  queueUrl = QueueUrl
  const { EventBusArn } = await ask(HUB, 'CreateEventBus', { Name: BUS })
  const queueArn = `arn:aws:sqs:${HUB}:123456789012:polo-lifecycle`
  await forward(HUB, { EventBusName: BUS, to: queueArn })
  await forward(MEMBER, { EventBusName: 'default', to: String(EventBusArn) })
})
afterAll(async () => {
  sqs?.destroy()
  await moto?.stop()
})

async function forward(region: string, { EventBusName, to }: { EventBusName: string; to: string }) {
  const EventPattern = JSON.stringify(LIFECYCLE_EVENT_PATTERN)
  await ask(region, 'PutRule', { Name: RULE, EventBusName, EventPattern })
  // By itself the emulator leaves the account out of what it hands on.
  const InputTransformer = { InputTemplate: '<aws.events.event.json>' }
  const Targets = [{ Id: 'next', Arn: to, InputTransformer }]
  await ask(region, 'PutTargets', { Rule: RULE, EventBusName, Targets })
}

/** Asks EventBridge, of which nothing else here needs the SDK. */
async function ask(region: string, operation: string, input: object): Promise<Json> {
  const response = await fetch(moto.endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AWSEvents.${operation}`,
      authorization: `AWS4-HMAC-SHA256 Credential=test/20260301/${region}/events/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify(input),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${operation}: ${text}`)
  return text === '' ? {} : JSON.parse(text)
}

/** What the queue at the hub gets of what happens in a member's region. */
async function tell(events: readonly Json[]): Promise<string[]> {
  const entries = events.map(({ source, 'detail-type': type, detail }) => ({
    Source: source,
    DetailType: type,
    Detail: JSON.stringify(detail),
    Time: Date.parse('2026-03-01T09:00:00Z') / 1_000,
  }))
  for (let start = 0; start < entries.length; start += EVENTS_AT_ONCE)
    await ask(MEMBER, 'PutEvents', { Entries: entries.slice(start, start + EVENTS_AT_ONCE) })
  return await receiveAll()
}

async function receiveAll(): Promise<string[]> {
  const bodies: string[] = []
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10 }),
    )
    if (Messages.length === 0) return bodies
    for (const { Body = '', ReceiptHandle } of Messages) {
      bodies.push(Body)
      await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }))
    }
  }
}

function callsOf(service: 'ec2' | 'elasticloadbalancing'): Json[] {
  const eventSource = `${service}.amazonaws.com`
  return LIFECYCLE_CALLS[`aws.${service}`].map((name) => callEvent({ ...call(name, null), eventSource }))
}

test('every lifecycle call goes by the rules of the account and the hub into the queue, and is read there', async () => {
  const calls = [...callsOf('ec2'), ...callsOf('elasticloadbalancing')]

  const { events, refused } = await publish(await tell(calls))

  expect(refused).toEqual([])
  const names = Object.values(LIFECYCLE_CALLS).flat()
  expect(events.map(({ event_action }) => event_action).sort()).toEqual([...names].sort())
})

test('so does what EC2 and AWS Health say of an instance', async () => {
  const { events, refused } = await publish(await tell([RUNNING, INTERRUPTED, RETIRED]))

  expect(refused).toEqual([])
  expect(events.map(({ event_action, resource_id }) => [event_action, resource_id])).toEqual([
    ['running', 'i-01'],
    ['spot_interruption_warning', 'i-01'],
    ['AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED', 'i-01'],
  ])
})

test('what is of no interest does not', async () => {
  const reading = callEvent(call('DescribeInstances', null))
  const ofDatabase = callEvent({ ...call('CreateTags', null), eventSource: 'rds.amazonaws.com' })
  const healthOfDatabase = { ...RETIRED, detail: { ...RETIRED.detail, service: 'RDS' } }

  expect(await tell([reading, ofDatabase, healthOfDatabase])).toEqual([])
})
