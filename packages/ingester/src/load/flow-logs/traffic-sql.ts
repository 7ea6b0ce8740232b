import { quoteList } from '../quote.ts'
import { blockOf, isGlobalIPv6, isNowhere, isPrivate, isVpcService, numberOf } from './address-ranges.ts'
import { ACTIONS, codeOf, DIRECTIONS, decode, PEER_CLASSES, STATUSES } from './codes.ts'
import type { FlowLogObject } from './read-objects.ts'
import type { RecordSource } from './record-source.ts'
import { recordsSql } from './records-sql.ts'

/**
 * Network interfaces as the inventory last saw them, in the regions of the objects, or anywhere if one's is not known;
 * and by VPC the blocks that their addresses are in. In one VPC a block stays in one subnet and so in one zone, whoever
 * has its addresses. Ids are hashed, 0 where they are not known. Accounts name zones as they like, so a name counts only
 * within one.
 */
const inventory = (regions: readonly string[]) => `
  interfaces AS
  (
    SELECT
      interface_id, aws_region, addresses, observed_at,
      if(vpc_id = '', 0, cityHash64(vpc_id)) AS vpc,
      if(az_id = '', 0, cityHash64(az_id)) AS zone,
      if(availability_zone = '', 0, cityHash64(availability_zone)) AS zone_name,
      cityHash64(aws_account_id) AS account
    FROM network_interfaces FINAL
    WHERE ${regions.includes('') ? '1' : `aws_region IN ${quoteList(regions)}`}
  ),
  places AS
  (
    SELECT
      vpc, ${blockOf(numberOf('address'))} AS block, 1 AS is_known,
      argMaxIf(zone, observed_at, zone != 0) AS zone,
      argMaxIf(tuple(account, zone_name), observed_at, zone_name != 0) AS named
    FROM (SELECT vpc, arrayJoin(addresses) AS address, zone, account, zone_name, observed_at FROM interfaces)
    GROUP BY vpc, block
  )`

const INGRESS = codeOf(DIRECTIONS, 'ingress')
const EGRESS = codeOf(DIRECTIONS, 'egress')
const OK = codeOf(STATUSES, 'OK')
const peerClass = (name: (typeof PEER_CLASSES)[number]) => codeOf(PEER_CLASSES, name)

/** The direction at the interface, where the record does not say it. Its own IPv4 address in a record is a private one. */
const DIRECTION = `
  multiIf(
    said_direction != 0, said_direction,
    has(own.addresses, source) AND NOT has(own.addresses, destination), ${EGRESS},
    has(own.addresses, destination) AND NOT has(own.addresses, source), ${INGRESS},
    packet_source != source AND packet_destination = destination, ${EGRESS},
    packet_destination != destination AND packet_source = source, ${INGRESS},
    ${isPrivate(numberOf('source'))} AND NOT ${isPrivate(numberOf('destination'))}, ${EGRESS},
    ${isPrivate(numberOf('destination'))} AND NOT ${isPrivate(numberOf('source'))}, ${INGRESS},
    0)`

/**
 * https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html says what `traffic-path` means. 1 is the next
 * resource on the way and not the last one: a NAT gateway, say. The IPv6 addresses of a VPC are in Amazon's own ranges.
 */
const PEER_CLASS = `
  multiIf(
    direction != 0 AND place.zone != 0 AND own_zone != 0,
      if(place.zone = own_zone, ${peerClass('same_az')}, ${peerClass('cross_az')}),
    direction != 0 AND place.named.2 != 0 AND own_zone_name != 0 AND place.named.1 = own_account,
      if(place.named.2 = own_zone_name, ${peerClass('same_az')}, ${peerClass('cross_az')}),
    place.is_known, ${peerClass('vpc')},
    is_service OR traffic_path = 7 OR ${isVpcService('peer')}, ${peerClass('aws_service')},
    traffic_path IN (3, 4, 5, 6), ${peerClass('private')},
    traffic_path = 8, ${peerClass('internet')},
    ${isNowhere('peer')}, ${peerClass('unknown')},
    ${isPrivate('peer')}, ${peerClass('vpc')},
    traffic_path = 1 AND ${isGlobalIPv6('peer')}, ${peerClass('vpc')},
    ${peerClass('internet')})`

/**
 * Records with the direction at their interface and the class of the peer, in steps. A name of one step is a column of the
 * next one; within a step ClickHouse copies what a name stands for to wherever it is used, and needs half a second to
 * analyze all of it at once.
 */
