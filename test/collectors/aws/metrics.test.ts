import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2'
import { eventId } from '@polo/core'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, it } from 'vitest'
import { metrics } from '../../../packages/collectors/src/aws/metrics.ts'
import { collect, makeEvent, memoryStore, recordedAnswer, recordedText } from '../harness.ts'
import { agentMetric, ec2Metric, type FakeSeries, fakeCloudWatch } from './fake-cloudwatch.ts'

const ec2 = mockClient(EC2Client)
const cloudwatch = mockClient(CloudWatchClient)

/** The one that runs, of three that were recorded; the others were stopped long before. */
const RUNNING = 'i-0fdc8cff63616a335'
const SLOT = new Date('2014-02-14T15:20:00.000Z')
const FIVE_MINUTES = 300_000

beforeEach(() => {
  ec2.reset()
  cloudwatch.reset()
  ec2
    .on(DescribeInstancesCommand)
    .resolves(
      recordedAnswer('aws-cloud-custodian/test_ec2_metric_extended_stats/ec2.DescribeInstances_1.json'),
    )
})

describe('metrics of an instance', () => {
  it('are one event per datapoint, across pages of metrics and of datapoints', async () => {
    const cpu = recordedSeries()
    const credits = { metric: ec2Metric('CPUCreditUsage', RUNNING), points: [[at('15:05'), 0.03]] } as const
    const { asked } = fakeCloudWatch(cloudwatch, [cpu, credits], { metrics: 1, datapoints: 3 })

    const { events, run } = await collect(metrics, { slot: SLOT })

    expect(run).toMatchObject({ status: 'complete', errors: [], notes: [] })
    expect(events).toEqual([
      ...cpu.points
        .filter(([time]) => time < at('15:15'))
        .map(([time, value]) => makeMetric('CPUUtilization', { time, value, unit: 'Percent' })),
      makeMetric('CPUCreditUsage', { time: at('15:05'), value: 0.03, unit: 'Count', statistic: 'Sum' }),
    ])
    expect(events).toHaveLength(9 + 1)
    expect(asked).toHaveLength(4)
  })

  it('are asked for with the statistic that suits each', async () => {
    const names = ['CPUUtilization', 'NetworkIn', 'EBSIOBalance%', 'StatusCheckFailed_System']
    const { asked } = fakeCloudWatch(
      cloudwatch,
      names.map((name) => seriesOf(ec2Metric(name, RUNNING))),
    )

    await collect(metrics, { slot: SLOT })

    const stats = asked[0]?.MetricDataQueries?.map(({ MetricStat }) => [
      MetricStat?.Metric?.MetricName,
      MetricStat?.Stat,
      MetricStat?.Period,
    ])
    expect(stats).toEqual([
      ['CPUUtilization', 'Average', 300],
      ['NetworkIn', 'Sum', 300],
      ['EBSIOBalance%', 'Minimum', 300],
      ['StatusCheckFailed_System', 'Maximum', 300],
    ])
  })

  it('have its owner and name, and none of its tags', async () => {
    const Tags = [
      { Key: 'Name', Value: 'web' },
      { Key: 'team', Value: 'search' },
    ]
    ec2
      .on(DescribeInstancesCommand)
      .resolves({ Reservations: [{ Instances: [{ InstanceId: 'i-1', Tags }] }] })
    fakeCloudWatch(cloudwatch, [seriesOf(ec2Metric('CPUUtilization', 'i-1'))])

    const { events } = await collect(metrics, { slot: SLOT })

    expect(events).toMatchObject([{ resource_name: 'web', marqo_customer: 'search' }])
    expect(Object.keys(events[0]?.properties ?? {})).toEqual(['namespace', 'statistic', 'period_seconds'])
  })

  it('are only those that are wanted, and not those of a group of instances', async () => {
    const ofType = { ...ec2Metric('CPUUtilization', RUNNING) }
    ofType.Dimensions = [...(ofType.Dimensions ?? []), { Name: 'InstanceType', Value: 't2.micro' }]
    const unwanted = [ec2Metric('MetadataNoToken', RUNNING), ofType]
    const { asked } = fakeCloudWatch(cloudwatch, unwanted.map(seriesOf))

    const { events, run } = await collect(metrics, { slot: SLOT })

    expect(events).toEqual([])
    expect(run.status).toBe('complete')
    expect(asked).toEqual([])
  })
})

