import { join } from 'node:path'
import { COLLECTORS } from '@polo/collectors'
import { type PoloConfigInput, ResourceEvent } from '@polo/core'
import { expect, it } from 'vitest'
import { ASKED_AT } from '../factories.ts'
import { inMinutes } from '../reconciliation-rows.ts'
import { FIXTURES, fileLoad, loadFiles, useCurLoads, writeCsv } from './cur-loads.ts'

const stage = useCurLoads()

const SOURCES = [
  ['focus-converters-cur', './', 627],
  ['focus-sample', './', 470],
  ['cur-anonymize-samples', './', 4],
  ['keboola-cur', 'metadata/BILLING_PERIOD=2024-09/MockTestReportV2-Manifest.json', 4],
] as const

it.each(SOURCES)(
  'cost events of %s add up to its lines, by account, service, day and kind of charge',
  async (name, key, lines) => {
    const [load] = await loadFiles(stage.polo, [fileLoad(join(FIXTURES, name), key)])
    expect(load).toMatchObject({ status: 'loaded', rows: lines })

    const amounts = ['unblended_cost', 'amortized_cost', 'net_unblended_cost', 'net_amortized_cost']
    const sums = amounts.map((amount) => `toString(sum(${amount})) AS ${amount}`).join(', ')
    const by = 'aws_account_id, service, usage_date, charge_type'
    const events = await stage.polo.select(
      `SELECT ${by}, ${sums} FROM cost_cur_events GROUP BY ${by} ORDER BY ALL`,
    )

    expect(events).toEqual(
      await stage.polo.select(
        `SELECT aws_account_id, service, toDate(usage_start) AS usage_date, charge_type, ${sums}
       FROM cost_line_items GROUP BY ${by} ORDER BY ALL`,
      ),
    )
    const [ids] = await stage.polo.select(
      'SELECT count() AS events, uniqExact(event_id) AS ids FROM cost_cur_events',
    )
    expect(ids?.events).toBe(ids?.ids)
    expect(Number(ids?.events)).toBeGreaterThan(0)
  },
)

it('has the columns of resource_events, in values that are events', async () => {
  await loadFiles(stage.polo, [fileLoad(join(FIXTURES, 'keboola-cur'), SOURCES[3][1])])
  const columns = await stage.polo.select(
    "SELECT name FROM system.columns WHERE table = 'resource_events' AND database = 'polo' ORDER BY position",
  )
  const [event] = await stage.polo.select(
    `SELECT ${columns.map(({ name }) => name).join(', ')} FROM cost_cur_events ORDER BY event_id LIMIT 1
     SETTINGS date_time_output_format = 'iso'`,
  )
  expect(ResourceEvent.parse(event)).toMatchObject({
    event_time: expect.stringContaining('2024-09-'),
    collector: 'cost_cur',
    event_type: 'cost',
    aws_account_id: '123456789012',
    resource_type: 'aws:resource',
    unit: 'USD',
    properties: { charge_type: 'usage', record_type: 'Usage', estimated: 'false', export_name: 'one' },
  })
})

it('has the types and properties that are documented, and no others', async () => {
  const { loadedTypes = {} } = COLLECTORS.find(({ name }) => name === 'cost_cur') ?? {}
  await loadFiles(
    stage.polo,
    SOURCES.slice(1).map(([name, key]) =>
      fileLoad(join(FIXTURES, name), key, { source: name, target: name }),
    ),
  )
  const told = await stage.polo.select(
    `SELECT resource_type, arraySort(groupUniqArrayArray(mapKeys(properties))) AS properties
     FROM cost_cur_events GROUP BY resource_type ORDER BY resource_type`,
  )
  expect(told).toEqual(
    Object.entries(loadedTypes)
      .map(([resource_type, { properties }]) => ({
        resource_type,
        properties: Object.keys(properties).sort(),
      }))
      .sort((one, other) => (one.resource_type < other.resource_type ? -1 : 1)),
  )
})

