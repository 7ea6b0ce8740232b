import type { PropertyTable } from '../aws/property-table.ts'
import type { PropertyValue } from '../collector.ts'
import { redact } from '../redact.ts'
import { changedAttributes } from './changed-attributes.ts'
import type { CloudTrailRecord } from './cloudtrail-record.ts'
import { isOmitted } from './omitted.ts'
import { kindOf } from './resource-kinds.ts'
import { type Said, saidIn } from './said-values.ts'
import { fieldOf, readTagKeys } from './told-tags.ts'
import { type TouchedResource, unknownIds } from './touched-resources.ts'

/** A call and what it acted on. */
export interface DescribedCall {
  readonly record: CloudTrailRecord
  /** What the request says. */
  readonly asked: readonly Said[]
  readonly resources: readonly TouchedResource[]
}

const MAX_USER_AGENT = 200
const DRY_RUN = 'Client.DryRunOperation'
/** Each of a thousand events with a thousand ids would be more than the function's memory holds. */
const MAX_RESOURCE_IDS = 50

/** Properties of a call's events. */
export const CALL_PROPERTIES: PropertyTable<DescribedCall> = {
  event_source: ['Service that was called, such as ec2.amazonaws.com', ({ record }) => record.eventSource],
  cloudtrail_event_id: ["CloudTrail's own id of the call", ({ record }) => record.eventID],
  request_id: ['Id of the request', ({ record }) => record.requestID],
  outcome: ['succeeded, failed, or dry_run for a call that was only tried', outcomeOf],
  error_code: ['Why the call failed', ({ record }) => record.errorCode],
  error_message: [
    'What AWS said of it, in at most 500 characters',
    ({ record }) => record.errorMessage && redact(record.errorMessage),
  ],
  actor_type: ['Kind of actor: IAMUser, AssumedRole, Root, …', ({ record }) => record.userIdentity.type],
  actor_account_id: ["Actor's account", ({ record }) => record.userIdentity.accountId],
  actor_principal_id: ["Actor's unique id", ({ record }) => record.userIdentity.principalId],
  actor_role_arn: [
    'Role or user whose session it was',
    ({ record }) => record.userIdentity.sessionContext?.sessionIssuer?.arn,
  ],
  identity_provider: [
    'Who vouched for a federated actor',
    ({ record: { userIdentity } }) =>
      userIdentity.identityProvider ?? userIdentity.sessionContext?.webIdFederationData?.federatedProvider,
  ],
  source_identity: [
    'Source identity that was set for the session',
    ({ record }) => record.userIdentity.sessionContext?.sourceIdentity,
  ],
  invoked_by: ['AWS service that called for the actor', ({ record }) => record.userIdentity.invokedBy],
  source_ip_address: ['Where the call came from', ({ record }) => record.sourceIPAddress],
  user_agent: ['What made the call', ({ record }) => record.userAgent?.slice(0, MAX_USER_AGENT)],
  resource_ids: [
    `What the call acted on, where that is more than one; the first ${MAX_RESOURCE_IDS}`,
    ({ resources }) =>
      resources.length > 1
        ? resources.slice(0, MAX_RESOURCE_IDS).map(({ resource_id }) => resource_id)
        : undefined,
  ],
  resource_count: [
    'How many resources the call acted on, where that is more than one',
    ({ resources }) => (resources.length > 1 ? resources.length : undefined),
  ],
  omitted: [
    'What CloudTrail left out because it was too large, so that resources may be missing: request, answer',
    omittedParts,
  ],
  unknown_resource_ids: [
    'What the call says it acts on and is of no type that is recorded',
    ({ record, asked, resources }) => unknownIds(record, asked, resources),
  ],
  attachment_id: ['Attachment of a network interface that the call names', says('attachmentid')],
  association_id: ['Association of an Elastic IP that the call names', says('associationid')],
  public_ip_address: ['Public IPv4 address that the call names', says('publicip')],
  security_group_name: ['Name of the security group in the request', says('groupname')],
  source_snapshot_id: ['Snapshot that was copied', says('sourcesnapshotid')],
  source_volume_id: ['Volume that was copied', says('sourcevolumeid')],
  source_region: ['Region that a snapshot was copied from', says('sourceregion')],
  instance_type: ['Instance type that was asked for, or launched where a template chose it', instanceType],
  changed_attributes: [
    'What a Modify call was asked to change',
    ({ record }) => changedAttributes(record).map(({ name }) => name),
  ],
  changed_to: [
    'New values of those attributes that are single values and never secret, such as instanceType=m5.large',
    ({ record }) =>
      changedAttributes(record).flatMap(({ name, value }) => (value === undefined ? [] : `${name}=${value}`)),
  ],
  name: ['Name of the load balancer or target group in the request', balancingName],
  targets: ['Registered or deregistered targets that are no instances', otherTargets],
  set_tag_keys: ['Keys of the tags that a call sets', setTagKeys],
  deleted_tag_keys: ['Keys of the tags that a call takes away', deletedTagKeys],
}

type Reading = (call: DescribedCall) => PropertyValue

function outcomeOf({ record: { errorCode } }: DescribedCall): string {
  if (errorCode === undefined) return 'succeeded'
  return errorCode === DRY_RUN ? 'dry_run' : 'failed'
}

/** The first string that the request has under this key. */
function says(key: string): Reading {
  return ({ asked }) => asked.find((said) => said.key === key)?.text
}

function omittedParts({ record }: DescribedCall): PropertyValue {
  return [
    ...(isOmitted(record.requestParameters) ? ['request'] : []),
    ...(isOmitted(record.responseElements) ? ['answer'] : []),
  ]
}

/** A launch template's type is in the answer alone; all instances of one call have the same. */
function instanceType({ record, asked }: DescribedCall): PropertyValue {
  const [type] = [
    ...asked,
    ...(record.eventName === 'RunInstances' ? saidIn(record.responseElements) : []),
  ].filter(({ key }) => key === 'instancetype')
  return type?.text
}

function balancingName({ record }: DescribedCall): PropertyValue {
  const name = fieldOf(record.requestParameters, 'name')
  return typeof name === 'string' ? name : undefined
}

/** Addresses and functions: instances have events of their own. */
function otherTargets({ record }: DescribedCall): PropertyValue {
  const targets = saidIn(fieldOf(record.requestParameters, 'targets'))
  return targets.flatMap(({ key, text }) => (key === 'id' && kindOf(text) === undefined ? text : []))
}

function setTagKeys({ record: { eventName, requestParameters } }: DescribedCall): PropertyValue {
  if (eventName === 'CreateTags') return readTagKeys(fieldOf(requestParameters, 'tagSet'))
  if (eventName === 'AddTags') return readTagKeys(fieldOf(requestParameters, 'tags'))
  return undefined
}

function deletedTagKeys({ record: { eventName, requestParameters } }: DescribedCall): PropertyValue {
  if (eventName === 'DeleteTags') return readTagKeys(fieldOf(requestParameters, 'tagSet'))
  if (eventName !== 'RemoveTags') return undefined
  // Of Classic Load Balancers it has `tags` without values.
  return readTagKeys(fieldOf(requestParameters, 'tagKeys') ?? fieldOf(requestParameters, 'tags'))
}
