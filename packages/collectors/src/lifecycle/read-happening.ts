import { CLOUDTRAIL_CALL, CLOUDTRAIL_SERVICE_EVENT, HEALTH_EVENT, HEALTH_SERVICES } from './event-pattern.ts'
import { EventBridgeEvent } from './eventbridge-event.ts'
import { type Happening, readAs } from './happening.ts'
import { isNotice, readHealth, readNotice, readUnknown } from './read-notice.ts'
import { isLifecycleRecord, readRecord } from './read-record.ts'
import { fieldOf } from './told-tags.ts'

const HEALTH: readonly unknown[] = HEALTH_SERVICES

/** Whether a value has the form of an event of EventBridge's. */
export function isEnvelope(value: unknown): boolean {
  return typeof fieldOf(value, 'detail-type') === 'string'
}

/**
 * What an event tells that the rules forward. One of a kind unknown here happened to the account: what somebody took
 * the trouble to forward is not lost.
 * @throws UnreadableEventError for what is no event of EventBridge's, or not what its detail-type says
 */
export function readForwarded(value: unknown): Happening {
  const event = readAs(EventBridgeEvent, value)
  const type = event['detail-type']
  if (type === CLOUDTRAIL_CALL || type === CLOUDTRAIL_SERVICE_EVENT) return readRecord(event.detail, event)
  if (type === HEALTH_EVENT) return readHealth(event)
  return isNotice(type) ? readNotice(event) : readUnknown(event)
}

/**
 * What a record of CloudTrail's or an event of EventBridge's tells; undefined for one that is not about lifecycles.
 * @throws UnreadableEventError for one that is and cannot be read
 */
export function readRecorded(value: unknown): Happening | undefined {
  if (!isEnvelope(value)) return isLifecycleRecord(value) ? readRecord(value) : undefined
  return isLifecycleEvent(value) ? readForwarded(value) : undefined
}

function isLifecycleEvent(value: unknown): boolean {
  const type = fieldOf(value, 'detail-type')
  const detail = fieldOf(value, 'detail')
  if (type === HEALTH_EVENT) return HEALTH.includes(fieldOf(detail, 'service'))
  return (typeof type === 'string' && isNotice(type)) || isLifecycleRecord(detail)
}