it('gives the same ids when the same is loaded again', async () => {
  const ids = () => stage.polo.select('SELECT event_id FROM cost_cur_events ORDER BY event_id')
  await loadFiles(stage.polo, [fileLoad(join(FIXTURES, 'focus-converters-cur'), './')])
  const first = await ids()
  await loadFiles(stage.polo, [fileLoad(join(FIXTURES, 'focus-converters-cur'), './')])
  expect(await ids()).toEqual(first)
})

it('counts the money once where two exports tell of it, by the first that the configuration names', async () => {
  const header = 'lineItem/UsageStartDate,lineItem/UsageAccountId,lineItem/UnblendedCost'
  const line = (month: string, account: string, cost: string) =>
    `2025-${month}-03T00:00:00Z,${account},${cost}`
  await writeCsv(stage.directory, 'a/x.csv', [
    header,
    line('01', '111122223333', '1'),
    line('02', '111122223333', '2'),
  ])
  await writeCsv(stage.directory, 'b/x.csv', [
    header,
    line('01', '111122223333', '10'),
    line('01', '444455556666', '20'),
  ])
  const bucket = { bucket: 'billing', region: 'us-east-1' }
  const config = {
    costExports: [
      { ...bucket, name: 'first' },
      { ...bucket, name: 'second' },
    ],
  }
  await loadFiles(
    stage.polo,
    [
      fileLoad(stage.directory, 'b/', { source: 'second' }),
      fileLoad(stage.directory, 'a/', { source: 'first' }),
    ],
    config,
  )
  expect(
    await stage.polo.select(
      `SELECT aws_account_id AS account, toString(billing_period) AS period, properties['export_name'] AS export, value
       FROM cost_cur_events ORDER BY account, period`,
    ),
  ).toEqual([
    { account: '111122223333', period: '2025-01-01', export: 'first', value: 1 },
    { account: '111122223333', period: '2025-02-01', export: 'first', value: 2 },
    { account: '444455556666', period: '2025-01-01', export: 'second', value: 20 },
  ])
})

const NEW = { name: 'org', bucket: 'billing', region: 'us-east-1' }

/** Loads one line of January for each account and payer; '' leaves the payer's column out. */
async function loadExport(
  source: string,
  lines: readonly (readonly [account: string, payer: string, cost: string])[],
  { costExports = [], observed_at = ASKED_AT }: PoloConfigInput & { observed_at?: string } = {},
) {
  const columns = ['lineItem/UsageStartDate', 'lineItem/UsageAccountId', 'lineItem/UnblendedCost']
  const hasPayer = lines.some(([, payer]) => payer !== '')
  await writeCsv(stage.directory, `${source}/x.csv`, [
    [...columns, ...(hasPayer ? ['bill/PayerAccountId'] : [])].join(','),
    ...lines.map(([account, payer, cost]) =>
      ['2025-01-03T00:00:00Z', account, cost, ...(hasPayer ? [payer] : [])].join(','),
    ),
  ])
  const request = fileLoad(stage.directory, `${source}/`, { source, observed_at })
  expect(await loadFiles(stage.polo, [request], { costExports })).toMatchObject([
    { status: 'loaded', error: '' },
  ])
}

/** What counts, by account, payer and export. */
function counted() {
  return stage.polo.select(
    `SELECT aws_account_id AS account, payer_account_id AS payer, properties['export_name'] AS export, sum(value) AS cost
     FROM cost_cur_events GROUP BY ALL ORDER BY ALL`,
  )
}

const ACCOUNT = '111122223333'
const PAYER = '999999999999'
const OTHER_PAYER = '888888888888'

it('counts an export that is configured, not what was loaded by hand before anything was', async () => {
  await loadExport('cur2', [[ACCOUNT, PAYER, '1']], { observed_at: inMinutes(10) })
  expect(await counted()).toMatchObject([{ export: 'cur2' }])
  await loadExport('org', [[ACCOUNT, PAYER, '2']], { costExports: [NEW] })
  expect(await counted()).toEqual([{ account: ACCOUNT, payer: PAYER, export: 'org', cost: 2 }])
})

