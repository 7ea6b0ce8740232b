import { DescribeVolumesCommand, EC2Client, type Volume } from '@aws-sdk/client-ec2'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, it } from 'vitest'
import { configEbs } from '../../../packages/collectors/src/aws/config-ebs.ts'
import { awsError, collect, makeEvent, recordedAnswer } from '../harness.ts'

const ec2 = mockClient(EC2Client)
const encryptVolumes = (page: number) =>
  recordedAnswer(`aws-cloud-custodian/test_encrypt_volumes/ec2.DescribeVolumes_${page}.json`)

beforeEach(() => {
  ec2.reset()
})

describe('config_ebs', () => {
  it('yields one event per volume, across pages', async () => {
    ec2
      .on(DescribeVolumesCommand)
      .resolvesOnce({ ...encryptVolumes(1), NextToken: 'more' })
      .on(DescribeVolumesCommand, { NextToken: 'more' })
      .resolves(encryptVolumes(2))

    const { events, run } = await collect(configEbs)

    expect(run.status).toBe('complete')
    expect(events).toEqual([
      makeVolumeEvent('vol-0f53c81b92b4ecfce', {
        marqo_customer: 'custodian',
        properties: {
          volume_type: 'gp2',
          size_gib: '8',
          iops: '100',
          state: 'in-use',
          create_time: '2017-06-08T17:58:20.943Z',
          availability_zone: 'us-east-1a',
          encrypted: 'false',
          snapshot_id: 'snap-0120309fef406aa90',
          attached: 'true',
          instance_ids: 'i-0aaaaec4b77188b69',
          device_names: '/dev/xvda',
          attachment_states: 'attached',
          attach_times: '2017-06-08T17:58:20.000Z',
          delete_on_termination: 'true',
          'tag:owner': 'custodian',
        },
      }),
      makeVolumeEvent('vol-06fb3a30a68993a66', {
        marqo_customer: 'custodian',
        properties: {
          volume_type: 'gp2',
          size_gib: '8',
          iops: '100',
          state: 'in-use',
          create_time: '2017-06-08T17:56:13.625Z',
          availability_zone: 'us-east-1d',
          encrypted: 'false',
          snapshot_id: 'snap-0120309fef406aa90',
          attached: 'true',
          instance_ids: 'i-0923d7347b2922405',
          device_names: '/dev/xvda',
          attachment_states: 'attached',
          attach_times: '2017-06-08T17:56:13.000Z',
          delete_on_termination: 'true',
          'tag:owner': 'custodian',
        },
      }),
      makeVolumeEvent('vol-072dfa20eef03dd38', {
        marqo_customer: 'custodian',
        properties: {
          volume_type: 'gp2',
          size_gib: '8',
          iops: '100',
          state: 'available',
          create_time: '2017-06-08T18:23:18.581Z',
          availability_zone: 'us-east-1a',
          encrypted: 'true',
          kms_key_id: 'arn:aws:kms:us-east-1:185106417252:key/3cc8863f-09dd-45cd-90cf-d6149710582e',
          snapshot_id: 'snap-0bd2772f3c7cafa62',
          attached: 'false',
          'tag:maid-instance-device': '/dev/xvda',
          'tag:maid-crypt-remediation': 'i-0aaaaec4b77188b69',
          'tag:maid-origin-volume': 'vol-0f53c81b92b4ecfce',
          'tag:owner': 'custodian',
        },
      }),
    ])
  })

  it('asks for pages of 500', async () => {
    ec2.on(DescribeVolumesCommand).resolves({ Volumes: [] })

    await collect(configEbs)

    expect(ec2.commandCalls(DescribeVolumesCommand).map(({ args }) => args[0].input)).toEqual([
      { MaxResults: 500 },
    ])
  })

  it('names a volume by its Name tag', async () => {
    expect(await collectVolume({ Tags: [{ Key: 'Name', Value: 'data-1' }] })).toMatchObject({
      resource_name: 'data-1',
    })
  })

  it('tells what a gp3 volume is provisioned with', async () => {
    ec2
      .on(DescribeVolumesCommand)
      .resolves(
        recordedAnswer('aws-cloud-custodian/test_ebs_modify_iops_percent_gp3/ec2.DescribeVolumes_1.json'),
      )

    const { events } = await collect(configEbs)

    expect(events[0]?.properties).toMatchObject({ volume_type: 'gp3', iops: '3000', throughput: '125' })
  })

  it('lists every instance of a volume with several attachments', async () => {
    const event = await collectVolume({
      MultiAttachEnabled: true,
      Attachments: [
        { InstanceId: 'i-1', Device: '/dev/sdf', State: 'attached', DeleteOnTermination: false },
        { InstanceId: 'i-2', Device: '/dev/sdg', State: 'busy', DeleteOnTermination: true },
      ],
    })

    expect(event?.properties).toMatchObject({
      multi_attach: 'true',
      instance_ids: 'i-1,i-2',
      device_names: '/dev/sdf,/dev/sdg',
      attachment_states: 'attached,busy',
      delete_on_termination: 'false,true',
    })
  })

  it('keeps the place of an attachment that lacks something', async () => {
    const event = await collectVolume({
      Attachments: [
        { InstanceId: 'i-1', State: 'attaching' },
        { AssociatedResource: 'arn:task', Device: '/dev/sdg', DeleteOnTermination: true },
      ],
    })

    expect(event?.properties).toEqual({
      attached: 'true',
      instance_ids: 'i-1',
      attached_resource_arns: 'arn:task',
      device_names: ',/dev/sdg',
      attachment_states: 'attaching,',
      delete_on_termination: ',true',
    })
  })

  it('takes the partition of the ARN from the region', async () => {
    ec2.on(DescribeVolumesCommand).resolves({ Volumes: [{ VolumeId: 'vol-1' }] })

    const { events } = await collect(configEbs, { region: 'cn-north-1' })

    expect(events[0]?.resource_arn).toBe('arn:aws-cn:ec2:cn-north-1:644160558196:volume/vol-1')
  })

  it('finds no volumes in an empty answer', async () => {
    ec2.on(DescribeVolumesCommand).resolves({ Volumes: [] })

    const { events, run } = await collect(configEbs)

    expect(events).toEqual([])
    expect(run.status).toBe('complete')
  })

  it('does not take an answer without its list for none found', async () => {
    ec2.on(DescribeVolumesCommand).resolves({})

    const { run } = await collect(configEbs)

    expect(run.status).toBe('failed')
    expect(run.errors).toEqual([expect.stringContaining("no list 'Volumes'")])
  })

  it('keeps the pages before an error, and is not complete', async () => {
    ec2
      .on(DescribeVolumesCommand)
      .resolvesOnce({ Volumes: [{ VolumeId: 'vol-1' }], NextToken: 'more' })
      .rejects(awsError('RequestLimitExceeded'))

    const { events, run } = await collect(configEbs)

    expect(events.map((event) => event.resource_id)).toEqual(['vol-1'])
    expect(run.status).toBe('throttled')
  })

  it('rejects a volume without an id and goes on', async () => {
    ec2.on(DescribeVolumesCommand).resolves({ Volumes: [{ Size: 8 }, { VolumeId: 'vol-2' }] })

    const { events, run } = await collect(configEbs)

    expect(events.map((event) => event.resource_id)).toEqual(['vol-2'])
    expect(run).toMatchObject({ status: 'partial', rejected: 1 })
  })

  it('reads a volume whose every field is null', async () => {
    ec2.on(DescribeVolumesCommand).resolves({ Volumes: [nullFields('VolumeType', 'Attachments', 'Tags')] })

    const { events } = await collect(configEbs)

    expect(events).toEqual([makeVolumeEvent('vol-1', { properties: { attached: 'false' } })])
  })

  it('passes a value through that AWS has added since', async () => {
    const volume: Volume = JSON.parse('{"VolumeId":"vol-1","VolumeType":"gp9","State":"melting"}')

    expect((await collectVolume(volume))?.properties).toMatchObject({ volume_type: 'gp9', state: 'melting' })
  })

  it('keeps a tag without a value and leaves out one without a key', async () => {
    const event = await collectVolume({
      Tags: [{ Key: 'bare' }, { Value: 'lost' }, { Key: 'a', Value: 'b' }],
    })

    expect(event?.properties).toEqual({ attached: 'false', 'tag:bare': '', 'tag:a': 'b' })
  })

  it('keeps a tag of a megabyte whole', async () => {
    const value = 'x'.repeat(1024 * 1024)

    expect((await collectVolume({ Tags: [{ Key: 'big', Value: value }] }))?.properties['tag:big']).toBe(value)
  })
})

function makeVolumeEvent(id: string, columns: Partial<Parameters<typeof makeEvent>[0]>) {
  return makeEvent({
    collector: 'config_ebs',
    resource_type: 'ebs:volume',
    resource_id: id,
    resource_arn: `arn:aws:ec2:us-east-1:644160558196:volume/${id}`,
    ...columns,
  })
}

async function collectVolume(volume: Volume) {
  ec2.on(DescribeVolumesCommand).resolves({ Volumes: [{ VolumeId: 'vol-1', ...volume }] })
  const { events } = await collect(configEbs)
  return events[0]
}

function nullFields(...names: string[]): Volume {
  return { VolumeId: 'vol-1', ...Object.fromEntries(names.map((name) => [name, null])) }
}
