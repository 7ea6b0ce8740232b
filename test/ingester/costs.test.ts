import { randomUUID } from 'node:crypto'
import { deterministicId, parseEnvelope } from '@polo/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { bodiesOfCostLook } from './cost-look.ts'
import { batch, bodyOf as bodyOfBlock, coverageRow, eventRow, type Row, record } from './factories.ts'
import { usePipeline } from './use-pipeline.ts'

const PAYER = '999999999999'
const WEB = '111111111111'
const DATA = '222222222222'
const FIRST = '2026-03-01'
const SECOND = '2026-03-02'
const DAY_MS = 86_400_000

const stage = usePipeline({ empty: ['resource_events', 'cost_coverage', 'collector_runs', 'ingest_ledger'] })

/** As the collector sends it. */
function bodyOf(rows: readonly Row[], overrides: Parameters<typeof bodyOfBlock>[1] = {}): Promise<string> {
  return bodyOfBlock(rows, { collector: 'cost_explorer', ...overrides })
}

interface TestLine {
  readonly service: string
  readonly amount: string
  readonly account?: string
  readonly day?: string
  readonly chargeType?: string
  /** Other properties. */
  readonly more?: Row
}

interface TestLook {
  readonly lines: readonly TestLine[]
  /** Days that it saw whole. */
  readonly days?: readonly string[]
  readonly payer?: string
  readonly run?: Row
}

/** What the nth look, an hour after the one before, sends: its lines, its coverage, its record. */
async function messagesOf(n: number, { lines, days = [FIRST], payer = PAYER, run = {} }: TestLook) {
  const observed_at = new Date(Date.UTC(2026, 2, 10, n)).toISOString()
  const events = lines.map((line) => costRow(line, payer, observed_at))
  return await bodiesOfCostLook({ payer, observedAt: observed_at, events, days, run })
}

function costRow(
  { service, amount, account = WEB, day = FIRST, chargeType = 'usage', more = {} }: TestLine,
  payer: string,
  observed_at: string,
): Row {
  return eventRow('cost', {
    event_id: deterministicId('cost', payer, account, service, chargeType, day),
    event_time: `${day}T00:00:00.000Z`,
    collector: 'cost_explorer',
    aws_account_id: account,
    aws_region: '',
    resource_arn: '',
    resource_type: 'aws:service',
    resource_id: service,
    event_type: 'cost',
    value: Number(amount),
    unit: 'USD',
    properties: {
      unblended_cost: amount,
      charge_type: chargeType,
      record_type: chargeType,
      payer_account: payer,
      ...more,
    },
    observed_at,
  })
}

async function ingest(...bodies: readonly string[]): Promise<void> {
  for (const body of bodies)
    await stage.polo.ingest(batch(record(body, { sender: 'AROACONTROL:cost_explorer' })))
}

async function look(n: number, test: TestLook): Promise<void> {
  const { blocks, record } = await messagesOf(n, test)
  await ingest(...blocks, record)
}

/** What `costs` has, as 'service amount'. */
async function costs(where = 'true'): Promise<string[]> {
  const rows = await stage.polo.select(
    `SELECT concat(service, ' ', toString(unblended_cost)) AS line FROM costs WHERE ${where} ORDER BY event_time, line`,
  )
  return rows.map(({ line }) => String(line))
}

it('has the lines of a look, with their exact amounts and what each is', async () => {
  const more = {
    amortized_cost: '2.5',
    net_unblended_cost: '0.9',
    net_amortized_cost: '1E-7',
    estimated: 'true',
  }
  await look(1, { lines: [{ service: 'AWS Lambda', amount: '1.0000000001', more }] })
  expect(
    await stage.polo.select(`SELECT source, aws_account_id, payer_account_id, toString(usage_date) AS usage_date,
      toString(billing_period) AS billing_period, service, charge_type, estimated, currency, value,
      toString(unblended_cost) AS unblended, toString(amortized_cost) AS amortized,
      toString(net_unblended_cost) AS net_unblended, toString(net_amortized_cost) AS net_amortized FROM costs`),
  ).toEqual([
    {
      source: 'cost_explorer',
      aws_account_id: WEB,
      payer_account_id: PAYER,
      usage_date: FIRST,
      billing_period: '2026-03-01',
      service: 'AWS Lambda',
      charge_type: 'usage',
      estimated: true,
      currency: 'USD',
      value: 1.0000000001,
      unblended: '1.0000000001',
      amortized: '2.5',
      net_unblended: '0.9',
      net_amortized: '0.0000001',
    },
  ])
})

