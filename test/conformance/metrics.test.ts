import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import {
  CreateTagsCommand,
  EC2Client,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import { liveAws, runCollector } from '@polo/collectors'
import { parseConfig, ResourceEvent } from '@polo/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { metrics } from '../../packages/collectors/src/aws/metrics.ts'
import { memoryStore } from '../collectors/harness.ts'
import { readRows } from '../core/read-rows.ts'
import { required } from './create-estate.ts'
import { type Moto, startMoto } from './start-moto.ts'

const REGION = 'us-east-1'
/** Amazon Linux, of those that the emulator knows. */
const IMAGE = 'ami-760aaa0f'
/** More than one call of GetMetricData and one page of ListMetrics have. */
const INSTANCES = 150
const NAMES = ['CPUUtilization', 'NetworkIn', 'NetworkOut', 'StatusCheckFailed']
const MINUTE_MS = 60_000
const SLOT = new Date(Math.floor(Date.now() / 300_000) * 300_000)
const credentials = async () => ({ accessKeyId: 'test', secretAccessKey: 'test' })

let moto: Moto
let ids: string[]
let looked: Awaited<ReturnType<typeof look>>

beforeAll(async () => {
  moto = await startMoto()
  const place = { endpoint: moto.endpoint, credentials, region: REGION }
  ids = await launch(new EC2Client(place))
  await publish(new CloudWatchClient(place))
  looked = await look()
})

afterAll(() => moto?.stop())

async function launch(ec2: EC2Client): Promise<string[]> {
  const { Instances = [] } = await ec2.send(
    new RunInstancesCommand({
      ImageId: IMAGE,
      InstanceType: 't3.micro',
      MinCount: INSTANCES,
      MaxCount: INSTANCES,
    }),
  )
  const launched = Instances.map(({ InstanceId }) => required(InstanceId, 'InstanceId'))
  await ec2.send(new CreateTagsCommand({ Resources: launched, Tags: [{ Key: 'team', Value: 'search' }] }))
  return launched
}

/** Two datapoints of each metric within the window of a first look, and one after it; the agent on one instance. */
async function publish(cloudwatch: CloudWatchClient): Promise<void> {
  const times = [30, 20, 2].map((minutes) => new Date(SLOT.getTime() - minutes * MINUTE_MS))
  const put = (Namespace: string, MetricName: string, dimensions: Record<string, string>[]) =>
    cloudwatch.send(
      new PutMetricDataCommand({
        Namespace,
        MetricData: dimensions.flatMap((one) =>
          times.map((Timestamp, index) => ({
            MetricName,
            Timestamp,
            Value: index + 1,
            Dimensions: Object.entries(one).map(([Name, Value]) => ({ Name, Value })),
          })),
        ),
      }),
    )
  for (const name of NAMES)
    await put(
      'AWS/EC2',
      name,
      ids.map((InstanceId) => ({ InstanceId })),
    )
  await put('AWS/EC2', 'CPUUtilization', [{ InstanceType: 't3.micro' }])
  const agent = { InstanceId: required(ids[0], 'instances'), InstanceType: 't3.micro' }
  await put('CWAgent', 'mem_used_percent', [agent])
  await put('CWAgent', 'disk_used_percent', [
    { ...agent, path: '/', device: 'xvda1', fstype: 'xfs' },
    { ...agent, path: '/run', device: 'tmpfs', fstype: 'tmpfs' },
  ])
}

async function look(state = memoryStore(), slot = SLOT) {
  const bodies: string[] = []
  const run = await runCollector(
    {
      collector: metrics,
      account: { id: '123456789012', role: '', tagDefaults: {} },
      slot,
      regions: [REGION],
      budgetUsd: 1_000,
      timeoutMs: 600_000,
    },
    {
      aws: liveAws({ endpoint: moto.endpoint, credentials, regions: [REGION] }),
      sink: { send: async (body) => void bodies.push(body) },
      config: parseConfig({}),
      state,
    },
  )
  const events: ResourceEvent[] = (await readRows(bodies)).map((row) => ResourceEvent.parse(row))
  return { run, events, state }
}

function ofMetric(name: string): ResourceEvent[] {
  return looked.events.filter(({ event_action }) => event_action === name)
}

describe('metrics of an emulated account', () => {
  test('are complete', () => {
    expect(looked.run).toMatchObject({ status: 'complete', errors: [], notes: [] })
  })

  test.each(NAMES)('have the datapoints of %s of every instance, and none that is not settled', (name) => {
    const events = ofMetric(name)

    expect(new Set(events.map(({ resource_id }) => resource_id))).toEqual(new Set(ids))
    expect(events.map(({ value }) => value)).toEqual(ids.flatMap(() => [1, 2]))
  })

  test('have the owner of their instance', () => {
    expect(new Set(looked.events.map(({ marqo_customer }) => marqo_customer))).toEqual(new Set(['search']))
  })

  test('have what the agent publishes of memory and of disks', () => {
    expect(ofMetric('mem_used_percent').map(({ value }) => value)).toEqual([1, 2])
    expect(ofMetric('disk_used_percent').map(({ properties }) => properties.path)).toEqual(['/', '/'])
  })

  test('are asked for in as few calls as there can be, and cost what AWS charges for them', () => {
    const asked = INSTANCES * NAMES.length + 2
    const pages = Math.ceil((INSTANCES * NAMES.length) / 500) + 2

    expect(looked.run.api_calls).toEqual({
      'ec2:DescribeInstances': 1,
      'cloudwatch:ListMetrics': pages,
      'cloudwatch:GetMetricData': Math.ceil(asked / 500),
    })
    expect(looked.run.api_cost_usd).toBeCloseTo((asked + pages) * 0.00001, 10)
  })

  test('are the same events when the next look sees them again, with what has settled since', async () => {
    const next = await look(looked.state, new Date(SLOT.getTime() + 5 * MINUTE_MS))
    const known = new Set(looked.events.map(({ event_id }) => event_id))

    expect(next.run.status).toBe('complete')
    expect(next.events.filter(({ event_id }) => known.has(event_id)).map(({ value }) => value)).toContain(2)
    expect(next.events.filter(({ event_id }) => !known.has(event_id)).every(({ value }) => value === 3)).toBe(
      true,
    )
  })

  test('of instances that were terminated are read to their end, and then no more', async () => {
    const ec2 = new EC2Client({ endpoint: moto.endpoint, credentials, region: REGION })
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: ids }))
    const { run } = await look(memoryStore(), new Date(SLOT.getTime() + 24 * 60 * MINUTE_MS))

    expect(run.status).toBe('complete')
    expect(Object.keys(run.api_calls)).toEqual(['ec2:DescribeInstances'])
  })
})