it.each([
  ['before', 'a-renamed'],
  ['after', 'z-renamed'],
])(
  'counts the newer of two exports that were each the first, such as one renamed to a name %s its own',
  async (_, name) => {
    await loadExport('org', [[ACCOUNT, PAYER, '1']], { costExports: [NEW] })
    await loadExport(name, [[ACCOUNT, PAYER, '2']], {
      costExports: [{ ...NEW, name }],
      observed_at: inMinutes(5),
    })
    expect(await counted()).toEqual([{ account: ACCOUNT, payer: PAYER, export: name, cost: 2 }])
  },
)

it('counts both parts of a month in which an account changes its payer', async () => {
  const costExports = [NEW, { ...NEW, name: 'other' }]
  await loadExport('org', [[ACCOUNT, PAYER, '1']], { costExports })
  await loadExport(
    'other',
    [
      [ACCOUNT, OTHER_PAYER, '2'],
      [ACCOUNT, PAYER, '4'],
    ],
    { costExports },
  )
  expect(await counted()).toEqual([
    { account: ACCOUNT, payer: OTHER_PAYER, export: 'other', cost: 2 },
    { account: ACCOUNT, payer: PAYER, export: 'org', cost: 1 },
  ])
})

it('counts an export that does not say who pays alone where it is the first, and else not at all', async () => {
  const costExports = ['org', 'blind', 'other'].map((name) => ({ ...NEW, name }))
  await loadExport(
    'blind',
    [
      [ACCOUNT, '', '7'],
      ['444455556666', '', '8'],
    ],
    { costExports },
  )
  await loadExport('other', [[ACCOUNT, OTHER_PAYER, '2']], { costExports })
  const [others] = [{ account: '444455556666', payer: '', export: 'blind', cost: 8 }]
  expect(await counted()).toEqual([{ account: ACCOUNT, payer: '', export: 'blind', cost: 7 }, others])
  await loadExport('org', [[ACCOUNT, PAYER, '1']], { costExports })
  expect(await counted()).toEqual([
    { account: ACCOUNT, payer: OTHER_PAYER, export: 'other', cost: 2 },
    { account: ACCOUNT, payer: PAYER, export: 'org', cost: 1 },
    others,
  ])
})

it('leaves out no line of an export that says of some who pays', async () => {
  await loadExport(
    'org',
    [
      [ACCOUNT, PAYER, '1'],
      [ACCOUNT, '', '2'],
    ],
    { costExports: [NEW] },
  )
  await loadExport('stale', [[ACCOUNT, PAYER, '9']])
  expect(await counted()).toEqual([
    { account: ACCOUNT, payer: '', export: 'org', cost: 2 },
    { account: ACCOUNT, payer: PAYER, export: 'org', cost: 1 },
  ])
})

it.each(["usage_date >= '2025-03-01' AND usage_date < '2025-04-01'", "billing_period = '2025-03-01'"])(
  'reads the lines of the months that are asked for, and no others: %s',
  async (asked) => {
    const accounts = Array.from({ length: 100 }, (_, index) => String(111122223300 + index))
    await writeCsv(stage.directory, 'x.csv', [
      'lineItem/UsageStartDate,lineItem/UsageAccountId,lineItem/UnblendedCost',
      ...['01', '02', '03', '04'].flatMap((month) =>
        accounts.map((account) => `2025-${month}-03T00:00:00Z,${account},1`),
      ),
    ])
    await loadFiles(stage.polo, [fileLoad(stage.directory, './')])
    const plan = await stage.polo.select(
      `EXPLAIN indexes = 1 SELECT sum(unblended_cost) FROM cost_cur_events WHERE ${asked}`,
    )
    const steps = plan.map(({ explain }) => String(explain))
    const lines = steps.findIndex((step) => step.includes('ReadFromMergeTree (polo.cost_line_items)'))
    expect(steps.slice(lines).find((step) => step.includes('Parts: '))).toMatch(/Parts: 1 \|/)
  },
)
