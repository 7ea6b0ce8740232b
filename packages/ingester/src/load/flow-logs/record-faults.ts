import { codeOf, OTHER, STATUSES } from './codes.ts'
import type { RecordSource } from './record-source.ts'

/** Times outside of it are no times of flow logs, and outrun what events may have. */
const PLAUSIBLE_TIME = 'BETWEEN 1136073600 AND 3944678399'
/** A record is of ten minutes at most; ten Tbit/s fill them with less. */
const MOST = 1_000_000_000_000_000

/**
 * What makes a record, or a line that should be one, malformed, the first that holds; conditions are over the columns
 * that `recordsSql` names. A field that the format lacks is not at fault, and '-' is one that AWS had no value for.
 */
export function recordFaults(
  source: RecordSource,
): readonly (readonly [reason: string, condition: string])[] {
  const { has, tooFew, tooMany } = source
  const isOk = `status = ${codeOf(STATUSES, 'OK')}`
  return [
    ['fewer values than fields', tooFew],
    ['more values than fields', tooMany],
    ['log-status is none of OK, NODATA, SKIPDATA', `status IN (0, ${OTHER})`],
    ['interface-id is no id of a network interface', badId('interface_id', 'eni-')],
    [
      'account-id is no account id',
      "NOT (account_id >= '0' AND account_id < ':' OR account_id = '-' OR account_id = 'unknown')",
    ],
    ['start is no time', has('start') ? `NOT ifNull(start_time ${PLAUSIBLE_TIME}, 0)` : '0'],
    ['end is no time', has('end') ? `NOT ifNull(end_time ${PLAUSIBLE_TIME}, 0)` : '0'],
    ['it ends before it starts', has('start') && has('end') ? 'end_time < start_time' : '0'],
    ['packets is no number', has('packets') ? `${isOk} AND NOT ifNull(packet_count < ${MOST}, 0)` : '0'],
    ['bytes is no number', has('bytes') ? `${isOk} AND NOT ifNull(byte_count < ${MOST}, 0)` : '0'],
    ['action is none of ACCEPT, REJECT', `action = ${OTHER}`],
    ['flow-direction is none of ingress, egress', `said_direction = ${OTHER}`],
    ['srcaddr is no address', badAddress(source, 'srcaddr', 'source')],
    ['dstaddr is no address', badAddress(source, 'dstaddr', 'destination')],
  ]
}

function badId(column: string, prefix: string): string {
  return `${column} != '-' AND NOT (startsWith(${column}, '${prefix}') AND length(${column}) <= 64)`
}

/** Traffic of an Elastic Fabric Adapter has no IP addresses. All zeros is an address, too, and a column without one. */
function badAddress(source: RecordSource, field: 'srcaddr' | 'dstaddr', column: string): string {
  const text = source.text(field)
  return source.has(field)
    ? `${column} = toIPv6('::') AND ${text} != '-' AND isNull(toIPv6OrNull(${text})) AND ${source.text('type')} != 'EFA'`
    : '0'
}