describe('a metric that had no datapoint for three hours', () => {
  it('is not asked for, since AWS would charge for it', async () => {
    const hoursAgo = (hours: number) => new Date(SLOT.getTime() - hours * 12 * FIVE_MINUTES)
    const active = { metric: ec2Metric('CPUUtilization', RUNNING), points: [[hoursAgo(1), 1]] } as const
    const silent = { metric: ec2Metric('CPUCreditUsage', RUNNING), points: [[hoursAgo(4), 1]] } as const
    const { asked } = fakeCloudWatch(cloudwatch, [active, silent], { forgets: true })

    await collect(metrics, { slot: SLOT, now: SLOT })

    const names = asked[0]?.MetricDataQueries?.map(({ MetricStat }) => MetricStat?.Metric?.MetricName)
    expect(names).toEqual(['CPUUtilization'])
  })
})

describe('what the CloudWatch agent publishes', () => {
  const LINUX = { ImageId: 'ami-1', InstanceType: 't2.micro' }

  it('is memory, and the space of each file system', async () => {
    const root = { ...LINUX, path: '/', device: 'xvda1', fstype: 'xfs' }
    fakeCloudWatch(cloudwatch, [
      { metric: agentMetric('mem_used_percent', RUNNING, LINUX), points: [[at('15:05'), 41.5]] },
      { metric: agentMetric('disk_used_percent', RUNNING, root), points: [[at('15:05'), 87.25]] },
      {
        metric: agentMetric('disk_used_percent', RUNNING, { ...root, path: '/data' }),
        points: [[at('15:05'), 12]],
      },
    ])

    const { events } = await collect(metrics, { slot: SLOT })

    const ofAgent = { time: at('15:05'), unit: 'Percent', namespace: 'CWAgent' } as const
    const dimensions = 'ImageId=ami-1,InstanceType=t2.micro'
    expect(events).toEqual([
      makeMetric('mem_used_percent', { ...ofAgent, value: 41.5, dimensions }),
      makeMetric('disk_used_percent', {
        ...ofAgent,
        value: 87.25,
        statistic: 'Maximum',
        dimensions: `${dimensions},device=xvda1,fstype=xfs,path=/`,
        properties: { path: '/', device: 'xvda1', fstype: 'xfs' },
      }),
      makeMetric('disk_used_percent', {
        ...ofAgent,
        value: 12,
        statistic: 'Maximum',
        dimensions: `${dimensions},device=xvda1,fstype=xfs,path=/data`,
        properties: { path: '/data', device: 'xvda1', fstype: 'xfs' },
      }),
    ])
  })

  it('goes by other names on Windows', async () => {
    ec2
      .on(DescribeInstancesCommand)
      .resolves({ Reservations: [{ Instances: [{ InstanceId: RUNNING, Platform: 'Windows' }] }] })
    const disk = { objectname: 'LogicalDisk', instance: 'C:' }
    fakeCloudWatch(cloudwatch, [
      {
        metric: agentMetric('Memory % Committed Bytes In Use', RUNNING, { objectname: 'Memory' }),
        points: [[at('15:05'), 55]],
      },
      { metric: agentMetric('LogicalDisk % Free Space', RUNNING, disk), points: [[at('15:05'), 20]] },
    ])

    const { events } = await collect(metrics, { slot: SLOT })

    expect(events).toMatchObject([
      { event_action: 'Memory % Committed Bytes In Use', value: 55, unit: 'Percent' },
      {
        event_action: 'LogicalDisk % Free Space',
        value: 20,
        properties: { logical_disk: 'C:', statistic: 'Minimum' },
      },
    ])
  })

  it('is read once where it is published again under fewer dimensions, or listed again', async () => {
    const root = { path: '/', device: 'xvda1', fstype: 'xfs' }
    const { asked } = fakeCloudWatch(cloudwatch, [
      seriesOf(agentMetric('mem_used_percent', RUNNING)),
      seriesOf(agentMetric('mem_used_percent', RUNNING, LINUX)),
      seriesOf(agentMetric('disk_used_percent', RUNNING, { path: '/' })),
      seriesOf(agentMetric('disk_used_percent', RUNNING, root)),
      seriesOf(agentMetric('disk_used_percent', RUNNING, root)),
      seriesOf(agentMetric('disk_used_percent', RUNNING, { path: '/data' })),
    ])

    await collect(metrics, { slot: SLOT })

    const dimensions = asked[0]?.MetricDataQueries?.map(({ MetricStat }) =>
      MetricStat?.Metric?.Dimensions?.map(({ Name }) => Name),
    )
    expect(dimensions).toEqual([
      ['ImageId', 'InstanceType', 'InstanceId'],
      ['path', 'device', 'fstype', 'InstanceId'],
      ['path', 'InstanceId'],
    ])
  })

  it('is not read of what is no disk', async () => {
    const mounts = ['tmpfs', 'devtmpfs', 'overlay', 'squashfs'].map((fstype) => ({
      path: `/${fstype}`,
      device: fstype,
      fstype,
    }))
    const { asked } = fakeCloudWatch(
      cloudwatch,
      mounts.map((mount) => seriesOf(agentMetric('disk_used_percent', RUNNING, mount))),
    )

    await collect(metrics, { slot: SLOT })

    expect(asked).toEqual([])
  })
})

