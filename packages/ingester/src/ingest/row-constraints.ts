import { BULK_LOAD_KINDS, EVENT_TYPES, IsoTime, OUTCOMES, type QueuedSchema } from '@polo/core'
import type { RowFault } from './row-check.ts'

/** The part of a table's CHECK constraints that can be told from one JSON value; the DDL has the last word. */
interface KnownConstraints {
  /** Columns whose default (empty, nil, 1970) the table refuses. */
  readonly required: readonly string[]
  readonly oneOf: Readonly<Record<string, readonly string[]>>
  /** Times that the table takes up to a limit, beyond which they outrun its retention's 32 bits. */
  readonly before: Readonly<Record<string, string>>
  /** Columns where null becomes a NaN, which the table refuses. */
  readonly finite: readonly string[]
}

const VIOLATED_CONSTRAINT = 469
const NIL_UUID = /^0{8}-?(0{4}-?){3}0{12}$/

const CONSTRAINTS: Readonly<Record<string, KnownConstraints>> = {
  'resource_event/1': {
    required: [
      'event_id',
      'event_time',
      'collector',
      'aws_account_id',
      'resource_type',
      'resource_id',
      'event_type',
      'event_action',
      'observed_at',
    ],
    oneOf: { event_type: EVENT_TYPES },
    before: { event_time: '2095-01-01T00:00:00.000Z' },
    finite: ['value'],
  },
  'collector_run/1': {
    required: ['run_id', 'collector', 'aws_account_id', 'slot', 'deadline', 'status', 'observed_at'],
    oneOf: { status: ['dispatched', ...OUTCOMES] },
    before: {},
    finite: ['api_cost_usd'],
  },
  'aws_account/1': {
    required: ['aws_account_id', 'source', 'observed_at'],
    oneOf: {},
    before: {},
    finite: [],
  },
  'cost_coverage/1': {
    required: ['collector', 'aws_account_id', 'resource_type', 'event_time', 'observed_at'],
    oneOf: {},
    before: {},
    finite: [],
  },
  'aws_price/1': {
    required: ['rate_code', 'currency', 'price_list', 'service_code', 'term', 'sku', 'unit', 'observed_at'],
    oneOf: { term: ['OnDemand', 'SavingsPlan'] },
    before: {},
    finite: ['price', 'begin_range'],
  },
  'resource_relationship/1': {
    required: [
      'collector',
      'aws_account_id',
      'aws_region',
      'from_type',
      'from_id',
      'relation',
      'to_type',
      'to_id',
      'first_seen',
      'last_seen',
      'observed_at',
    ],
    oneOf: {},
    before: { last_seen: '2095-01-01T00:00:00.000Z' },
    finite: [],
  },
  'bulk_load/1': {
    required: ['load_id', 'source', 'target', 'bucket', 'key', 'modified_at', 'observed_at'],
    oneOf: { kind: BULK_LOAD_KINDS, storage: ['s3', 'file'] },
    before: {},
    finite: [],
  },
}

/** The first constraint that the row is known to violate. */
export function findViolation(
  row: Readonly<Record<string, unknown>>,
  schema: QueuedSchema,
): RowFault | undefined {
  const constraints = CONSTRAINTS[schema.name]
  if (!constraints) return undefined
  for (const column of constraints.required) {
    if (!(column in row)) return violation(column, 'the field is missing')
    if (row[column] === '') return violation(column, 'the value is empty')
    if (isNilUuid(row[column], column, schema)) return violation(column, 'the value is the nil UUID')
  }
  for (const [column, values] of Object.entries(constraints.oneOf)) {
    if (!values.some((value) => value === row[column])) {
      return violation(column, `the value is none of: ${values.join(', ')}`)
    }
  }
  for (const [column, limit] of Object.entries(constraints.before)) {
    if (isTimeFrom(row[column], limit)) return violation(column, `the time is not before ${limit}`)
  }
  const infinite = constraints.finite.find((column) => row[column] === null)
  return infinite === undefined ? undefined : violation(infinite, 'the value is not a finite number')
}

/** Of a time as Polo writes it; others are left to ClickHouse. */
function isTimeFrom(value: unknown, limit: string): boolean {
  return IsoTime.safeParse(value).success && String(value) >= limit
}

function isNilUuid(value: unknown, column: string, { columns }: QueuedSchema): boolean {
  const isUuid = columns.some(({ name, type }) => name === column && type === 'UUID')
  return isUuid && typeof value === 'string' && NIL_UUID.test(value)
}

function violation(column: string, message: string): RowFault {
  return { column, code: VIOLATED_CONSTRAINT, message }
}
