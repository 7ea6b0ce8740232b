import type { DescribeNotebookInstanceOutput, NotebookInstanceSummary } from '@aws-sdk/client-sagemaker'
import type { Tags } from '@polo/core'
import type { Observation } from '../../collector.ts'
import { valuesOf } from '../answer-lists.ts'
import { type PropertyTable, readProperties } from '../property-table.ts'

/** What was asked of a notebook beyond the list; undefined where it could not be read. */
export interface Findings {
  readonly details: DescribeNotebookInstanceOutput | undefined
  readonly tags: Tags | undefined
}

/** What the list and the details say, the details last; with the names of what could not be read. */
type Notebook = NotebookInstanceSummary &
  DescribeNotebookInstanceOutput & { readonly unknown: readonly string[] }

export const NOTEBOOK: PropertyTable<Notebook> = {
  state: [
    'Pending, InService, Stopping, Stopped, Failed, Deleting or Updating',
    (n) => n.NotebookInstanceStatus,
  ],
  failure_reason: ['Why it failed', (n) => n.FailureReason],
  instance_type: ['Instance type: ml.t3.medium', (n) => n.InstanceType],
  accelerator_types: ['Elastic Inference accelerators', (n) => valuesOf(n.AcceleratorTypes, (type) => type)],
  volume_size_gib: ['Size of its ML storage volume in GiB', (n) => n.VolumeSizeInGB],
  url: ['Address of its Jupyter server', (n) => n.Url],
  platform_identifier: ['Operating system and JupyterLab that it runs', (n) => n.PlatformIdentifier],
  role_arn: ['IAM role that it acts as', (n) => n.RoleArn],
  root_access: ['Whether its users have root access: Enabled or Disabled', (n) => n.RootAccess],
  direct_internet_access: [
    'Whether it reaches the internet through SageMaker: Enabled or Disabled',
    (n) => n.DirectInternetAccess,
  ],
  subnet_id: ['Subnet; left out where it is in no VPC of the account', (n) => n.SubnetId],
  security_group_ids: ['Security groups', (n) => valuesOf(n.SecurityGroups, (id) => id)],
  network_interface_id: ['Network interface in the subnet', (n) => n.NetworkInterfaceId],
  ip_address_type: ['ipv4 or dualstack', (n) => n.IpAddressType],
  kms_key_id: ['KMS key that encrypts its storage volume', (n) => n.KmsKeyId],
  minimum_imds_version: [
    'Lowest version of the instance metadata service that it answers',
    (n) => n.InstanceMetadataServiceConfiguration?.MinimumInstanceMetadataServiceVersion,
  ],
  lifecycle_config_name: ['Lifecycle configuration', (n) => n.NotebookInstanceLifecycleConfigName],
  default_code_repository: ['Git repository that it opens', (n) => n.DefaultCodeRepository],
  additional_code_repositories: [
    'Further Git repositories',
    (n) => valuesOf(n.AdditionalCodeRepositories, (repository) => repository),
  ],
  create_time: ['When it was created', (n) => n.CreationTime],
  last_modified_time: ['When it was changed last, its state included', (n) => n.LastModifiedTime],
  unknown: ['What of it could not be read: details, tags', (n) => n.unknown],
}

export function observeNotebook(
  summary: NotebookInstanceSummary,
  findings: Findings | undefined,
): Observation {
  const { details, tags } = findings ?? { details: undefined, tags: undefined }
  const unknown = [...(details ? [] : ['details']), ...(tags ? [] : ['tags'])]
  return {
    resource_type: 'sagemaker:notebook',
    resource_id: summary.NotebookInstanceName,
    resource_arn: summary.NotebookInstanceArn,
    resource_name: summary.NotebookInstanceName,
    tags,
    properties: readProperties(NOTEBOOK, { ...summary, ...details, unknown }),
  }
}
