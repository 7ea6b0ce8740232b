import {
  AllocateAddressCommand,
  AssociateAddressCommand,
  CreateNatGatewayCommand,
  CreateNetworkInterfaceCommand,
  CreateSubnetCommand,
  CreateVolumeCommand,
  CreateVpcCommand,
  type EC2Client,
  RunInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import {
  CreateLoadBalancerCommand,
  type ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2'

export const IMAGE = 'ami-12c6146b'
const OWNER = [{ Key: 'team', Value: 'search' }]

export function required<Value>(value: Value | undefined, name: string): Value {
  if (value === undefined) throw new Error(`the emulator answered without ${name}`)
  return value
}

export type Estate = Awaited<ReturnType<typeof createEstate>>

/** A little of everything that the collectors look for, and several pages of instances and load balancers. */
export async function createEstate(ec2: EC2Client, elbv2: ElasticLoadBalancingV2Client) {
  const subnetIds = await createSubnets(ec2)
  const [subnetId] = subnetIds
  const instances = await createInstances(ec2, subnetId)
  const volume = await ec2.send(
    new CreateVolumeCommand({
      AvailabilityZone: 'us-east-1a',
      Size: 37,
      VolumeType: 'gp3',
      TagSpecifications: [{ ResourceType: 'volume', Tags: OWNER }],
    }),
  )
  const spare = await ec2.send(new AllocateAddressCommand({ Domain: 'vpc' }))
  const used = await ec2.send(new AllocateAddressCommand({ Domain: 'vpc' }))
  const forGateway = await ec2.send(new AllocateAddressCommand({ Domain: 'vpc' }))
  await ec2.send(
    new AssociateAddressCommand({ AllocationId: used.AllocationId, InstanceId: instances.running }),
  )
  const gateway = await ec2.send(
    new CreateNatGatewayCommand({
      SubnetId: subnetId,
      AllocationId: forGateway.AllocationId,
      TagSpecifications: [{ ResourceType: 'natgateway', Tags: OWNER }],
    }),
  )
  const networkInterface = await ec2.send(
    new CreateNetworkInterfaceCommand({ SubnetId: subnetId, Description: 'spare' }),
  )
  return {
    ...instances,
    volume: required(volume.VolumeId, 'VolumeId'),
    spareAddress: required(spare.AllocationId, 'AllocationId'),
    usedAddress: required(used.AllocationId, 'AllocationId'),
    natGateway: required(gateway.NatGateway?.NatGatewayId, 'NatGatewayId'),
    networkInterface: required(networkInterface.NetworkInterface?.NetworkInterfaceId, 'NetworkInterfaceId'),
    loadBalancers: await createLoadBalancers(elbv2, subnetIds),
  }
}

async function createSubnets(ec2: EC2Client): Promise<[string, string]> {
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.9.0.0/16' }))
  const create = async (CidrBlock: string, AvailabilityZone: string) => {
    const answer = await ec2.send(
      new CreateSubnetCommand({ VpcId: required(Vpc?.VpcId, 'VpcId'), CidrBlock, AvailabilityZone }),
    )
    return required(answer.Subnet?.SubnetId, 'SubnetId')
  }
  return [await create('10.9.0.0/20', 'us-east-1a'), await create('10.9.16.0/20', 'us-east-1b')]
}

async function createInstances(ec2: EC2Client, SubnetId: string) {
  const launch = async (count: number, Name: string) => {
    const { Instances = [] } = await ec2.send(
      new RunInstancesCommand({
        ImageId: IMAGE,
        InstanceType: 't3.micro',
        MinCount: count,
        MaxCount: count,
        SubnetId,
        TagSpecifications: [{ ResourceType: 'instance', Tags: [...OWNER, { Key: 'Name', Value: Name }] }],
      }),
    )
    return Instances.map((instance) => required(instance.InstanceId, 'InstanceId'))
  }
  const first = async (ids: Promise<string[]>) => required((await ids)[0], 'instances')
  const running = await first(launch(1, 'runs'))
  const stopped = await first(launch(1, 'stopped'))
  const terminated = await first(launch(1, 'gone'))
  for (let index = 0; index < 20; index++) await launch(1, `more-${index}`)
  await ec2.send(new StopInstancesCommand({ InstanceIds: [stopped] }))
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [terminated] }))
  return { running, stopped, terminated }
}

async function createLoadBalancers(elbv2: ElasticLoadBalancingV2Client, Subnets: string[]) {
  const create = async (Name: string, Type: 'application' | 'network', Tags = OWNER) => {
    const { LoadBalancers } = await elbv2.send(new CreateLoadBalancerCommand({ Name, Type, Subnets, Tags }))
    return required(LoadBalancers?.[0]?.LoadBalancerArn, 'LoadBalancerArn')
  }
  const arns = { application: await create('web', 'application'), network: await create('tcp', 'network') }
  for (let index = 0; index < 23; index++) await create(`more-${index}`, 'application')
  return arns
}
