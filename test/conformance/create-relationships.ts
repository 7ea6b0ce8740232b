import {
  type AutoScalingClient,
  CreateAutoScalingGroupCommand,
  CreateLaunchConfigurationCommand,
} from '@aws-sdk/client-auto-scaling'
import {
  AllocateAddressCommand,
  AssociateAddressCommand,
  AttachNetworkInterfaceCommand,
  AttachVolumeCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateLaunchTemplateCommand,
  CreateNatGatewayCommand,
  CreateNetworkInterfaceCommand,
  CreateSecurityGroupCommand,
  CreateSnapshotCommand,
  CreateSubnetCommand,
  CreateVolumeCommand,
  CreateVpcCommand,
  type EC2Client,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2'
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  type ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
  type TargetTypeEnum,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { IMAGE, required } from './create-estate.ts'

/** More than a page of each, see `PAGE_SIZE`. */
export const MANY = 12
/** Instances of the Auto Scaling group. */
export const LAUNCHED = 2
const ZONE = 'us-east-1a'

interface Clients {
  readonly ec2: EC2Client
  readonly elbv2: ElasticLoadBalancingV2Client
  readonly autoscaling: AutoScalingClient
}

export type RelatedEstate = Awaited<ReturnType<typeof createRelationships>>

/** Resources that go with each other in every way that the emulator can make. */
export async function createRelationships(clients: Clients) {
  const network = await createNetwork(clients.ec2)
  const compute = await createCompute(clients.ec2, network)
  const addresses = await createAddresses(clients.ec2, network, compute)
  const balancing = await createBalancing(clients.elbv2, network, compute)
  const scaling = await createScaling(clients, network, balancing)
  return { ...network, ...compute, ...addresses, ...balancing, ...scaling }
}

type Network = Awaited<ReturnType<typeof createNetwork>>
type Compute = Awaited<ReturnType<typeof createCompute>>
type Balancing = Awaited<ReturnType<typeof createBalancing>>

async function createNetwork(ec2: EC2Client) {
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.9.0.0/16' }))
  const vpc = required(Vpc?.VpcId, 'VpcId')
  const createSubnet = async (CidrBlock: string, AvailabilityZone: string) => {
    const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId: vpc, CidrBlock, AvailabilityZone }))
    return required(Subnet?.SubnetId, 'SubnetId')
  }
  const subnet = await createSubnet('10.9.0.0/20', ZONE)
  const otherSubnet = await createSubnet('10.9.16.0/20', 'us-east-1b')
  const groups: string[] = []
  for (let index = 0; index < MANY; index++) {
    const { GroupId } = await ec2.send(
      new CreateSecurityGroupCommand({ GroupName: `g-${index}`, Description: 'a group', VpcId: vpc }),
    )
    groups.push(required(GroupId, 'GroupId'))
  }
  const [group = '', guest = ''] = groups
  const IpPermissions = [
    { IpProtocol: 'tcp', FromPort: 80, ToPort: 80, UserIdGroupPairs: [{ GroupId: guest }] },
  ]
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: group, IpPermissions }))
  return { vpc, subnet, otherSubnet, group, guest }
}

async function createCompute(ec2: EC2Client, { subnet, group }: Network) {
  const instances: string[] = []
  for (let index = 0; index < MANY; index++) {
    const { Instances } = await ec2.send(
      new RunInstancesCommand({
        ImageId: IMAGE,
        InstanceType: 't3.micro',
        MinCount: 1,
        MaxCount: 1,
        SubnetId: subnet,
        SecurityGroupIds: [group],
      }),
    )
    instances.push(required(Instances?.[0]?.InstanceId, 'InstanceId'))
  }
  const [InstanceId = ''] = instances
  const { VolumeId } = await ec2.send(new CreateVolumeCommand({ AvailabilityZone: ZONE, Size: 8 }))
  await ec2.send(new AttachVolumeCommand({ VolumeId, InstanceId, Device: '/dev/sdf' }))
  for (let index = 0; index < MANY; index++) await ec2.send(new CreateSnapshotCommand({ VolumeId }))
  const { NetworkInterface } = await ec2.send(
    new CreateNetworkInterfaceCommand({ SubnetId: subnet, Groups: [group] }),
  )
  const NetworkInterfaceId = required(NetworkInterface?.NetworkInterfaceId, 'NetworkInterfaceId')
  await ec2.send(new AttachNetworkInterfaceCommand({ NetworkInterfaceId, InstanceId, DeviceIndex: 1 }))
  return {
    instances,
    instance: InstanceId,
    volume: required(VolumeId, 'VolumeId'),
    networkInterface: NetworkInterfaceId,
    privateAddress: required(NetworkInterface?.PrivateIpAddress, 'PrivateIpAddress'),
  }
}

