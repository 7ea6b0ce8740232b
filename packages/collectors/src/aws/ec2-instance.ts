import type { Instance, InstanceBlockDeviceMapping, Reservation } from '@aws-sdk/client-ec2'
import type { CollectContext, Observation } from '../collector.ts'
import { itemsOf, readTags, valuesOf } from './answer-lists.ts'
import { identifyEc2 } from './identify-ec2.ts'
import { type PropertyTable, readProperties } from './property-table.ts'

export const INSTANCE: PropertyTable<Instance> = {
  instance_type: ['Instance type, such as m7g.large', (i) => i.InstanceType],
  state: ['pending, running, stopping, stopped, shutting-down or terminated', (i) => i.State?.Name],
  state_reason: ['Code of the reason for the latest change of state', (i) => i.StateReason?.Code],
  state_reason_message: ['The reason for the latest change of state', (i) => i.StateReason?.Message],
  state_transition_reason: ['Who or what changed the state', (i) => i.StateTransitionReason],
  state_transition_time: [
    'When the state changed, where the reason says so',
    (i) => transitionTime(i.StateTransitionReason),
  ],
  lifecycle: ['on-demand, spot, scheduled or capacity-block', (i) => i.InstanceLifecycle ?? 'on-demand'],
  launch_time: ['When it was launched, or last started', (i) => i.LaunchTime],
  architecture: ['Processor architecture', (i) => i.Architecture],
  hypervisor: ['Hypervisor', (i) => i.Hypervisor],
  virtualization_type: ['hvm or paravirtual', (i) => i.VirtualizationType],
  cpu_core_count: ['CPU cores', (i) => i.CpuOptions?.CoreCount],
  cpu_threads_per_core: ['Threads per CPU core', (i) => i.CpuOptions?.ThreadsPerCore],
  platform: ['windows, or left out', (i) => i.Platform],
  platform_details: ['Operating system and licence that are billed', (i) => i.PlatformDetails],
  usage_operation: ['Operation that the instance is billed as', (i) => i.UsageOperation],
  usage_operation_update_time: ['When the billed operation last changed', (i) => i.UsageOperationUpdateTime],
  product_codes: ['Marketplace products', (i) => valuesOf(i.ProductCodes, (code) => code.ProductCodeId)],
  license_configuration_arns: [
    'License Manager configurations',
    (i) => valuesOf(i.Licenses, (license) => license.LicenseConfigurationArn),
  ],
  image_id: ['AMI that it was launched from', (i) => i.ImageId],
  boot_mode: ['Boot mode of the AMI', (i) => i.BootMode],
  current_instance_boot_mode: ['Boot mode in use', (i) => i.CurrentInstanceBootMode],
  tpm_support: ['Version of the virtual TPM', (i) => i.TpmSupport],
  key_name: ['SSH key pair given at launch', (i) => i.KeyName],
  iam_instance_profile_arn: ['IAM instance profile', (i) => i.IamInstanceProfile?.Arn],
  http_tokens: [
    'Metadata service: required (IMDSv2 only) or optional (IMDSv1 answers too)',
    (i) => i.MetadataOptions?.HttpTokens,
  ],
  http_endpoint: ['Metadata service: enabled or disabled', (i) => i.MetadataOptions?.HttpEndpoint],
  http_put_response_hop_limit: [
    'Metadata service: network hops that a token may travel',
    (i) => i.MetadataOptions?.HttpPutResponseHopLimit,
  ],
  http_protocol_ipv6: ['Metadata service over IPv6', (i) => i.MetadataOptions?.HttpProtocolIpv6],
  instance_metadata_tags: ['Metadata service tells the tags', (i) => i.MetadataOptions?.InstanceMetadataTags],
  vpc_id: ['VPC', (i) => i.VpcId],
  subnet_id: ['Subnet of the primary network interface', (i) => i.SubnetId],
  availability_zone: ['Availability Zone', (i) => i.Placement?.AvailabilityZone],
  availability_zone_id: [
    'Id of the Availability Zone, the same in all accounts',
    (i) => i.Placement?.AvailabilityZoneId,
  ],
  private_ip_address: ['Primary private IPv4 address', (i) => i.PrivateIpAddress],
  private_ip_addresses: [
    'Private IPv4 addresses of all network interfaces',
    (i) => fromInterfaces(i, (n) => valuesOf(n.PrivateIpAddresses, (ip) => ip.PrivateIpAddress)),
  ],
  public_ip_address: ['Public IPv4 address of the primary network interface', (i) => i.PublicIpAddress],
  public_ip_addresses: [
    'Public IPv4 addresses of all network interfaces',
    (i) => fromInterfaces(i, (n) => valuesOf(n.PrivateIpAddresses, (ip) => ip.Association?.PublicIp)),
  ],
  ipv6_addresses: [
    'IPv6 addresses of all network interfaces',
    (i) => fromInterfaces(i, (n) => valuesOf(n.Ipv6Addresses, (ip) => ip.Ipv6Address)),
  ],
  private_dns_name: ['Private DNS name', (i) => i.PrivateDnsName],
  public_dns_name: ['Public DNS name', (i) => i.PublicDnsName],
  network_interface_ids: [
    'Network interfaces attached',
    (i) => valuesOf(i.NetworkInterfaces, (n) => n.NetworkInterfaceId),
  ],
  security_group_ids: ['Security groups', (i) => valuesOf(i.SecurityGroups, (group) => group.GroupId)],
  security_group_names: [
    'Names of the security groups',
    (i) => valuesOf(i.SecurityGroups, (group) => group.GroupName),
  ],
  source_dest_check: [
    'Whether traffic must be from or to itself; NAT hosts have it off',
    (i) => i.SourceDestCheck,
  ],
  ena_support: ['Enhanced networking', (i) => i.EnaSupport],
  bandwidth_weighting: [
    'How bandwidth is shared by network and EBS',
    (i) => i.NetworkPerformanceOptions?.BandwidthWeighting,
  ],
  root_device_name: ['Device name of the root volume', (i) => i.RootDeviceName],
  root_device_type: ['ebs or instance-store', (i) => i.RootDeviceType],
  volume_ids: ['EBS volumes attached', (i) => volumeIds(i.BlockDeviceMappings)],
  device_names: ['Device names', (i) => valuesOf(i.BlockDeviceMappings, (device) => device.DeviceName)],
  delete_on_termination_volume_ids: [
    'EBS volumes that go when the instance is terminated',
    (i) => volumeIds(i.BlockDeviceMappings?.filter((device) => device?.Ebs?.DeleteOnTermination)),
  ],
  ebs_optimized: ['Whether it has bandwidth of its own to EBS', (i) => i.EbsOptimized],
  monitoring: ['Detailed monitoring: enabled or disabled', (i) => i.Monitoring?.State],
  tenancy: ['default, dedicated or host', (i) => i.Placement?.Tenancy],
  placement_group: ['Placement group', (i) => i.Placement?.GroupName],
  partition_number: ['Partition within the placement group', (i) => i.Placement?.PartitionNumber],
  host_id: ['Dedicated host', (i) => i.Placement?.HostId],
  host_resource_group_arn: ['Group of dedicated hosts', (i) => i.Placement?.HostResourceGroupArn],
  outpost_arn: ['Outpost that it runs on', (i) => i.OutpostArn],
  spot_instance_request_id: ['Spot request that it was launched by', (i) => i.SpotInstanceRequestId],
  capacity_reservation_id: ['Capacity reservation that it runs in', (i) => i.CapacityReservationId],
  capacity_reservation_preference: [
    'Whether it may run in an open capacity reservation',
    (i) => i.CapacityReservationSpecification?.CapacityReservationPreference,
  ],
  capacity_block_id: ['Capacity block that it runs in', (i) => i.CapacityBlockId],
  hibernation: ['Whether it can hibernate', (i) => i.HibernationOptions?.Configured],
  enclave: ['Whether Nitro Enclaves are enabled', (i) => i.EnclaveOptions?.Enabled],
  auto_recovery: ['default or disabled', (i) => i.MaintenanceOptions?.AutoRecovery],
  auto_scaling_group_name: [
    'Auto Scaling group, by the tag that it sets',
    (i) => readTags(i.Tags)['aws:autoscaling:groupName'],
  ],
  operator_principal: ['AWS service that manages the instance', (i) => i.Operator?.Principal],
}

