import {
  type Address,
  DescribeAddressesCommand,
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  EC2Client,
  type Instance,
  type NetworkInterface,
} from '@aws-sdk/client-ec2'
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2'
import { mockClient } from 'aws-sdk-client-mock'
import { ipv4 } from '../../../packages/collectors/src/aws/ipv4.ts'
import { ACCOUNT, collect, makeEvent } from '../harness.ts'

export const ec2 = mockClient(EC2Client)
export const elbv2 = mockClient(ElasticLoadBalancingV2Client)
export const ARN = `arn:aws:ec2:us-east-1:${ACCOUNT}`
export const OTHER_ACCOUNT = '111122223333'

/** To be called before each test: an account that has nothing. */
export function emptyAccount(): void {
  ec2.reset()
  elbv2.reset()
  ec2
    .onAnyCommand()
    .resolves({ Addresses: [], NetworkInterfaces: [], Reservations: [], NatGateways: [], Ipams: [] })
}

export interface Estate {
  readonly elasticIps?: Address[]
  readonly networkInterfaces?: NetworkInterface[]
  readonly instances?: Instance[]
}

export function fill({ elasticIps = [], networkInterfaces = [], instances = [] }: Estate): void {
  ec2.on(DescribeAddressesCommand).resolves({ Addresses: elasticIps })
  ec2.on(DescribeNetworkInterfacesCommand).resolves({ NetworkInterfaces: networkInterfaces })
  ec2.on(DescribeInstancesCommand).resolves({ Reservations: [{ Instances: instances }] })
}

/** A look at an account that has these. */
export function look(estate: Estate, region = 'us-east-1') {
  fill(estate)
  return collect(ipv4, { region })
}

export function elasticIp(columns: Address): Address {
  return { PublicIp: '192.0.2.1', AllocationId: 'eipalloc-1', PublicIpv4Pool: 'amazon', ...columns }
}

export function interfaceOf(columns: NetworkInterface): NetworkInterface {
  const Association = { PublicIp: '192.0.2.1', IpOwnerId: 'amazon' }
  return {
    NetworkInterfaceId: 'eni-1',
    OwnerId: ACCOUNT,
    Status: 'in-use',
    ...(columns.PrivateIpAddresses ? {} : { Association }),
    ...columns,
  }
}

export function describedAs(Description: string): NetworkInterface {
  return { Description, RequesterManaged: true }
}

export function makeAddressEvent(id: string, columns: Partial<Parameters<typeof makeEvent>[0]>) {
  return makeEvent({
    collector: 'ipv4',
    resource_type: 'ec2:ipv4',
    resource_id: id,
    resource_arn: '',
    value: 0.005,
    unit: 'USD/hour',
    ...columns,
  })
}
