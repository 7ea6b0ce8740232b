import { type BlockSink, liveAws, type ObjectStore, runCollector } from '@polo/collectors'
import { parseConfig, ResourceEvent } from '@polo/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { costExplorer } from '../../packages/collectors/src/aws/cost-explorer.ts'
import { memoryStore } from '../collectors/harness.ts'
import { readRows } from '../core/read-rows.ts'
import { type Moto, startMoto } from './start-moto.ts'

/** The emulator's only account. */
const ACCOUNT = '123456789012'
const LINKED = '111111111111'
const REGION = 'us-east-1'
const SLOT = new Date('2025-03-15T05:30:00.000Z')
const credentials = async () => ({ accessKeyId: 'test', secretAccessKey: 'test' })

let moto: Moto
beforeAll(async () => {
  moto = await startMoto()
})
afterAll(() => moto?.stop())

/** The emulator gives these to the next questions that it has not heard before, one after the other, and then nothing. */
async function answerWith(...results: object[]): Promise<void> {
  const response = await fetch(`${moto.endpoint}/moto-api/static/ce/cost-and-usage-results`, {
    method: 'POST',
    body: JSON.stringify({ results, account_id: ACCOUNT }),
    headers: { 'content-type': 'application/json' },
  })
  if (!response.ok) throw new Error(`moto takes no results: ${response.status} ${await response.text()}`)
}

async function run(state: ObjectStore) {
  const bodies: string[] = []
  const sink: BlockSink = {
    send: async (body) => {
      bodies.push(body)
    },
  }
  const account = { id: ACCOUNT, role: '', tagDefaults: {} }
  const record = await runCollector(
    { collector: costExplorer, account, slot: SLOT, regions: [REGION], budgetUsd: 10, timeoutMs: 120_000 },
    { aws: liveAws({ endpoint: moto.endpoint, credentials }), sink, config: parseConfig({}), state },
  )
  const events = (await readRows(bodies)).map((row) => ResourceEvent.parse(row))
  return { record, events, coverage: await readRows(bodies, 'cost_coverage/1') }
}

function day(groups: readonly (readonly [keys: readonly string[], amount: string])[]) {
  return {
    ResultsByTime: [
      {
        TimePeriod: { Start: '2025-03-14', End: '2025-03-15' },
        Total: {},
        Groups: groups.map(([Keys, Amount]) => ({
          Keys,
          Metrics: Object.fromEntries(
            ['UnblendedCost', 'AmortizedCost', 'NetUnblendedCost', 'NetAmortizedCost', 'BlendedCost'].map(
              (metric) => [metric, { Amount, Unit: 'USD' }],
            ),
          ),
        })),
        Estimated: true,
      },
    ],
    DimensionValueAttributes: [{ Value: LINKED, Attributes: { description: 'web' } }],
  }
}

test('reads an emulated Cost Explorer by record type, over two pages, and pays for each', async () => {
  await answerWith(
    day([
      [['Credit'], '-1'],
      [['Usage'], '3.75'],
    ]),
    day([[[LINKED, 'AWS Lambda'], '-1']]),
    { ...day([[[LINKED, 'AWS Lambda'], '1.25']]), NextPageToken: 'more' },
    day([[[LINKED, 'EC2 - Other'], '2.5']]),
  )
  const { record, events, coverage } = await run(memoryStore())

  expect(record).toMatchObject({ status: 'complete', errors: [] })
  // The four answers; then the other open days, one month and the usage types of one account, of which there is nothing.
  expect(record.api_calls).toEqual({ 'ce:GetCostAndUsage': 7 })
  expect(record.api_cost_usd).toBeCloseTo(0.07, 10)
  expect(
    events.map(({ aws_account_id, resource_id, event_time, value, properties }) => ({
      aws_account_id,
      resource_id,
      event_time,
      value,
      charge_type: properties.charge_type,
      account_name: properties.account_name,
    })),
  ).toEqual(
    [
      ['AWS Lambda', -1, 'credit'],
      ['AWS Lambda', 1.25, 'usage'],
      ['EC2 - Other', 2.5, 'usage'],
    ].map(([resource_id, value, charge_type]) => ({
      aws_account_id: LINKED,
      resource_id,
      event_time: '2025-03-14T00:00:00.000Z',
      value,
      charge_type,
      account_name: 'web',
    })),
  )
  expect(coverage).toMatchObject([{ aws_account_id: ACCOUNT, event_time: '2025-03-14T00:00:00.000Z' }])
})
