import {
  type AwsPrice,
  BULK_LOAD_KINDS,
  type BulkLoad,
  type CollectorRun,
  type CostCoverage,
  type DiscoveredAccount,
  EVENT_TYPES,
  NativeEncoder,
  OUTCOMES,
  QUEUED_SCHEMAS,
  type QueuedSchemaName,
  type ResourceEvent,
  type ResourceRelationship,
} from '@polo/core'
import fc from 'fast-check'

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('', 'é', '🦉', 'cut \ud83d', '\udc00', '\0', '"\\\n', 'x'.repeat(63), 'x'.repeat(64)),
  fc.constantFrom('x'.repeat(127), 'x'.repeat(128), 'é'.repeat(64), 'x'.repeat(2_000)),
)
const name = fc.oneof(fc.constantFrom('a', 'b'), text).filter((value) => value !== '')
/** Within what every table keeps. */
const time = fc
  .date({ min: new Date('2035-01-01T00:00:00Z'), max: new Date('2089-12-31T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString())
const count = fc.oneof(fc.nat(), fc.constantFrom(0, 2 ** 32, Number.MAX_SAFE_INTEGER))
const map = fc.dictionary(fc.oneof(text, fc.constantFrom('__proto__', 'constructor', '1', '2')), text, {
  maxKeys: 4,
})
const number = fc.double({ noNaN: true, noDefaultInfinity: true })
const uuid = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .filter((bytes) => bytes.some(Boolean))
  .map((bytes) => {
    const hex = Buffer.from(bytes).toString('hex')
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
  })

const event: fc.Arbitrary<ResourceEvent> = fc.record({
  event_id: uuid,
  event_time: time,
  collector: name,
  aws_account_id: name,
  aws_region: text,
  resource_arn: text,
  resource_type: name,
  resource_id: name,
  resource_name: text,
  event_type: fc.constantFrom(...EVENT_TYPES),
  event_action: name,
  actor_arn: text,
  actor_name: text,
  marqo_customer: text,
  marqo_cluster: text,
  marqo_index: text,
  marqo_env: text,
  marqo_purpose: text,
  account_role: text,
  value: number,
  unit: text,
  properties: map,
  observed_at: time,
})

const run: fc.Arbitrary<CollectorRun> = fc.record({
  run_id: uuid,
  collector: name,
  scope: name,
  aws_account_id: name,
  slot: time,
  status: fc.constantFrom(...OUTCOMES),
  started_at: time,
  finished_at: fc.option(time),
  deadline: time,
  region_outcomes: fc.dictionary(text, fc.constantFrom(...OUTCOMES), { maxKeys: 3 }),
  region_errors: map,
  region_events: fc.dictionary(text, count, { maxKeys: 3 }),
  events: count,
  rejected: count,
  block_ids: fc.array(text, { minLength: 2, maxLength: 2 }),
  block_rows: fc.array(fc.nat(0xffff_ffff), { minLength: 2, maxLength: 2 }),
  api_calls: fc.dictionary(text, count, { maxKeys: 3 }),
  api_cost_usd: number,
  errors: fc.array(text, { maxLength: 3 }),
  notes: fc.array(text, { maxLength: 3 }),
  asked_regions: fc.array(text, { maxLength: 3 }),
  observed_at: time,
})

const account: fc.Arbitrary<DiscoveredAccount> = fc.record({
  aws_account_id: name,
  name: text,
  email: text,
  ou_path: text,
  status: text,
  tags: map,
  source: name,
  unknown: text,
  observed_at: time,
})

const coverage: fc.Arbitrary<CostCoverage> = fc.record({
  collector: name,
  aws_account_id: name,
  resource_type: name,
  linked_account_id: text,
  event_time: time,
  observed_at: time,
})

const amount = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true })

const price: fc.Arbitrary<AwsPrice> = fc.record({
  rate_code: name,
  currency: name,
  price_list: name,
  service_code: name,
  term: fc.constantFrom('OnDemand', 'SavingsPlan'),
  sku: name,
  product_family: text,
  region: text,
  location: text,
  usage_type: text,
  operation: text,
  instance_type: text,
  operating_system: text,
  tenancy: text,
  license_model: text,
  capacity_status: text,
  pre_installed_sw: text,
  volume_type: text,
  savings_plan_type: text,
  lease_term: text,
  purchase_option: text,
  description: text,
  unit: name,
  price: amount,
  begin_range: amount,
  end_range: fc.option(amount),
  effective_date: fc.option(time),
  attributes: map,
  observed_at: time,
})

const relationship: fc.Arbitrary<ResourceRelationship> = fc
  .record({
    collector: name,
    aws_account_id: name,
    aws_region: name,
    from_type: name,
    from_id: name,
    from_arn: text,
    relation: name,
    to_type: name,
    to_id: name,
    to_arn: text,
    properties: map,
    first_seen: time,
    last_seen: time,
    observed_at: time,
  })
  .map(({ first_seen, last_seen, ...row }) => {
    const [first = '', last = ''] = [first_seen, last_seen].sort()
    return { ...row, first_seen: first, last_seen: last }
  })
const load: fc.Arbitrary<BulkLoad> = fc.record({
  load_id: fc.uuid(),
  kind: fc.constantFrom(...BULK_LOAD_KINDS),
  source: name,
  target: name,
  storage: fc.constantFrom('s3', 'file'),
  aws_account_id: text,
  bucket: name,
  region: text,
  key: name,
  etag: text,
  bytes: count,
  modified_at: time,
  observed_at: time,
})

export type Row = Readonly<Record<string, unknown>>

/** Rows that each table takes. */
export const ROWS: Readonly<Record<QueuedSchemaName, fc.Arbitrary<Row>>> = {
  'resource_event/1': event,
  'collector_run/1': run,
  'aws_account/1': account,
  'cost_coverage/1': coverage,
  'aws_price/1': price,
  'resource_relationship/1': relationship,
  'bulk_load/1': load,
}

export const SCHEMA_NAMES: readonly QueuedSchemaName[] = [
  'resource_event/1',
  'collector_run/1',
  'aws_account/1',
  'cost_coverage/1',
  'aws_price/1',
  'resource_relationship/1',
  'bulk_load/1',
]

/** The Native body of `rows`. */
export function encodeNative(rows: readonly Row[], schema: QueuedSchemaName = 'resource_event/1'): Buffer {
  const encoder = new NativeEncoder(QUEUED_SCHEMAS[schema])
  for (const row of rows) encoder.append(row)
  return encoder.body()
}

/** What JSON makes of a row: half of a surrogate pair becomes U+FFFD, -0 becomes 0. */
export function asJson(row: Row): unknown {
  return JSON.parse(JSON.stringify(row).replaceAll(/(?<!\\)((?:\\\\)*)\\ud[89a-f]../g, '$1\ufffd'))
}