export const RESERVATION: PropertyTable<Reservation> = {
  reservation_id: ['Launch that the instance came from', (reservation) => reservation.ReservationId],
  owner_id: ['Account that owns the instance', (reservation) => reservation.OwnerId],
  requester_id: [
    'Who launched it on the owner’s behalf, such as Auto Scaling',
    (reservation) => reservation.RequesterId,
  ],
}

export function observeInstance(
  context: CollectContext,
  instance: Instance,
  reservation: Reservation,
): Observation {
  return {
    resource_type: 'ec2:instance',
    ...identifyEc2(context, 'instance', { id: instance.InstanceId, tags: instance.Tags }),
    properties: { ...readProperties(INSTANCE, instance), ...readProperties(RESERVATION, reservation) },
  }
}

type Interface = NonNullable<Instance['NetworkInterfaces']>[number]

function fromInterfaces(instance: Instance, read: (networkInterface: Interface) => string[]): string[] {
  return itemsOf(instance.NetworkInterfaces).flatMap(read)
}

function volumeIds(devices: readonly InstanceBlockDeviceMapping[] | undefined): string[] {
  return valuesOf(devices, (device) => device.Ebs?.VolumeId)
}

/** AWS tells the time only in words: 'User initiated (2017-03-20 11:02:30 GMT)'; its emulators say UTC. */
export function transitionTime(reason: string | undefined): string | undefined {
  const [, day, time] = /\((\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) (?:GMT|UTC)\)/.exec(reason ?? '') ?? []
  return day && `${day}T${time}.000Z`
}
