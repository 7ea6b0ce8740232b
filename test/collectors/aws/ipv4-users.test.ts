import {
  type Address,
  DescribeInstancesCommand,
  DescribeNatGatewaysCommand,
  type NetworkInterface,
} from '@aws-sdk/client-ec2'
import { DescribeTagsCommand } from '@aws-sdk/client-elastic-load-balancing-v2'
import { beforeEach, describe, expect, it } from 'vitest'
import { ACCOUNT } from '../harness.ts'
import { ARN, describedAs, ec2, elasticIp, elbv2, emptyAccount, interfaceOf, look } from './ipv4-estate.ts'

beforeEach(emptyAccount)

describe('ipv4 tells of an Elastic IP', () => {
  const associated = { AssociationId: 'eipassoc-1', NetworkInterfaceId: 'eni-1' }
  const attached = { ...associated, InstanceId: 'i-1' }

  it.each([
    ['associated with nothing', {}, {}],
    ['its network interface is attached to nothing', associated, { Status: 'available' }],
  ] as const)('that it is idle: %s', async (state_reason, address, networkInterface) => {
    const { events } = await look({
      elasticIps: [elasticIp(address)],
      networkInterfaces: [interfaceOf(networkInterface)].filter(() => 'AssociationId' in address),
    })

    expect(events).toMatchObject([{ value: 0.005, properties: { state: 'idle', state_reason } }])
  })

  it.each([
    ['pending', 'in_use'],
    ['running', 'in_use'],
    ['stopping', 'idle'],
    ['stopped', 'idle'],
    ['terminated', 'idle'],
  ] as const)('on an instance that is %s, that it is %s', async (Name, state) => {
    const { events } = await look({
      elasticIps: [elasticIp(attached)],
      instances: [{ InstanceId: 'i-1', State: { Name } }],
    })

    expect(events).toMatchObject([{ value: 0.005, properties: { state, instance_state: Name } }])
  })

  it('that it is in use where an interface has it by now, though the list of addresses does not say so yet', async () => {
    const { events } = await look({
      elasticIps: [elasticIp({})],
      networkInterfaces: [interfaceOf({ Attachment: { InstanceId: 'i-1' } })],
      instances: [{ InstanceId: 'i-1', State: { Name: 'running' } }],
    })

    expect(events).toMatchObject([{ properties: { state: 'in_use', used_by: `${ARN}:instance/i-1` } }])
    expect(events[0]?.properties).not.toHaveProperty('state_reason')
  })

  it('that its state is unknown where its instance is gone', async () => {
    const { events } = await look({ elasticIps: [elasticIp(attached)] })

    expect(events).toMatchObject([{ value: 0.005, properties: { unknown: 'state' } }])
    expect(events[0]?.properties).not.toHaveProperty('state')
  })
})

describe('ipv4 tells who uses an address:', () => {
  const balancers = `arn:aws:elasticloadbalancing:us-east-1:${ACCOUNT}:loadbalancer`
  const task = `arn:aws:ecs:us-east-1:${ACCOUNT}:attachment/4f-5b`
  const own = `${ARN}:network-interface/eni-1`

  it.each<[string, string | undefined, string, NetworkInterface]>([
    ['NAT gateway', 'nat-gateway', `${ARN}:natgateway/nat-1`, describedAs('Interface for NAT Gateway nat-1')],
    ['load balancer', 'load-balancer', `${balancers}/app/web/50dc`, describedAs('ELB app/web/50dc')],
    ['Classic Load Balancer', 'load-balancer', `${balancers}/old-one`, describedAs('ELB old-one')],
    ['ECS task', 'elastic-container-service', task, describedAs(task)],
    ['RDS', 'relational-database-service', own, describedAs('RDSNetworkInterface')],
    ['Redshift', 'redshift', own, describedAs('RedshiftNetworkInterface')],
    ['DMS', 'database-migration-service', own, describedAs('DMSNetworkInterface')],
    ['type', 'nat-gateway', own, { RequesterManaged: true, InterfaceType: 'natGateway' }],
    [
      'another type',
      'api-gateway-managed',
      own,
      { RequesterManaged: true, InterfaceType: 'api_gateway_managed' },
    ],
    [
      'principal',
      'workspaces',
      own,
      { RequesterManaged: true, Operator: { Managed: true, Principal: 'workspaces.amazonaws.com' } },
    ],
    [
      'owner of the address',
      'elasticache',
      own,
      { RequesterManaged: true, Association: { PublicIp: '192.0.2.1', IpOwnerId: 'amazon-elasticache' } },
    ],
    ['what nobody says', undefined, own, { RequesterManaged: true }],
    ['description that anyone wrote', undefined, own, { Description: 'Interface for NAT Gateway nat-1' }],
  ])('by its %s', async (_, service, used_by, networkInterface) => {
    const { events, run } = await look({ networkInterfaces: [interfaceOf(networkInterface)] })

    expect(run.errors.filter((error) => !error.includes('load balancers'))).toEqual([])
    expect(events.map(({ properties }) => [properties.service, properties.used_by])).toEqual([
      [service, used_by],
    ])
  })

  it('takes the service that manages an Elastic IP whose interface is not seen', async () => {
    const { events } = await look({
      elasticIps: [elasticIp({ AssociationId: 'eipassoc-1', ServiceManaged: 'alb' })],
    })

    expect(events).toMatchObject([{ properties: { service: 'load-balancer' } }])
  })
})