describe('the window of a look', () => {
  it('begins before the last one ended, for datapoints that came late, and they are the same events', async () => {
    const state = memoryStore()
    const cpu = recordedSeries()
    fakeCloudWatch(cloudwatch, [cpu])

    const first = await collect(metrics, { slot: SLOT, state })
    const second = await collect(metrics, { slot: new Date(SLOT.getTime() + FIVE_MINUTES), state })

    expect(second.events.map(({ event_time }) => event_time.slice(11, 16))).toEqual([
      '15:00',
      '15:05',
      '15:10',
      '15:15',
    ])
    const known = new Set(first.events.map(({ event_id }) => event_id))
    expect(second.events.filter(({ event_id }) => known.has(event_id))).toHaveLength(3)
  })

  it('is the same for a retry of the slot', async () => {
    const state = memoryStore()
    fakeCloudWatch(cloudwatch, [recordedSeries()])
    await collect(metrics, { slot: new Date(SLOT.getTime() - FIVE_MINUTES), state })

    const once = await collect(metrics, { slot: SLOT, state })
    const again = await collect(metrics, { slot: SLOT, state })

    expect(once.events).toHaveLength(4)
    expect(again.events).toEqual(once.events)
  })

  it('goes back to where the last look ended, however many slots there were without one', async () => {
    const state = memoryStore()
    fakeCloudWatch(cloudwatch, [recordedSeries()])
    await collect(metrics, { slot: new Date('2014-02-14T14:40:00.000Z'), state })

    const { events } = await collect(metrics, { slot: new Date('2014-02-14T16:30:00.000Z'), state })

    expect(events).toHaveLength(23)
    expect(events.at(-1)).toMatchObject({ event_time: '2014-02-14T16:20:00.000Z' })
  })

  it('reaches back so far, and says what it leaves out', async () => {
    const state = memoryStore()
    const many = Array.from({ length: 20 }, (_, index) =>
      seriesOf(agentMetric('disk_used_percent', RUNNING, { path: `/${index}` })),
    )
    const { asked } = fakeCloudWatch(cloudwatch, many)
    await collect(metrics, { slot: new Date('2013-10-01T00:00:00.000Z'), state })

    const { run } = await collect(metrics, { slot: SLOT, state })

    expect(run.status).toBe('complete')
    expect(run.notes).toEqual([
      'us-east-1: datapoints from 2013-09-30T23:40:00.000Z to 2013-12-14T15:15:00.000Z were not read: with them there are more than one run can read',
    ])
    expect(asked.at(-1)?.StartTime).toEqual(new Date('2013-12-14T15:15:00.000Z'))
  })

  it('has instances that ended within it, and none that ended before', async () => {
    const stopped = (InstanceId: string, time: string) => ({
      InstanceId,
      State: { Name: 'stopped' as const },
      StateTransitionReason: `User initiated (2014-02-14 ${time} GMT)`,
    })
    const Instances = [
      stopped('i-1', '09:00:00'),
      stopped('i-2', '15:01:00'),
      { InstanceId: 'i-3', State: { Name: 'terminated' as const } },
    ]
    ec2.on(DescribeInstancesCommand).resolves({ Reservations: [{ Instances }] })
    fakeCloudWatch(
      cloudwatch,
      ['i-2', 'i-3'].map((id) => seriesOf(ec2Metric('CPUUtilization', id))),
    )

    const { events } = await collect(metrics, { slot: SLOT })

    expect(events.map(({ resource_id }) => resource_id)).toEqual(['i-2', 'i-3'])
  })

  it('has, where it is long, instances that EC2 no longer shows', async () => {
    const state = memoryStore()
    fakeCloudWatch(cloudwatch, [seriesOf(ec2Metric('CPUUtilization', 'i-0abc')), recordedSeries()])
    const long = await collect(metrics, { slot: SLOT, state })
    const short = await collect(metrics, { slot: new Date(SLOT.getTime() + FIVE_MINUTES), state })

    expect(new Set(long.events.map(({ resource_id }) => resource_id)).size).toBe(2)
    expect(new Set(short.events.map(({ resource_id }) => resource_id))).toEqual(new Set([RUNNING]))
  })
})