it('has every column that an event has', async () => {
  const columns = await stage.polo.select(
    "SELECT name FROM system.columns WHERE database = 'polo' AND table = 'resource_events' ORDER BY position",
  )
  const ofView = await stage.polo.select(
    "SELECT name FROM system.columns WHERE database = 'polo' AND table = 'costs' ORDER BY position LIMIT 23",
  )
  expect(ofView).toEqual(columns)
})

it('takes a cost that is not said for the unblended one, and an amount that cannot be read for the value', async () => {
  await look(1, {
    lines: [
      { service: 'AWS Lambda', amount: '3' },
      { service: 'Tax', amount: '4', more: { unblended_cost: 'x' } },
    ],
  })
  expect(
    await stage.polo.select(
      'SELECT toString(sum(unblended_cost)) AS sum, toString(sum(net_amortized_cost)) AS net FROM costs',
    ),
  ).toEqual([{ sum: '7', net: '7' }])
})

it('has the newest amount of a line that was restated', async () => {
  await look(1, { lines: [{ service: 'AWS Lambda', amount: '1' }] })
  await look(2, { lines: [{ service: 'AWS Lambda', amount: '2' }] })
  expect(await costs()).toEqual(['AWS Lambda 2'])
})

it('lacks a line that AWS withdrew', async () => {
  await look(1, {
    lines: [
      { service: 'AWS Lambda', amount: '1' },
      { service: 'Refund', amount: '-1' },
    ],
  })
  await look(2, { lines: [{ service: 'AWS Lambda', amount: '2' }] })
  expect(await costs()).toEqual(['AWS Lambda 2'])
})

it('lacks every line of a day that was found to have none', async () => {
  await look(1, { lines: [{ service: 'AWS Lambda', amount: '1' }] })
  await look(2, { lines: [] })
  expect(await costs()).toEqual([])
})

it.each(['partial', 'denied', 'throttled', 'failed'])(
  'keeps what a newer %s run does not have',
  async (status) => {
    await look(1, {
      lines: [
        { service: 'AWS Lambda', amount: '1' },
        { service: 'Tax', amount: '5' },
      ],
    })
    await look(2, { lines: [{ service: 'AWS Lambda', amount: '2' }], run: { status } })
    expect(await costs()).toEqual(['AWS Lambda 2', 'Tax 5'])
  },
)

it('keeps what a newer run does not have until its record is stored', async () => {
  await look(1, {
    lines: [
      { service: 'AWS Lambda', amount: '1' },
      { service: 'Tax', amount: '5' },
    ],
  })
  const newer = await messagesOf(2, { lines: [{ service: 'AWS Lambda', amount: '2' }] })
  await ingest(...newer.blocks)
  expect(await costs()).toEqual(['AWS Lambda 2', 'Tax 5'])
  await ingest(newer.record)
  expect(await costs()).toEqual(['AWS Lambda 2'])
})

it('keeps what a newer run does not have while one of its blocks is missing', async () => {
  await look(1, {
    lines: [
      { service: 'AWS Lambda', amount: '1' },
      { service: 'Tax', amount: '5' },
    ],
  })
  const { blocks, record } = await messagesOf(2, { lines: [{ service: 'AWS Lambda', amount: '2' }] })
  const [lines = '', coverage = ''] = blocks
  await ingest(coverage, record)
  expect(await costs()).toEqual(['AWS Lambda 1', 'Tax 5'])
  await ingest(lines)
  expect(await costs()).toEqual(['AWS Lambda 2'])
})

it('keeps a line whose restatement is a dead letter, until that is stored', async () => {
  await look(1, {
    lines: [
      { service: 'AWS Lambda', amount: '1' },
      { service: 'Tax', amount: '5' },
    ],
  })
  const rejected = costRow({ service: '', amount: '6' }, PAYER, '2026-03-10T02:00:00.000Z')
  const good = costRow({ service: 'AWS Lambda', amount: '2' }, PAYER, '2026-03-10T02:00:00.000Z')
  const body = await bodyOf([good, rejected])
  const { blocks, record } = await messagesOf(2, {
    lines: [],
    run: { block_ids: [parseEnvelope(body).block.blockId], block_rows: [2] },
  })
  await ingest(body, ...blocks, record)
  expect(await stage.polo.takeDeadLetters()).toHaveLength(1)
  expect(
    await stage.polo.select(
      `SELECT reconciliation, dead_rows FROM collector_attempts WHERE started_at = '2026-03-10 02:00:00.000'`,
    ),
  ).toEqual([{ reconciliation: 'reconciled', dead_rows: 1 }])
  expect(await costs()).toEqual(['AWS Lambda 2', 'Tax 5'])

  await stage.polo.clickhouse.command({
    query: `INSERT INTO ingest_ledger SELECT * REPLACE ('stored' AS outcome, 2 AS rank) FROM ingest_ledger WHERE reason != ''`,
  })
  expect(await costs()).toEqual(['AWS Lambda 2'])
})

