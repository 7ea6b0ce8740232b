import { EVENT_ID_NAMESPACE, PARTITIONS, regionPrefixOf } from '@polo/core'
import { quoteList } from '../quote.ts'

const KEY = 'hour, aws_region, aws_account_id, interface_id, log_status'

/** Rows of traffic by interface and hour, those of the newest load of each object counted and others as nothing. */
const counted = ({ hours, objects }: EventsQuery) => `
  touched AS
  (
    SELECT DISTINCT hour, aws_region, aws_account_id, interface_id
    FROM flow_log_traffic
    WHERE hour IN ${hoursOf(hours)} AND object IN ${quoteList(objects)}
  ),
  traffic AS
  (
    SELECT *
    FROM flow_log_traffic FINAL
    WHERE hour IN ${hoursOf(hours)}
      AND (hour, aws_region, aws_account_id, interface_id) IN touched
  ),
  newest AS
  (
    SELECT object, max(loaded_at) AS loaded_at
    FROM flow_log_objects
    WHERE object IN (SELECT object FROM traffic)
    GROUP BY object
  ),
  counted AS
  (
    SELECT
      ${KEY}, direction, peer_class, action, flow_log_id,
      sumIf(one.bytes, is_newest) AS bytes, sumIf(one.packets, is_newest) AS packets, sumIf(one.records, is_newest) AS records
    FROM (SELECT *, (object, loaded_at) IN newest AS is_newest FROM traffic) AS one
    GROUP BY ${KEY}, direction, peer_class, action, flow_log_id
  )`

/**
 * Where several flow logs have seen the same interface, such as its own and its VPC's, one of them counts: the one that
 * saw most of what was accepted, or of what was rejected. One whose format does not say which of it was accepted has
 * seen both, and counts where no other says it.
 */
const ONCE = `
  SELECT *, tells AND seen = maxIf(seen, tells) OVER (PARTITION BY ${KEY}, action) AS counts
  FROM
  (
    SELECT
      *,
      tuple(
        sum(bytes) OVER (PARTITION BY ${KEY}, action, flow_log_id),
        sum(records) OVER (PARTITION BY ${KEY}, action, flow_log_id),
        flow_log_id) AS seen,
      groupUniqArrayIf(flow_log_id, action != '' AND records > 0) OVER (PARTITION BY ${KEY}) AS telling,
      action != '' OR empty(telling) OR has(telling, flow_log_id) AS tells
    FROM counted
  )`

const sums = (value: string) =>
  [
    `sumIf(${value}, counts)`,
    ...['ACCEPT', 'REJECT'].map((action) => `sumIf(${value}, counts AND action = '${action}')`),
  ].join(', ')

const METRICS = `
  SELECT
    ${KEY}, direction, peer_class,
    arrayJoin(multiIf(
      log_status = 'OK',
        [('bytes', 'Bytes', ${sums('bytes')}), ('packets', 'Count', ${sums('packets')}), ('flows', 'Count', ${sums('records')})],
      log_status = 'NODATA', [('nodata_records', 'Count', ${sums('records')})],
      [('skipdata_records', 'Count', ${sums('records')})])) AS metric
  FROM (${ONCE})
  GROUP BY ${KEY}, direction, peer_class`

/** As `partitionOf` of core has it, in SQL. */
const PARTITION = `multiIf(${PARTITIONS.filter((name) => name !== 'aws')
  .map((name) => `startsWith(aws_region, '${regionPrefixOf(name)}'), '${name}'`)
  .join(', ')}, 'aws')`

/** The ARN that the inventory gives a network interface; '' where a part of it is not known. */
const ARN = `
  if(interface_id = 'unknown' OR aws_region = '' OR aws_account_id = 'unknown', '', concat(
    'arn:', ${PARTITION}, ':ec2:', aws_region, ':', aws_account_id, ':network-interface/', interface_id))`

/** A string as JSON.stringify writes it; ClickHouse escapes slashes. */
const json = (text: string) => String.raw`replaceAll(toJSONString(toString(${text})), '\\/', '/')`

/** The name that `eventId` of core makes a UUID of; whoever changes one changes the other. */
const IDENTITY = `
  concat('["flow_logs",', ${json('aws_account_id')}, ',', ${json('aws_region')}, ',',
    ${json("if(arn = '', toString(interface_id), arn)")}, ',"metric","', metric.1, '","',
    formatDateTime(hour, '%Y-%m-%dT%H:00:00.000Z', 'UTC'), '","',
    if(direction = '', '', concat(direction, '/', peer_class)), '"]')`

/** UUIDv5 (RFC 9562 §5.5) of the text `name`, as SQL. */
const UUID_V5 = `
  toUUID(concat(
    substring(digest, 1, 8), '-', substring(digest, 9, 4), '-5', substring(digest, 14, 3), '-',
    substring('89ab', bitAnd(reinterpretAsUInt8(unhex(concat('0', substring(digest, 17, 1)))), 3) + 1, 1),
    substring(digest, 18, 3), '-', substring(digest, 21, 12)))`

export interface EventsQuery {
  /** As ClickHouse writes them, in UTC. */
  readonly hours: readonly string[]
  readonly objects: readonly string[]
}

const hoursOf = (hours: readonly string[]) => `arrayMap(hour -> toDateTime(hour, 'UTC'), ${quoteList(hours)})`

/**
 * Writes the events of every interface and hour that `objects` have traffic of in `hours`, from all objects that are loaded. The time of the statement is what they were observed at,
 * so the last to be written is the one that saw most. What an earlier load said and this one does not becomes 0.
 */
export const eventsSql = ({ hours, objects }: EventsQuery) => `
  INSERT INTO resource_events
    (event_id, event_time, collector, aws_account_id, aws_region, resource_arn, resource_type, resource_id, event_type,
     event_action, marqo_customer, marqo_cluster, marqo_index, marqo_env, marqo_purpose, account_role, value, unit,
     properties, observed_at)
  WITH ${counted({ hours, objects })}
  SELECT
    ${UUID_V5} AS event_id, hour, 'flow_logs', aws_account_id, aws_region, arn, 'ec2:eni', interface_id, 'metric',
    metric.1, owner.marqo_customer, owner.marqo_cluster, owner.marqo_index, owner.marqo_env, owner.marqo_purpose,
    owner.account_role, metric.3, metric.2,
    if(direction = '', map(), map(
      'direction', toString(direction), 'peer_class', toString(peer_class),
      'accepted', toString(metric.4), 'rejected', toString(metric.5))),
    now64(3)
  FROM
  (
    SELECT *, lower(hex(SHA1(concat(unhex('${EVENT_ID_NAMESPACE.replaceAll('-', '')}'), ${IDENTITY})))) AS digest
    FROM (SELECT *, ${ARN} AS arn FROM (${METRICS}))
  ) AS event
  ANY LEFT JOIN
  (
    SELECT * FROM network_interfaces FINAL WHERE interface_id IN (SELECT interface_id FROM touched)
  ) AS owner ON event.interface_id = owner.interface_id`