function at(time: string): Date {
  return new Date(`2014-02-14T${time}:00.000Z`)
}

function seriesOf(metric: FakeSeries['metric']): FakeSeries {
  return { metric, points: [[at('15:05'), 1]] }
}

/** The CPU of a real instance, from 14:30 on. */
function recordedSeries(): FakeSeries {
  const [, ...lines] = recordedText('numenta-nab/ec2_cpu_utilization_24ae8d.csv').trim().split('\n')
  const points = lines.map((line) => {
    const [time = '', value] = line.split(',')
    return [new Date(`${time.replace(' ', 'T')}.000Z`), Number(value)] as const
  })
  return { metric: ec2Metric('CPUUtilization', RUNNING), points }
}

interface Expected {
  readonly time: Date
  readonly value: number
  readonly unit: string
  readonly namespace?: string
  readonly statistic?: string
  readonly dimensions?: string
  readonly properties?: Record<string, string>
}

function makeMetric(
  name: string,
  { time, value, unit, namespace = 'AWS/EC2', statistic = 'Average', dimensions, properties }: Expected,
) {
  const identity = {
    collector: 'metrics',
    resource_type: 'ec2:instance',
    resource_id: RUNNING,
    resource_arn: `arn:aws:ec2:us-east-1:644160558196:instance/${RUNNING}`,
    event_type: 'metric',
    event_action: name,
    event_time: time.toISOString(),
    discriminator: [namespace, statistic, ...(dimensions?.split(',') ?? [])].join(' '),
  } as const
  const { discriminator: _, ...columns } = identity
  return {
    ...makeEvent({ ...columns, value, unit }),
    event_id: eventId({ aws_account_id: '644160558196', aws_region: 'us-east-1', ...identity }),
    properties: {
      namespace,
      statistic,
      period_seconds: '300',
      ...properties,
      ...(dimensions && { dimensions }),
    },
  }
}
