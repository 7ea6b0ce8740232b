import * as z from 'zod'
import { readProperties } from '../aws/property-table.ts'
import { CloudTrailRecord, RecordHead } from './cloudtrail-record.ts'
import { tagsTold } from './created-resource.ts'
import { CALL_PROPERTIES } from './describe-call.ts'
import { LIFECYCLE_CALLS, LIFECYCLE_SERVICE_EVENTS } from './event-pattern.ts'
import { AccountId } from './eventbridge-event.ts'
import { type Happening, readAs } from './happening.ts'
import { readActor } from './read-actor.ts'
import { type Place, wholeAccount } from './resource-kinds.ts'
import { saidIn } from './said-values.ts'
import { touchedResources } from './touched-resources.ts'

const Region = z.string('neither the record nor its envelope names a region').min(1)
const EC2 = 'ec2.amazonaws.com'
const CALLS = new Map<string, ReadonlySet<string>>([
  [EC2, new Set(LIFECYCLE_CALLS['aws.ec2'])],
  ['elasticloadbalancing.amazonaws.com', new Set(LIFECYCLE_CALLS['aws.elasticloadbalancing'])],
])
const SERVICE_EVENTS: ReadonlySet<string> = new Set(LIFECYCLE_SERVICE_EVENTS)

/** Whether a record of CloudTrail's is of a lifecycle call; Insights name calls, too, and are none. */
export function isLifecycleRecord(value: unknown): boolean {
  const head = RecordHead.safeParse(value).data
  if (!head) return false
  const { eventName, eventSource, eventType = 'AwsApiCall' } = head
  if (eventType === 'AwsServiceEvent') return eventSource === EC2 && SERVICE_EVENTS.has(eventName)
  return eventType === 'AwsApiCall' && (CALLS.get(eventSource)?.has(eventName) ?? false)
}

/**
 * What a record of CloudTrail's tells. A call that names no resource known here happened to the account as a whole.
 * @param envelope where EventBridge says that it happened; a record itself comes first
 * @throws UnreadableEventError
 */
export function readRecord(value: unknown, envelope: Partial<Place> = {}): Happening {
  const record = readAs(CloudTrailRecord, value)
  const place = {
    account: readAs(
      AccountId,
      record.recipientAccountId ?? envelope.account ?? record.userIdentity.accountId,
    ),
    region: readAs(Region, record.awsRegion || envelope.region),
  }
  const asked = saidIn(record.requestParameters)
  const resources = touchedResources(record, asked, place)
  return {
    ...place,
    action: record.eventName,
    time: record.eventTime,
    id: record.addendum?.originalEventID ?? record.eventID ?? record.requestID ?? '',
    actor: readActor(record.userIdentity),
    subjects:
      resources.length === 0
        ? [wholeAccount(place)]
        : resources.map((resource) => {
            const { resource_type, resource_id, resource_arn } = resource
            return { resource_type, resource_id, resource_arn, ...tagsTold(record, resource) }
          }),
    properties: readProperties(CALL_PROPERTIES, { record, asked, resources }),
  }
}