it('does not take a late block of an older look for news', async () => {
  const older = await messagesOf(1, {
    lines: [
      { service: 'AWS Lambda', amount: '1' },
      { service: 'Refund', amount: '-9' },
    ],
  })
  await look(2, { lines: [{ service: 'AWS Lambda', amount: '2' }] })
  await ingest(...older.blocks, older.record)
  expect(await costs()).toEqual(['AWS Lambda 2'])
})

it('leaves the days alone that a newer run did not look at', async () => {
  await look(1, {
    lines: [
      { service: 'AWS Lambda', amount: '1' },
      { service: 'Tax', amount: '5', day: SECOND },
    ],
    days: [FIRST, SECOND],
  })
  await look(2, { lines: [{ service: 'Tax', amount: '6', day: SECOND }], days: [SECOND] })
  expect(await costs()).toEqual(['AWS Lambda 1', 'Tax 6'])
})

it('leaves other collectors and other events out', async () => {
  await look(1, { lines: [{ service: 'AWS Lambda', amount: '1' }] })
  const row = costRow({ service: 'AWS Lambda', amount: '8' }, PAYER, '2026-03-10T02:00:00.000Z')
  await ingest(
    await bodyOf([
      { ...row, event_id: randomUUID(), event_type: 'metric', resource_type: 'aws:service_usage' },
      { ...row, event_id: randomUUID(), collector: 'savings_plans' },
    ]),
  )
  expect(await costs()).toEqual(['AWS Lambda 1'])
})

it('counts once what a member and the payer both see, as the newer whole look has it', async () => {
  const asMember = { payer: WEB, days: [FIRST, SECOND] }
  await look(1, {
    ...asMember,
    lines: [
      { service: 'EC2', amount: '1' },
      { service: 'EC2', amount: '4', day: SECOND },
    ],
  })
  await look(2, {
    lines: [
      { service: 'EC2', amount: '2' },
      { service: 'Tax', amount: '3' },
      { service: 'EC2', amount: '7', account: DATA },
    ],
  })
  expect(await costs()).toEqual(['EC2 2', 'EC2 7', 'Tax 3', 'EC2 4'])
  await look(3, { ...asMember, lines: [{ service: 'EC2', amount: '9' }], run: { status: 'partial' } })
  expect(await costs(`usage_date = '${FIRST}'`)).toEqual(['EC2 2', 'EC2 7', 'Tax 3'])
})

it('reads only the month that it is asked for', async () => {
  await look(1, {
    lines: [
      { service: 'EC2', amount: '1', day: '2026-01-31' },
      { service: 'EC2', amount: '2' },
    ],
    days: ['2026-01-31', FIRST],
  })
  const where = "usage_date >= '2026-03-01' AND usage_date < '2026-04-01'"
  expect(await costs(where)).toEqual(['EC2 2'])
  expect(await costs("billing_period = '2026-01-01'")).toEqual(['EC2 1'])
  const plan = await stage.polo.select(
    `EXPLAIN indexes = 1 SELECT sum(unblended_cost) FROM costs WHERE ${where}`,
  )
  const text = plan.map(({ explain }) => String(explain)).join('\n')
  expect(text).toMatch(/resource_events[\s\S]*?Parts: 1\/2/)
})

it('takes coverage only from those that may send it', async () => {
  const body = await bodyOf([coverageRow()], { schema: 'cost_coverage/1' })
  await stage.polo.ingest(batch(record(body, { sender: 'AROASOMEBODY:else' })))
  expect(await stage.polo.takeDeadLetters()).toHaveLength(1)
  expect(await stage.polo.select('SELECT count() AS n FROM cost_coverage')).toEqual([{ n: 0 }])
})

const line = fc.record({
  service: fc.constantFrom('EC2', 'S3', 'Tax'),
  amount: fc.integer({ min: -999, max: 999 }).map(String),
  account: fc.constantFrom(WEB, DATA),
  day: fc.constantFrom(FIRST, SECOND),
})
const lineKey = ({ service, account, day }: { service: string; account: string; day: string }) =>
  [day, account, service].join()
