import { DescribeInstancesCommand, EC2Client, type Instance } from '@aws-sdk/client-ec2'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, it } from 'vitest'
import { configEc2 } from '../../../packages/collectors/src/aws/config-ec2.ts'
import { collect, makeEvent, recordedAnswer } from '../harness.ts'

const ec2 = mockClient(EC2Client)
const recorded = (path: string) => recordedAnswer(`aws-cloud-custodian/${path}.json`)
const SPOT = 'test_ec2_propagate_spot_tags/ec2.DescribeInstances_1'
const TERMINATED = 'test_ec2_network_location/ec2.DescribeInstances_1'

beforeEach(() => {
  ec2.reset()
})

describe('config_ec2', () => {
  it('yields one event per instance, across pages', async () => {
    ec2
      .on(DescribeInstancesCommand)
      .resolvesOnce({ ...recorded(SPOT), NextToken: 'more' })
      .on(DescribeInstancesCommand, { NextToken: 'more' })
      .resolves(recorded(TERMINATED))

    const { events, run } = await collect(configEc2)

    expect(run.status).toBe('complete')
    expect(events).toEqual([
      makeInstanceEvent('i-01db165f1452ef5e4', {
        instance_type: 'm4.large',
        state: 'running',
        lifecycle: 'spot',
        launch_time: '2018-03-29T08:49:35.000Z',
        architecture: 'x86_64',
        hypervisor: 'xen',
        virtualization_type: 'hvm',
        image_id: 'ami-916f59f4',
        vpc_id: 'vpc-5f6c9936',
        subnet_id: 'subnet-65dbce1d',
        availability_zone: 'us-east-2b',
        private_ip_address: '172.31.18.126',
        private_ip_addresses: '172.31.18.126',
        public_ip_address: '18.188.145.53',
        public_ip_addresses: '18.188.145.53',
        private_dns_name: 'ip-172-31-18-126.us-east-2.compute.internal',
        public_dns_name: 'ec2-18-188-145-53.us-east-2.compute.amazonaws.com',
        network_interface_ids: 'eni-7f50212b',
        security_group_ids: 'sg-aa6c90c3',
        security_group_names: 'default',
        source_dest_check: 'true',
        ena_support: 'true',
        root_device_name: '/dev/sda1',
        root_device_type: 'ebs',
        volume_ids: 'vol-03b23d0cd5c8319d2',
        device_names: '/dev/sda1',
        delete_on_termination_volume_ids: 'vol-03b23d0cd5c8319d2',
        ebs_optimized: 'false',
        monitoring: 'disabled',
        tenancy: 'default',
        spot_instance_request_id: 'sir-rg1rrj3k',
        reservation_id: 'r-0efbcd01099e3e29d',
        owner_id: '644160558196',
        requester_id: '257867366987',
      }),
      makeInstanceEvent('i-06942813abca96f71', {
        instance_type: 't2.micro',
        state: 'terminated',
        state_reason: 'Client.UserInitiatedShutdown',
        state_reason_message: 'Client.UserInitiatedShutdown: User initiated shutdown',
        state_transition_reason: 'User initiated (2019-02-28 21:58:47 GMT)',
        state_transition_time: '2019-02-28T21:58:47.000Z',
        lifecycle: 'on-demand',
        launch_time: '2019-02-28T21:58:36.000Z',
        architecture: 'x86_64',
        hypervisor: 'xen',
        virtualization_type: 'hvm',
        cpu_core_count: '1',
        cpu_threads_per_core: '1',
        image_id: 'ami-0799ad445b5727125',
        key_name: 'caponeaws',
        availability_zone: 'us-west-1a',
        ena_support: 'true',
        root_device_name: '/dev/xvda',
        root_device_type: 'ebs',
        ebs_optimized: 'false',
        monitoring: 'disabled',
        tenancy: 'default',
        hibernation: 'false',
        reservation_id: 'r-03daddd97f501bdd2',
        owner_id: '644160558196',
      }),
    ])
  })

  it('yields every instance of a reservation with several', async () => {
    ec2
      .on(DescribeInstancesCommand)
      .resolves({ Reservations: [{ Instances: [{ InstanceId: 'i-1' }, { InstanceId: 'i-2' }] }] })

    const { events } = await collect(configEc2)

    expect(events.map((event) => event.resource_id)).toEqual(['i-1', 'i-2'])
  })

  it('asks for pages of 1000', async () => {
    ec2.on(DescribeInstancesCommand).resolves({ Reservations: [] })

    await collect(configEc2)

    expect(ec2.commandCalls(DescribeInstancesCommand).map(({ args }) => args[0].input)).toEqual([
      { MaxResults: 1000 },
    ])
  })

  it('reports a stopped instance with its name and owner tags', async () => {
    ec2.on(DescribeInstancesCommand).resolves(recorded('test_query_filter/ec2.DescribeInstances_1'))

    const { events } = await collect(configEc2)

    expect(events[0]).toMatchObject({
      resource_id: 'i-9432cb49',
      resource_name: 'CompiledLambda',
      properties: {
        state: 'stopped',
        state_transition_reason: 'User initiated (2016-05-17 11:32:39 GMT)',
        state_transition_time: '2016-05-17T11:32:39.000Z',
        'tag:Name': 'CompiledLambda',
      },
    })
  })

  it('tells how the metadata service may be used', async () => {
    ec2.on(DescribeInstancesCommand).resolves(recordedAnswer('aws-cli-docs/ec2/describe-instances__1.json'))

    const { events } = await collect(configEc2)

    expect(events[0]?.properties).toMatchObject({
      http_tokens: 'optional',
      http_put_response_hop_limit: '1',
      http_endpoint: 'enabled',
      http_protocol_ipv6: 'disabled',
      instance_metadata_tags: 'enabled',
    })
  })

  it('lists the IPv6 addresses of all interfaces', async () => {
    const properties = await propertiesOf({
      NetworkInterfaces: [
        {
          NetworkInterfaceId: 'eni-1',
          Ipv6Addresses: [{ Ipv6Address: '2600:1f18::1' }, { Ipv6Address: '2600:1f18::2' }],
        },
        { NetworkInterfaceId: 'eni-2', Ipv6Addresses: [{ Ipv6Address: '2600:1f18::3' }] },
      ],
    })

    expect(properties).toMatchObject({
      ipv6_addresses: '2600:1f18::1,2600:1f18::2,2600:1f18::3',
      network_interface_ids: 'eni-1,eni-2',
    })
  })

  it('tells the addresses of every interface apart from the primary ones', async () => {
    const properties = await propertiesOf({
      PrivateIpAddress: '10.0.0.1',
      NetworkInterfaces: [
        { PrivateIpAddresses: [{ PrivateIpAddress: '10.0.0.1' }, { PrivateIpAddress: '10.0.0.2' }] },
        { PrivateIpAddresses: [{ PrivateIpAddress: '10.0.1.1', Association: { PublicIp: '3.3.3.3' } }] },
      ],
    })

    expect(properties).toMatchObject({
      private_ip_address: '10.0.0.1',
      private_ip_addresses: '10.0.0.1,10.0.0.2,10.0.1.1',
      public_ip_addresses: '3.3.3.3',
    })
  })

  it('tells which volumes outlive the instance', async () => {
    const properties = await propertiesOf({
      BlockDeviceMappings: [
        { DeviceName: '/dev/xvda', Ebs: { VolumeId: 'vol-root', DeleteOnTermination: true } },
        { DeviceName: '/dev/sdf', Ebs: { VolumeId: 'vol-data', DeleteOnTermination: false } },
      ],
    })

    expect(properties).toMatchObject({
      volume_ids: 'vol-root,vol-data',
      device_names: '/dev/xvda,/dev/sdf',
      delete_on_termination_volume_ids: 'vol-root',
    })
  })

  it('takes the Auto Scaling group from the tag that it sets', async () => {
    ec2.on(DescribeInstancesCommand).resolves(recorded('test_ecs_cluster_storage/ec2.DescribeInstances_2'))

    const { events } = await collect(configEc2)

    expect(events[0]?.properties.auto_scaling_group_name).toBe('c7n-ecs-test-success')
  })

  it('gives an untagged instance the owner that its account defaults to', async () => {
    ec2.on(DescribeInstancesCommand).resolves(recorded(SPOT))

    const { events } = await collect(configEc2, { account: { tagDefaults: { marqo_customer: 'platform' } } })

    expect(events[0]).toMatchObject({
      marqo_customer: 'platform',
      properties: { 'inherited_from:marqo_customer': 'account' },
    })
  })
})

function makeInstanceEvent(id: string, properties: Record<string, string>) {
  return makeEvent({
    collector: 'config_ec2',
    resource_type: 'ec2:instance',
    resource_id: id,
    resource_arn: `arn:aws:ec2:us-east-1:644160558196:instance/${id}`,
    properties,
  })
}

async function propertiesOf(instance: Instance) {
  ec2
    .on(DescribeInstancesCommand)
    .resolves({ Reservations: [{ Instances: [{ InstanceId: 'i-1', ...instance }] }] })
  const { events } = await collect(configEc2)
  return events[0]?.properties
}
