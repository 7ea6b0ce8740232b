import type { ClickHouseClient } from '@clickhouse/client'
import { type BulkLoad, PoloConfig } from '@polo/core'
import { createLoader, loadKinds, loadSources } from '@polo/ingester'
import { expect, it } from 'vitest'
import { batch, bodyOf, record } from '../factories.ts'
import { fileLoad, useCurLoads, writeCsv } from './cur-loads.ts'

const stage = useCurLoads()

async function deliver(folder: string, cost: number): Promise<BulkLoad> {
  await writeCsv(stage.directory, `${folder}/x.csv`, [
    'lineItem/UsageStartDate,lineItem/UsageAccountId,lineItem/UnblendedCost',
    `2025-01-01T00:00:00Z,111122223333,${cost}`,
  ])
  return fileLoad(stage.directory, `${folder}/`, { target: 'one/2025-01' })
}

async function ask(load: BulkLoad): Promise<void> {
  const body = await bodyOf([load], { schema: 'bulk_load/1' })
  await stage.polo.ingest(batch(record(body, { sender: 'AROACONTROL:one' })))
}

/** A loader for which `meanwhile` happens once, right after the first statement that begins so. */
function loaderOf(
  name: string,
  { after, meanwhile }: { after?: string; meanwhile?: () => Promise<void> } = {},
) {
  const config = PoloConfig.parse({})
  let pending = meanwhile
  const command: ClickHouseClient['command'] = async (params) => {
    const result = await stage.polo.clickhouse.command(params)
    if (pending && after !== undefined && params.query.startsWith(after)) {
      const happen = pending
      pending = undefined
      await happen()
    }
    return result
  }
  return createLoader({
    clickhouse: Object.create(stage.polo.clickhouse, { command: { value: command } }),
    target: { kind: 'embedded' },
    kinds: loadKinds(config),
    sources: loadSources(config),
    directories: [stage.directory],
    name,
    timing: { firstRetryMs: 0, longestRetryMs: 0, maxTries: 3, leaseMs: 60_000 },
  })
}

const costs = () =>
  stage.polo.select('SELECT toString(sum(unblended_cost)) AS cost, count() AS lines FROM cost_line_items')

it('does not put an older delivery in the place of a newer one that another loader brought in meanwhile', async () => {
  const [older, newer] = [await deliver('older', 1), await deliver('newer', 2)]
  await ask(older)
  const slow = loaderOf('slow', {
    after: 'INSERT INTO `polo_staging',
    async meanwhile() {
      await ask(newer)
      expect(await loaderOf('fast').run()).toMatchObject({ loaded: 1 })
      expect(await costs()).toEqual([{ cost: '2', lines: 1 }])
    },
  })
  expect(await slow.run()).toMatchObject({ loaded: 0, failed: 1, superseded: 1 })
  expect(await costs()).toEqual([{ cost: '2', lines: 1 }])
  expect(
    await stage.polo.select('SELECT key, status, attempt FROM bulk_load_status ORDER BY modified_at'),
  ).toEqual([
    { key: 'older/', status: 'superseded', attempt: 2 },
    { key: 'newer/', status: 'loaded', attempt: 1 },
  ])
})

it('does not take its own request for a newer one that is asked for once more meanwhile', async () => {
  const load = await deliver('one', 3)
  await ask(load)
  const loader = loaderOf('one', {
    after: 'INSERT INTO `polo_staging',
    async meanwhile() {
      const later = (time: string) => new Date(Date.parse(time) + 60_000).toISOString()
      await ask({ ...load, modified_at: later(load.modified_at), observed_at: later(load.observed_at) })
    },
  })
  expect(await loader.run()).toEqual({ loaded: 1, failed: 0, given_up: 0, superseded: 0 })
  expect(await costs()).toEqual([{ cost: '3', lines: 1 }])
})

it('comes to the same when two loaders are at the same request', async () => {
  const load = await deliver('one', 3)
  await ask(load)
  const lost = loaderOf('lost', {
    after: 'INSERT INTO `polo_staging',
    async meanwhile() {
      // Its lease has run out: for another, nobody is at it.
      await stage.polo.clickhouse.command({
        query: 'ALTER TABLE bulk_load_results UPDATE lease_until = now64(3) - 1 WHERE 1',
        clickhouse_settings: { mutations_sync: '2' },
      })
      expect(await loaderOf('other').run()).toMatchObject({ loaded: 1 })
    },
  })
  await lost.run()
  expect(await costs()).toEqual([{ cost: '3', lines: 1 }])
  expect(await stage.polo.select('SELECT status FROM bulk_load_status')).toEqual([{ status: 'loaded' }])
  expect(await stage.polo.select("SELECT name FROM system.tables WHERE name LIKE 'polo_staging%'")).toEqual(
    [],
  )
})