const anyLook = fc
  .record({
    lines: fc.uniqueArray(line, { maxLength: 6, selector: lineKey }),
    days: fc.subarray([FIRST, SECOND]),
    status: fc.constantFrom('complete', 'complete', 'partial'),
  })
  // A look sees no line of a day that it does not look at.
  .map(({ lines, days, status }) => ({ lines: lines.filter(({ day }) => days.includes(day)), days, status }))

it('is what the newest whole look saw, with what newer ones changed since, in whatever order it arrives', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyLook, { minLength: 1, maxLength: 4 }),
      fc.infiniteStream(fc.nat()),
      async (looks, order) => {
        for (const table of ['resource_events', 'cost_coverage', 'collector_runs', 'ingest_ledger'])
          await stage.polo.clickhouse.command({ query: `TRUNCATE TABLE ${table}` })
        const expected = new Map<string, string>()
        for (const { lines, days, status } of looks) {
          if (status === 'complete') {
            for (const key of [...expected.keys()])
              if (days.some((day) => key.startsWith(day))) expected.delete(key)
          }
          for (const each of lines) expected.set(lineKey(each), each.amount)
        }
        const sent = await Promise.all(
          looks.map(({ status, ...rest }, index) => messagesOf(index + 1, { ...rest, run: { status } })),
        )
        const bodies = sent.flatMap(({ blocks, record: last }) => [...blocks, last])
        const shuffled = bodies
          .map((body) => ({ body, place: order.next().value }))
          .sort((a, b) => Number(a.place) - Number(b.place))
        await ingest(...shuffled.map(({ body }) => body))
        const rows = await stage.polo.select(
          `SELECT concat(toString(usage_date), ',', aws_account_id, ',', service) AS key, toString(unblended_cost) AS amount FROM costs`,
        )
        expect(Object.fromEntries(rows.map(({ key, amount }) => [key, amount]))).toEqual(
          Object.fromEntries(expected),
        )
        expect(rows).toHaveLength(expected.size)
      },
    ),
    { numRuns: 15 },
  )
})

it('has usage types in a view of their own, which lacks what was withdrawn', async () => {
  // Metrics are not kept for long.
  const event_time = new Date(Math.floor(Date.now() / DAY_MS - 1) * DAY_MS).toISOString()
  const usage = (n: number, type: string): Row =>
    eventRow('usage', {
      event_id: deterministicId('usage', type),
      event_time,
      collector: 'cost_explorer',
      aws_account_id: WEB,
      resource_type: 'aws:service_usage',
      resource_id: type,
      resource_name: 'AWS Lambda',
      event_type: 'metric',
      value: n,
      unit: 'Hrs',
      properties: { unblended_cost: '0.5', currency: 'USD' },
      observed_at: new Date(Date.UTC(2026, 2, 10, n)).toISOString(),
    })
  const send = async (n: number, rows: Row[], account: string) => {
    const body = await bodyOf(rows)
    const observed_at = new Date(Date.UTC(2026, 2, 10, n)).toISOString()
    const covered = coverageRow({
      aws_account_id: PAYER,
      resource_type: 'aws:service_usage',
      linked_account_id: account,
      event_time,
      observed_at,
    })
    const coverage = await bodyOf([covered], { schema: 'cost_coverage/1' })
    const blocks = [body, coverage].map((each) => parseEnvelope(each).block)
    const { record: recorded } = await messagesOf(n, {
      lines: [],
      days: [],
      run: { block_ids: blocks.map(({ blockId }) => blockId), block_rows: blocks.map(({ rows }) => rows) },
    })
    await ingest(body, coverage, recorded)
  }
  const read = () =>
    stage.polo.select(
      'SELECT usage_type, service, quantity, unit, toString(unblended_cost) AS cost FROM service_usage ORDER BY 1',
    )

  await send(1, [usage(1, 'a'), usage(1, 'b')], WEB)
  expect(await read()).toHaveLength(2)
  await send(2, [usage(2, 'b')], DATA)
  expect(await read()).toHaveLength(2)
  await send(3, [usage(3, 'b')], WEB)
  expect(await read()).toEqual([
    { usage_type: 'b', service: 'AWS Lambda', quantity: 3, unit: 'Hrs', cost: '0.5' },
  ])
  expect(await costs()).toEqual([])
})
