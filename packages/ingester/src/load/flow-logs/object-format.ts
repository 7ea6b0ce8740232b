import { LoadError } from '../load-error.ts'

/** The default format, which is what records without a line of field names have. */
const DEFAULT_FIELDS = [
  'version',
  'account-id',
  'interface-id',
  'srcaddr',
  'dstaddr',
  'srcport',
  'dstport',
  'protocol',
  'packets',
  'bytes',
  'start',
  'end',
  'action',
  'log-status',
] as const
const OTHER_FIELDS = [
  'vpc-id',
  'subnet-id',
  'instance-id',
  'tcp-flags',
  'type',
  'pkt-srcaddr',
  'pkt-dstaddr',
  'region',
  'az-id',
  'sublocation-type',
  'sublocation-id',
  'pkt-src-aws-service',
  'pkt-dst-aws-service',
  'flow-direction',
  'traffic-path',
] as const
/** The fields of versions 2 to 5; later ones are read over. */
export type FlowLogField = (typeof DEFAULT_FIELDS)[number] | (typeof OTHER_FIELDS)[number]

const KNOWN: ReadonlySet<string> = new Set([...DEFAULT_FIELDS, ...OTHER_FIELDS])
const FIELD_NAME = /^[a-z][a-z0-9_-]*$/
/** Only records of transit gateways have it. */
const TRANSIT_GATEWAY_FIELD = /^tgw-/

/** A column of a Parquet object. */
export interface ParquetColumn {
  readonly name: string
  readonly type: string
}

/** How the records of an object are laid out. */
export type ObjectFormat =
  | { readonly kind: 'text'; readonly fields: readonly string[]; readonly header: string }
  | {
      readonly kind: 'parquet'
      readonly fields: readonly string[]
      readonly columns: readonly ParquetColumn[]
    }

/** The format that an object's first line says, or the default one where that line names no fields. */
export function textFormat(firstLine: string): ObjectFormat {
  const names = firstLine.trim().split(/\s+/)
  const isHeader =
    names.every((name) => FIELD_NAME.test(name)) && names.some((name) => isKnown(toField(name)))
  return isHeader
    ? { kind: 'text', fields: names.map(toField), header: firstLine }
    : { kind: 'text', fields: DEFAULT_FIELDS, header: '' }
}

/** @throws LoadError for columns of which none is a flow log's */
export function parquetFormat(columns: readonly ParquetColumn[], location: string): ObjectFormat {
  const fields = columns.map(({ name }) => toField(name))
  if (!fields.some(isKnown)) {
    const names = fields.slice(0, 5).join(', ')
    throw new LoadError(`${location} is no flow log: its columns are ${names}, …`, { isFinal: true })
  }
  return { kind: 'parquet', fields, columns }
}

/** Why an object of this format has no traffic of network interfaces to count; '' where it has. */
export function reasonToSkip({ fields }: ObjectFormat): string {
  const isTransitGateway = fields.some((field) => TRANSIT_GATEWAY_FIELD.test(field))
  return isTransitGateway && !fields.includes('interface-id')
    ? 'records of a transit gateway, which name no network interface'
    : ''
}

/** Objects of the same key are read by the same statement. */
export function formatKey(format: ObjectFormat): string {
  return JSON.stringify(format.kind === 'text' ? [format.fields, format.header] : format.columns)
}

function isKnown(field: string): boolean {
  return KNOWN.has(field)
}

/** Parquet columns have underscores where text has hyphens. */
function toField(name: string): string {
  return name.replaceAll('_', '-')
}
