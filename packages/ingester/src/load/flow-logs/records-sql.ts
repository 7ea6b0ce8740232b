import { ACTIONS, codeOf, DIRECTIONS, encode, STATUSES } from './codes.ts'
import { recordFaults } from './record-faults.ts'
import type { RecordSource } from './record-source.ts'

/** The ranges that are called EC2 are of instances, load balancers and NAT gateways, whoever's they are. */
const NO_SERVICE = "'-', 'EC2'"

/** One row per record: its fields, typed, and `fault`, the number of the first fault that it has, or 0. */
export function recordsSql(source: RecordSource, lines?: 'numbered'): string {
  const { text, number, has } = source
  const faults = recordFaults(source).flatMap(([, condition], index) => [condition, String(index + 1)])
  return `
    SELECT
      path,
      ${text('account-id')} AS account_id,
      ${text('interface-id')} AS interface_id,
      ${text('region')} AS region,
      ${text('vpc-id')} AS vpc_id,
      ${text('az-id')} AS az_id,
      ${has('log-status') ? encode(text('log-status'), STATUSES) : statusByCounts(source)} AS status,
      ${encode(text('action'), ACTIONS)} AS action,
      ${encode(text('flow-direction'), DIRECTIONS)} AS said_direction,
      toUInt8OrZero(${text('traffic-path')}) AS traffic_path,
      ${text('pkt-src-aws-service')} NOT IN (${NO_SERVICE}) AS is_source_service,
      ${text('pkt-dst-aws-service')} NOT IN (${NO_SERVICE}) AS is_destination_service,
      toIPv6OrDefault(${text('srcaddr')}) AS source,
      toIPv6OrDefault(${text('dstaddr')}) AS destination,
      ${has('pkt-srcaddr') ? packetAddress(text('pkt-srcaddr'), 'source') : 'source'} AS packet_source,
      ${has('pkt-dstaddr') ? packetAddress(text('pkt-dstaddr'), 'destination') : 'destination'} AS packet_destination,
      ${number('packets')} AS packet_count,
      ${number('bytes')} AS byte_count,
      ${number('start')} AS start_time,
      ${number('end')} AS end_time,
      multiIf(${[...faults, '0'].join(', ')}) AS fault
      ${lines === 'numbered' ? ', line, line_number' : ''}
    FROM (${lines === 'numbered' ? source.fromNumbered : source.from})`
}

/** Where no field says it: a record of a window without traffic has no counts, and no more tells that some was left out. */
function statusByCounts({ text, has }: RecordSource): string {
  const [ok, noData] = [codeOf(STATUSES, 'OK'), codeOf(STATUSES, 'NODATA')]
  if (!has('bytes') && !has('packets')) return String(ok)
  return `if(${text('bytes')} = '-' AND ${text('packets')} = '-', ${noData}, ${ok})`
}

/** An address that is no address is taken for missing. */
function packetAddress(text: string, otherwise: string): string {
  return `if(toIPv6OrDefault(${text}) = toIPv6('::'), ${otherwise}, toIPv6OrDefault(${text}))`
}
