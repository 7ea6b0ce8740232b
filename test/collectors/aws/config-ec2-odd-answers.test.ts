import { DescribeInstancesCommand, EC2Client, type Instance } from '@aws-sdk/client-ec2'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, it } from 'vitest'
import { configEc2 } from '../../../packages/collectors/src/aws/config-ec2.ts'
import { awsError, collect, recordedAnswer } from '../harness.ts'

const ec2 = mockClient(EC2Client)

beforeEach(() => {
  ec2.reset()
})

describe('config_ec2, when the answer is not as usual', () => {
  it('finds no instances in an empty answer', async () => {
    ec2
      .on(DescribeInstancesCommand)
      .resolves(
        recordedAnswer('aws-cloud-custodian/test_account_missing_resource_ec2/ec2.DescribeInstances_1.json'),
      )

    const { events, run } = await collect(configEc2)

    expect(events).toEqual([])
    expect(run.status).toBe('complete')
  })

  it('does not take an answer without its list for none found', async () => {
    ec2.on(DescribeInstancesCommand).resolves({})

    const { run } = await collect(configEc2)

    expect(run.status).toBe('failed')
  })

  it('is not complete when a reservation lacks its instances', async () => {
    ec2
      .on(DescribeInstancesCommand)
      .resolves({ Reservations: [{ ReservationId: 'r-1' }, { Instances: [{ InstanceId: 'i-2' }] }] })

    const { events, run } = await collect(configEc2)

    expect(events.map((event) => event.resource_id)).toEqual(['i-2'])
    expect(run).toMatchObject({ status: 'partial', rejected: 1 })
  })

  it('rejects one instance of a reservation and keeps the others', async () => {
    ec2
      .on(DescribeInstancesCommand)
      .resolves({ Reservations: [{ Instances: [malformed, { InstanceId: 'i-2' }, { ImageId: 'ami-1' }] }] })

    const { events, run } = await collect(configEc2)

    expect(events.map((event) => event.resource_id)).toEqual(['i-2'])
    expect(run).toMatchObject({ status: 'partial', rejected: 2 })
  })

  it('reads an instance whose every field is null', async () => {
    ec2.on(DescribeInstancesCommand).resolves({ Reservations: [{ Instances: [nullInstance] }] })

    const { events } = await collect(configEc2)

    expect(events).toMatchObject([{ resource_id: 'i-1' }])
    expect(events[0]?.properties).toEqual({ lifecycle: 'on-demand' })
  })

  it('passes values through that AWS has added since', async () => {
    const instance: Instance = JSON.parse(
      '{"InstanceLifecycle":"on-loan","State":{"Name":"melting"},"InstanceType":"z99.nano"}',
    )

    expect(await propertiesOf(instance)).toMatchObject({
      lifecycle: 'on-loan',
      state: 'melting',
      instance_type: 'z99.nano',
    })
  })

  it('keeps a time that is not in the form of the SDK', async () => {
    expect(await propertiesOf(JSON.parse('{"LaunchTime":"2015-02-03"}'))).toMatchObject({
      launch_time: '2015-02-03',
    })
  })

  it('reports denied access as that', async () => {
    ec2.on(DescribeInstancesCommand).rejects(awsError('UnauthorizedOperation'))

    const { events, run } = await collect(configEc2)

    expect(events).toEqual([])
    expect(run.status).toBe('denied')
  })
})

const malformed: Instance = JSON.parse('{"InstanceId":"i-1","Tags":"none"}')

const nullInstance: Instance = {
  InstanceId: 'i-1',
  ...Object.fromEntries(
    [
      'State',
      'Placement',
      'NetworkInterfaces',
      'BlockDeviceMappings',
      'SecurityGroups',
      'Tags',
      'CpuOptions',
      'MetadataOptions',
      'InstanceLifecycle',
      'StateTransitionReason',
      'LaunchTime',
    ].map((name) => [name, null]),
  ),
}

async function propertiesOf(instance: Instance) {
  ec2
    .on(DescribeInstancesCommand)
    .resolves({ Reservations: [{ Instances: [{ InstanceId: 'i-1', ...instance }] }] })
  const { events } = await collect(configEc2)
  return events[0]?.properties
}