const classifiedSql = (source: RecordSource) => `
  SELECT
    path, account_id, interface_id, region, own_region, status, action, direction, byte_count, packet_count,
    start_time, end_time, fault, ${PEER_CLASS} AS peer_class
  FROM
  (
    SELECT *, ${numberOf('peer_address')} AS peer, ${blockOf('peer')} AS peer_block
    FROM
    (
      SELECT
        *,
        multiIf(
          direction = ${INGRESS}, packet_source,
          direction = ${EGRESS} OR ${isPrivate(numberOf('packet_source'))}, packet_destination,
          packet_source) AS peer_address,
        multiIf(
          direction = ${INGRESS}, is_source_service,
          direction = ${EGRESS}, is_destination_service,
          is_source_service OR is_destination_service) AS is_service
      FROM
      (
        SELECT
          record.*,
          own.aws_region AS own_region,
          own.account AS own_account,
          own.zone_name AS own_zone_name,
          if(vpc_id != '-', cityHash64(vpc_id), own.vpc) AS own_vpc,
          if(az_id != '-', cityHash64(az_id), own.zone) AS own_zone,
          ${DIRECTION} AS direction
        FROM (${recordsSql(source)}) AS record
        ANY LEFT JOIN interfaces AS own ON record.interface_id = own.interface_id
      )
    )
  ) AS seen
  ANY LEFT JOIN places AS place ON seen.own_vpc = place.vpc AND seen.peer_block = place.block`

/** Sums of records by what they have in common, still in numbers, so that little is left to be put into words. */
const summedSql = (source: RecordSource) => `
  SELECT
    path, account_id, interface_id, region, own_region, fault > 0 AS is_malformed,
    if(is_malformed, 0, toUInt32(intDiv(${startOf(source)}, 3600))) AS hour_number,
    status, action, direction, peer_class,
    count() AS records,
    sumIf(ifNull(byte_count, 0), status = ${OK} AND fault = 0) AS bytes,
    sumIf(ifNull(packet_count, 0), status = ${OK} AND fault = 0) AS packets
  FROM (${classifiedSql(source)})
  GROUP BY
    path, account_id, interface_id, region, own_region, is_malformed, hour_number, status, action, direction, peer_class`

/** The time of a record whose format has none is its object's, which 0 stands for. */
function startOf({ has }: RecordSource): string {
  if (has('start')) return 'ifNull(start_time, 0)'
  return has('end') ? 'ifNull(end_time, 0)' : '0'
}

export interface TrafficQuery {
  readonly source: RecordSource
  readonly target: string
  /** What `source` reads. */
  readonly objects: readonly FlowLogObject[]
}

/**
 * Inserts into `target`, which is like `flow_log_traffic`, the traffic of the objects that `source` reads: a row per
 * interface, hour, direction, peer class and action. Malformed records are counted in a row of their own.
 */
export function trafficSql({ source, target, objects }: TrafficQuery): string {
  const paths = quoteList(objects.map(({ path }) => path))
  const ofObject = (read: (object: FlowLogObject) => string) =>
    `transform(toString(path), ${paths}, ${quoteList(objects.map(read))}, '')`
  const deliveredAt = `toUInt32(${ofObject((object) => String(toSeconds(object.deliveredAt)))})`
  return `
    INSERT INTO ${target}
      (hour, aws_region, aws_account_id, interface_id, log_status, direction, peer_class, action,
       object, flow_log_id, records, bytes, packets, loaded_at)
    WITH ${inventory(objects.map(({ region }) => region))}
    SELECT
      toDateTime(if(hour_number = 0, intDiv(${deliveredAt}, 3600), hour_number) * 3600, 'UTC') AS hour,
      if(is_malformed, '', ${firstOf(['region', ofObject((object) => object.region), 'toString(own_region)'], '')}) AS aws_region,
      if(is_malformed, '', ${firstOf(['account_id', ofObject(({ account }) => account)], 'unknown')}) AS known_account,
      if(is_malformed OR interface_id = '-', 'unknown', interface_id) AS interface,
      if(is_malformed, 'MALFORMED', ${decode('status', STATUSES, '')}) AS log_status,
      if(log_status = 'OK', ${decode('direction', DIRECTIONS, 'unknown')}, '') AS flow_direction,
      if(log_status = 'OK', ${decode('peer_class', PEER_CLASSES, '')}, '') AS class,
      if(log_status = 'OK', ${decode('action', ACTIONS, '')}, '') AS flow_action,
      ${ofObject(({ object }) => object)} AS object,
      ${ofObject(({ flowLogId }) => flowLogId)} AS flow_log_id,
      sum(summed.records), sum(summed.bytes), sum(summed.packets), {loaded_at: DateTime64(3, 'UTC')}
    FROM (${summedSql(source)}) AS summed
    GROUP BY
      path, hour, aws_region, known_account, interface, log_status, flow_direction, class, flow_action`
}

/** The first text that says something, or else `none`; AWS writes 'unknown' for accounts of its own services' interfaces. */
function firstOf(texts: readonly string[], none: string): string {
  const cases = texts.map((text) => `${text} NOT IN ('-', 'unknown', ''), ${text}`)
  return `multiIf(${cases.join(', ')}, '${none}')`
}

function toSeconds(time: Date): number {
  return Math.floor(time.getTime() / 1_000)
}
