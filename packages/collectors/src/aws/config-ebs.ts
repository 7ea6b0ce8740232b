import { EC2Client, paginateDescribeVolumes, type Volume } from '@aws-sdk/client-ec2'
import { type CollectContext, defineCollector, type Observation } from '../collector.ts'
import { SCHEDULES } from '../schedules.ts'
import { alignedValuesOf, itemsOf, valuesOf } from './answer-lists.ts'
import { identifyEc2 } from './identify-ec2.ts'
import { documentProperties, type PropertyTable, readProperties } from './property-table.ts'

const VOLUME: PropertyTable<Volume> = {
  volume_type: ['Volume type: gp3, gp2, io2, io1, st1, sc1, standard', (v) => v.VolumeType],
  size_gib: ['Size in GiB', (v) => v.Size],
  iops: ['Provisioned or baseline I/O operations per second', (v) => v.Iops],
  throughput: ['Provisioned throughput in MiB/s', (v) => v.Throughput],
  state: ['creating, available, in-use, deleting, deleted or error', (v) => v.State],
  create_time: ['When the volume was created', (v) => v.CreateTime],
  availability_zone: ['Availability Zone', (v) => v.AvailabilityZone],
  availability_zone_id: [
    'Id of the Availability Zone, the same in all accounts',
    (v) => v.AvailabilityZoneId,
  ],
  encrypted: ['Whether the volume is encrypted', (v) => v.Encrypted],
  kms_key_id: ['ARN of the KMS key that encrypts it', (v) => v.KmsKeyId],
  sse_type: ['Kind of server-side encryption', (v) => v.SseType],
  snapshot_id: ['Snapshot that the volume was created from', (v) => v.SnapshotId],
  source_volume_id: ['Volume that this one was copied from', (v) => v.SourceVolumeId],
  fast_restored: ['Whether it was created from a snapshot with fast restore', (v) => v.FastRestored],
  volume_initialization_rate: [
    'Rate in MiB/s at which it is filled from its snapshot',
    (v) => v.VolumeInitializationRate,
  ],
  multi_attach: ['Whether several instances may attach it at once', (v) => v.MultiAttachEnabled],
  attached: ['Whether anything has it attached', (v) => itemsOf(v.Attachments).length > 0],
  instance_ids: ['Instances that it is attached to', (v) => valuesOf(v.Attachments, (a) => a.InstanceId)],
  attached_resource_arns: [
    'AWS-managed resources that it is attached to',
    (v) => valuesOf(v.Attachments, (a) => a.AssociatedResource),
  ],
  device_names: ['Device name of each attachment', (v) => alignedValuesOf(v.Attachments, (a) => a.Device)],
  attachment_states: ['State of each attachment', (v) => alignedValuesOf(v.Attachments, (a) => a.State)],
  attach_times: ['Time of each attachment', (v) => alignedValuesOf(v.Attachments, (a) => a.AttachTime)],
  delete_on_termination: [
    'For each attachment, whether the volume goes with the instance',
    (v) => alignedValuesOf(v.Attachments, (a) => a.DeleteOnTermination),
  ],
  operator_principal: ['AWS service that manages the volume', (v) => v.Operator?.Principal],
  outpost_arn: ['Outpost that holds the volume', (v) => v.OutpostArn],
}

export const configEbs = defineCollector({
  name: 'config_ebs',
  description: 'EBS volumes',
  scope: 'account',
  schedule: SCHEDULES.inventory,
  resourceTypes: {
    'ebs:volume': { description: 'EBS volume', properties: documentProperties(VOLUME) },
  },
  permissions: ['ec2:DescribeVolumes'],
  clients: { ec2: EC2Client },
  sources: {
    async *volumes(context) {
      const paging = { client: context.clients.ec2, pageSize: 500 }
      for await (const page of paginateDescribeVolumes(paging, {}, { abortSignal: context.signal })) {
        yield* context.each(page, 'Volumes', (volume) => observeVolume(context, volume))
      }
    },
  },
})

function observeVolume(context: CollectContext, volume: Volume): Observation {
  return {
    resource_type: 'ebs:volume',
    ...identifyEc2(context, 'volume', { id: volume.VolumeId, tags: volume.Tags }),
    properties: readProperties(VOLUME, volume),
  }
}