async function createAddresses(ec2: EC2Client, { otherSubnet }: Network, { networkInterface }: Compute) {
  const allocate = async () => {
    const { AllocationId } = await ec2.send(new AllocateAddressCommand({ Domain: 'vpc' }))
    return required(AllocationId, 'AllocationId')
  }
  const address = await allocate()
  await ec2.send(new AssociateAddressCommand({ AllocationId: address, NetworkInterfaceId: networkInterface }))
  const { NatGateway } = await ec2.send(
    new CreateNatGatewayCommand({ SubnetId: otherSubnet, AllocationId: await allocate() }),
  )
  return { address, natGateway: required(NatGateway?.NatGatewayId, 'NatGatewayId') }
}

async function createBalancing(
  elbv2: ElasticLoadBalancingV2Client,
  { subnet, otherSubnet, vpc, group }: Network,
  { instance, privateAddress }: Compute,
) {
  const { LoadBalancers } = await elbv2.send(
    new CreateLoadBalancerCommand({ Name: 'web', Subnets: [subnet, otherSubnet], SecurityGroups: [group] }),
  )
  const loadBalancer = required(LoadBalancers?.[0]?.LoadBalancerArn, 'LoadBalancerArn')
  const create = async (TargetType: TargetTypeEnum, index: number, targets: readonly string[]) => {
    const isLambda = TargetType === 'lambda'
    const { TargetGroups } = await elbv2.send(
      new CreateTargetGroupCommand({
        Name: `${TargetType}-${index}`,
        TargetType,
        ...(isLambda ? {} : { Protocol: 'HTTP', Port: 80, VpcId: vpc }),
      }),
    )
    const arn = required(TargetGroups?.[0]?.TargetGroupArn, 'TargetGroupArn')
    const Targets = targets.map((Id) => (isLambda ? { Id } : { Id, Port: 80 }))
    if (targets.length > 0) await elbv2.send(new RegisterTargetsCommand({ TargetGroupArn: arn, Targets }))
    return arn
  }
  const targetGroups = {
    instance: await create('instance', 0, [instance]),
    ip: await create('ip', 0, [privateAddress, '10.9.15.250']),
    lambda: await create('lambda', 0, ['arn:aws:lambda:us-east-1:123456789012:function:greet']),
    alb: await create('alb', 0, [loadBalancer]),
  }
  for (let index = 1; index <= MANY; index++) await create('instance', index, [])
  const DefaultActions = [{ Type: 'forward' as const, TargetGroupArn: targetGroups.instance }]
  await elbv2.send(
    new CreateListenerCommand({ LoadBalancerArn: loadBalancer, Protocol: 'HTTP', Port: 80, DefaultActions }),
  )
  return { loadBalancer, targetGroups }
}

async function createScaling(
  { ec2, autoscaling }: Clients,
  { subnet, group }: Network,
  { targetGroups }: Balancing,
) {
  const { LaunchTemplate } = await ec2.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: 'web',
      LaunchTemplateData: { ImageId: IMAGE, InstanceType: 't3.micro', SecurityGroupIds: [group] },
    }),
  )
  const launchTemplate = required(LaunchTemplate?.LaunchTemplateId, 'LaunchTemplateId')
  const size = { MinSize: 0, MaxSize: LAUNCHED, VPCZoneIdentifier: subnet }
  await autoscaling.send(
    new CreateAutoScalingGroupCommand({
      ...size,
      AutoScalingGroupName: 'by-template',
      DesiredCapacity: LAUNCHED,
      LaunchTemplate: { LaunchTemplateId: launchTemplate, Version: '$Latest' },
      TargetGroupARNs: [targetGroups.instance],
    }),
  )
  await autoscaling.send(
    new CreateLaunchConfigurationCommand({
      LaunchConfigurationName: 'old',
      ImageId: IMAGE,
      InstanceType: 't3.micro',
    }),
  )
  for (let index = 0; index < MANY; index++) {
    await autoscaling.send(
      new CreateAutoScalingGroupCommand({
        ...size,
        AutoScalingGroupName: `by-configuration-${index}`,
        DesiredCapacity: 0,
        LaunchConfigurationName: 'old',
      }),
    )
  }
  return { launchTemplate }
}
