import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { useFlowLogs } from './flow-log-stage.ts'
import { type FlowRecord, flowRecord } from './records.ts'

const flowLogs = useFlowLogs()
const ROUNDS = 6

const REQUIRED = ['interface-id', 'bytes', 'start', 'action', 'log-status']
const OPTIONAL = Object.keys(
  flowRecord({ 'flow-direction': '', region: '', type: '', 'some-later-field': '' }),
).filter((field) => !REQUIRED.includes(field))
const address = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom('10.0.0.5', '172.16.3.4', 'fd00::1', '-'))
const record: fc.Arbitrary<FlowRecord> = fc.record({
  version: fc.constantFrom(2, 3, 4, 5),
  'account-id': fc.constantFrom('123456789010', '000000000001', 'unknown', '-'),
  'interface-id': fc.constantFrom('eni-0a', 'eni-0b', 'eni-0c', '-'),
  srcaddr: address,
  dstaddr: address,
  srcport: fc.nat(65_535),
  dstport: fc.nat(65_535),
  protocol: fc.nat(255),
  packets: fc.nat(),
  bytes: fc.nat(10 ** 12),
  start: fc.integer({ min: 1_700_000_000, max: 1_700_010_000 }),
  end: fc.integer({ min: 1_700_010_000, max: 1_700_020_000 }),
  action: fc.constantFrom('ACCEPT', 'REJECT', '-'),
  'log-status': fc.constantFrom('OK', 'OK', 'OK', 'NODATA', 'SKIPDATA'),
  'flow-direction': fc.constantFrom('ingress', 'egress', '-'),
  region: fc.constantFrom('eu-west-1', 'us-east-1', '-'),
  type: fc.constantFrom('IPv4', 'IPv6', 'EFA'),
  'some-later-field': fc.stringMatching(/^[!-~]{1,20}$/),
})
/** What is no record whatever the format. */
const rubbish = fc.constantFrom(
  'x',
  'eni-0a',
  '\u0000\u0001',
  'ACCEPT OK',
  `{"a":1}`,
  'é ü',
  ', , ,'.repeat(50),
)

const object = fc.record({
  fields: fc.tuple(fc.shuffledSubarray(OPTIONAL), fc.constant(REQUIRED)).chain(([some, all]) => {
    const fields = [...some, ...all]
    return fc.shuffledSubarray(fields, { minLength: fields.length })
  }),
  lines: fc.array(fc.oneof({ weight: 9, arbitrary: record }, { weight: 1, arbitrary: rubbish }), {
    maxLength: 40,
  }),
  isCompressed: fc.boolean(),
})

interface Written {
  readonly fields: readonly string[]
  readonly lines: readonly (FlowRecord | string)[]
}

function textOf({ fields, lines }: Written): string {
  const text = lines.map((line) =>
    typeof line === 'string' ? line : fields.map((field) => line[field]).join(' '),
  )
  return [fields.join(' '), ...text].map((line) => `${line}\n`).join('')
}

/** What the objects come to, without SQL. */
function sumUp(objects: readonly Written[]) {
  const totals = new Map<string, { records: number; bytes: number; packets: number }>()
  for (const { fields, lines } of objects) {
    for (const line of lines) {
      if (typeof line === 'string') continue
      const hour = Math.floor(Number(line.start) / 3_600)
      const isOk = line['log-status'] === 'OK'
      const action = isOk && line.action !== '-' ? line.action : ''
      const eni = line['interface-id'] === '-' ? 'unknown' : line['interface-id']
      const key = [hour, eni, line['log-status'], action].join(' ')
      const total = totals.get(key) ?? { records: 0, bytes: 0, packets: 0 }
      totals.set(key, {
        records: total.records + 1,
        bytes: total.bytes + (isOk ? Number(line.bytes) : 0),
        packets: total.packets + (isOk && fields.includes('packets') ? Number(line.packets) : 0),
      })
    }
  }
  return Object.fromEntries(totals)
}

async function storedTotals() {
  const rows = await flowLogs.traffic(
    `concat(toString(intDiv(toUnixTimestamp(hour), 3600)), ' ', interface_id, ' ', log_status, ' ', action) AS key,
     sum(records) AS records, sum(bytes) AS bytes, sum(packets) AS packets`,
    'GROUP BY key',
  )
  return Object.fromEntries(rows.map(({ key, ...total }) => [String(key), total]))
}

async function storedEvents() {
  return await flowLogs.events('* EXCEPT observed_at', 'ORDER BY event_id')
}

let round = 0

it('totals are the sums of the records, in whatever fields, order and number of loads', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(object, { minLength: 1, maxLength: 4 }), fc.nat(), async (objects, turn) => {
      const prefix = `round-${++round}`
      for (const table of ['flow_log_traffic', 'flow_log_objects', 'resource_events'])
        await flowLogs.truncate(table)
      const keys = await Promise.all(
        objects.map((one, index) => {
          const text = textOf(one)
          const name = `${prefix}/${index}.log`
          return one.isCompressed ? flowLogs.write(`${name}.gz`, gzipSync(text)) : flowLogs.write(name, text)
        }),
      )
      const results = await flowLogs.load(...keys)
      for (const [index, key] of keys.entries()) {
        const malformed = objects[index]?.lines.filter((line) => typeof line === 'string').length
        expect(results[key]).toMatchObject({
          status: 'loaded',
          details: { malformed_lines: String(malformed) },
        })
      }
      expect(await storedTotals()).toEqual(sumUp(objects))
      const events = await storedEvents()

      await flowLogs.load(...keys.toReversed().slice(0, 1 + (turn % keys.length)))
      expect(await storedTotals()).toEqual(sumUp(objects))
      expect(await storedEvents()).toEqual(events)
    }),
    { numRuns: ROUNDS, endOnFailure: true },
  )
}, 240_000)