describe('ipv4 prices', () => {
  const free = { value: 0, unit: 'USD/hour' }
  const charged = { value: 0.005, unit: 'USD/hour' }
  const unknown = { value: 0, unit: '' }

  it.each<[string, object, Address]>([
    ['from Amazon', charged, { PublicIpv4Pool: 'amazon' }],
    ['from an own pool', free, { PublicIpv4Pool: 'ipv4pool-ec2-012345' }],
    ['from a pool of IPAM', unknown, { PublicIpv4Pool: 'ipam-pool-0123' }],
    ['of a carrier', free, { PublicIp: undefined, CarrierIp: '192.0.2.1' }],
    ['of the customer', free, { PublicIp: undefined, CustomerOwnedIp: '192.0.2.1' }],
  ])('an address %s', async (_, price, address) => {
    const { events } = await look({ elasticIps: [elasticIp(address)] })

    expect(events).toMatchObject([{ resource_id: '192.0.2.1', ...price }])
    const isExplained = events[0]?.properties.charge_reason !== undefined
    expect(isExplained).toBe(price !== charged)
  })

  it.each(['cn-north-1', 'eusc-de-east-1'])('none in %s, where they are others', async (region) => {
    const { events } = await look({ elasticIps: [elasticIp({})] }, region)

    expect(events).toMatchObject([{ ...unknown, properties: { charge: 'unknown', state: 'idle' } }])
  })

  it('a service’s address as any other', async () => {
    const { events } = await look({ networkInterfaces: [interfaceOf(describedAs('RDSNetworkInterface'))] })

    expect(events).toMatchObject([{ ...charged, properties: { address_type: 'service-managed-ip' } }])
  })
})

describe('ipv4 finds the owner', () => {
  const tag = (Value: string) => [{ Key: 'team', Value }]
  const address = { AssociationId: 'eipassoc-1', NetworkInterfaceId: 'eni-1' }
  const onInstance = { Attachment: { InstanceId: 'i-1' } }
  const instances = [{ InstanceId: 'i-1', State: { Name: 'running' as const }, Tags: tag('instance') }]

  it.each([
    ['address', elasticIp({ ...address, Tags: tag('address') }), tag('interface'), undefined],
    ['interface', elasticIp(address), tag('interface'), `${ARN}:network-interface/eni-1`],
    ['instance', elasticIp(address), [], `${ARN}:instance/i-1`],
  ])('by the tags of the %s before those further away', async (owner, eip, TagSet, origin) => {
    const { events } = await look({
      elasticIps: [eip],
      networkInterfaces: [interfaceOf({ ...onInstance, TagSet })],
      instances,
    })

    expect(events.map(({ marqo_customer }) => marqo_customer)).toEqual([owner])
    expect(events[0]?.properties['inherited_from:marqo_customer']).toBe(origin)
  })

  it('by the tags of the NAT gateway or load balancer that the interface is for', async () => {
    const arn = `arn:aws:elasticloadbalancing:us-east-1:${ACCOUNT}:loadbalancer/net/tcp/1f`
    ec2
      .on(DescribeNatGatewaysCommand, {
        Filter: [{ Name: 'nat-gateway-id', Values: ['nat-1'] }],
        MaxResults: 1000,
      })
      .resolves({ NatGateways: [{ NatGatewayId: 'nat-1', Tags: tag('network') }] })
    elbv2
      .on(DescribeTagsCommand, { ResourceArns: [arn] })
      .resolves({ TagDescriptions: [{ ResourceArn: arn, Tags: tag('web') }] })

    const { events, run } = await look({
      networkInterfaces: [
        interfaceOf(describedAs('Interface for NAT Gateway nat-1')),
        interfaceOf({
          ...describedAs('ELB net/tcp/1f'),
          Association: { PublicIp: '192.0.2.2', IpOwnerId: 'amazon-elb' },
        }),
      ],
    })

    expect(run.status).toBe('complete')
    expect(
      events.map(({ marqo_customer, properties }) => [
        marqo_customer,
        properties['inherited_from:marqo_customer'],
      ]),
    ).toEqual([
      ['network', `${ARN}:natgateway/nat-1`],
      ['web', arn],
    ])
  })

  it('asks for more instances than a filter takes in several calls', async () => {
    const networkInterfaces = Array.from({ length: 450 }, (_, index) =>
      interfaceOf({
        Attachment: { InstanceId: `i-${index}` },
        Association: { PublicIp: `198.51.${index >> 8}.${index & 255}` },
      }),
    )

    const { events } = await look({ networkInterfaces })

    const filters = ec2.commandCalls(DescribeInstancesCommand).map(({ args }) => args[0].input.Filters?.[0])
    expect(filters.map((filter) => filter?.Values?.length)).toEqual([200, 200, 50])
    expect(events).toHaveLength(450)
  })
})
