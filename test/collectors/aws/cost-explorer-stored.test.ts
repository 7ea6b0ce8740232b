import { afterAll, beforeAll, expect, it } from 'vitest'
import { costExplorer } from '../../../packages/collectors/src/aws/cost-explorer.ts'
import { batch, record } from '../../ingester/factories.ts'
import { type Pipeline, startPipeline } from '../../ingester/pipeline.ts'
import { collect, memoryStore, recordedAnswer } from '../harness.ts'
import { costExplorerAnswers, type TestCharge } from './cost-explorer-answers.ts'

const DAY_MS = 86_400_000
/** So that the first of 43 days is within what a first run reads, and what is stored is kept. */
const TODAY = Math.floor(Date.now() / DAY_MS) * DAY_MS
const LINKED = ['111111111111', '222222222222']

let polo: Pipeline
beforeAll(async () => {
  polo = await startPipeline()
})
afterAll(async () => {
  await polo?.stop()
})

interface SampleAnswer {
  readonly ResultsByTime?: readonly {
    readonly Groups: readonly { Keys: string[]; Metrics: { UnblendedCost: { Amount: string } } }[]
  }[]
}

/** The real amounts of 43 days, moved to the last 43; what is tax there is a record type of its own, as Cost Explorer has it. */
function sampleCharges(): TestCharge[] {
  const { ResultsByTime: results = [] }: SampleAnswer = recordedAnswer(
    'cost-explorer-cloudtoolbox/get_cost_and_usage_daily.json',
  )
  return results.flatMap(({ Groups }, index) =>
    Groups.map(({ Keys: [service = ''], Metrics }, group) => ({
      day: new Date(TODAY + (index - results.length) * DAY_MS).toISOString().slice(0, 10),
      service,
      account: LINKED[group % 2] ?? '',
      recordType: service === 'Tax' ? 'Tax' : 'Usage',
      units: BigInt(Math.round(Number(Metrics.UnblendedCost.Amount) * 1e10)),
    })),
  )
}

const state = memoryStore()

/** A run at that hour of today, its messages stored. */
async function lookAt(hour: number, charges: readonly TestCharge[]) {
  const { requestHandler } = costExplorerAnswers({ charges, pageSize: 50 })
  const now = new Date(TODAY + hour * 3_600_000)
  const { bodies, run } = await collect(costExplorer, { requestHandler, slot: now, now, state })
  const sender = 'AROACONTROL:cost_explorer'
  const answer = await polo.ingest(batch(...bodies.map((body) => record(body, { sender }))))
  expect(answer).toEqual({ batchItemFailures: [] })
  return run
}

/** What it comes to in units of 10⁻¹⁰, by account, service, day and charge type. */
async function stored(): Promise<Record<string, string>> {
  const rows = await polo.select(
    `SELECT concat(aws_account_id, '|', service, '|', toString(usage_date), '|', charge_type) AS key,
       toString(toInt128(sum(unblended_cost) * 10000000000)) AS units
     FROM costs GROUP BY key`,
  )
  return Object.fromEntries(rows.map(({ key, units }) => [String(key), String(units)]))
}

function expected(charges: readonly TestCharge[]): Record<string, string> {
  return Object.fromEntries(
    charges.map(({ account, service, day, recordType = '', units }) => [
      [account, service, day, recordType.toLowerCase()].join('|'),
      String(units),
    ]),
  )
}

it('stores what a real account cost, to the cent, and takes withdrawn lines out again', async () => {
  const charges = sampleCharges()
  expect(charges).toHaveLength(443)
  const run = await lookAt(1, charges)
  expect(run).toMatchObject({ status: 'complete', errors: [], notes: [] })
  expect(await stored()).toEqual(expected(charges))
  expect(await polo.select('SELECT toString(round(sum(unblended_cost), 2)) AS total FROM costs')).toEqual([
    { total: '18.97' },
  ])

  const yesterday = new Date(TODAY - DAY_MS).toISOString().slice(0, 10)
  const restated = charges
    .filter(({ day, service }) => day !== yesterday || service !== 'AWS Secrets Manager')
    .map((charge) => (charge.day === yesterday ? { ...charge, units: charge.units + 1n } : charge))
  expect(restated).toHaveLength(442)
  await lookAt(2, restated)
  expect(await stored()).toEqual(expected(restated))
})
