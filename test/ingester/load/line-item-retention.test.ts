import { expect, it } from 'vitest'
import { fileLoad, loadFiles, useCurLoads, writeCsv } from './cur-loads.ts'

const stage = useCurLoads()

const keep = (days: number) =>
  stage.polo.clickhouse.command({
    query: `ALTER TABLE cost_line_items MODIFY TTL (billing_period + toIntervalMonth(1)) + toIntervalDay(${days})`,
  })

/** The month that began so many months ago, as `2026-01`. */
function monthsAgo(months: number): string {
  const now = new Date()
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months, 1)).toISOString().slice(0, 7)
}

const manifestOf = (month: string) => `metadata/BILLING_PERIOD=${month}/org-Manifest.json`

async function deliver(month: string): Promise<void> {
  await writeCsv(stage.directory, manifestOf(month), [JSON.stringify({ dataFiles: [`${month}.csv`] })])
  await writeCsv(stage.directory, `${month}.csv`, [
    'lineItem/UsageStartDate,lineItem/UsageAccountId,lineItem/UnblendedCost',
    `${month}-01T00:00:00Z,111122223333,1`,
  ])
}

const stored = () =>
  stage.polo.select(
    "SELECT formatDateTime(billing_period, '%Y-%m') AS month, count() AS lines FROM cost_line_items GROUP BY ALL ORDER BY ALL",
  )
const WHY = 'days ago, which is as long as cost_line_items keeps a billing period'
const DO = 'Raise retentionDays.cost_line_items in polo.config.ts, run polo migrate, and load it again'

it('refuses a period that is older than periods are kept, and says what to do', async () => {
  await keep(100)
  const [old, young] = [monthsAgo(6), monthsAgo(2)]
  await deliver(old)
  await deliver(young)
  const loads = [old, young].map((month) => fileLoad(stage.directory, manifestOf(month), { target: month }))
  expect(await loadFiles(stage.polo, loads)).toMatchObject([
    { status: 'given_up', rows: 0, error: expect.stringContaining(`${old} ended more than 100 ${WHY}`) },
    { status: 'loaded', rows: 1 },
  ])
  const [refused] = await stage.polo.select("SELECT error FROM bulk_load_status WHERE status = 'given_up'")
  expect(refused?.error).toContain(DO)
  expect(await stored()).toEqual([{ month: young, lines: 1 }])

  await keep(4_000)
  expect(await loadFiles(stage.polo, [fileLoad(stage.directory, manifestOf(old))])).toMatchObject([
    { status: 'loaded', rows: 1 },
  ])
})

it('loads nothing of files without a manifest where some of them are too old, and names the periods', async () => {
  await keep(100)
  const [older, old, young] = [monthsAgo(7), monthsAgo(6), monthsAgo(2)]
  for (const month of [old, young, older]) await deliver(month)
  expect(await loadFiles(stage.polo, [fileLoad(stage.directory, './')])).toMatchObject([
    { status: 'given_up', error: expect.stringContaining(`${older}, ${old} ended`) },
  ])
  expect(await stored()).toEqual([])
})

it('drops a period that was loaded once it is older, though nothing is merged with it', async () => {
  await keep(4_000)
  const [old, young] = [monthsAgo(6), monthsAgo(2)]
  await deliver(old)
  await deliver(young)
  await loadFiles(
    stage.polo,
    [old, young].map((month) => fileLoad(stage.directory, manifestOf(month), { target: month })),
  )
  const [ttl] = await stage.polo.select(
    `SELECT countIf(delete_ttl_info_max > now()) AS expiring, count() AS parts FROM system.parts
     WHERE table = 'cost_line_items' AND active AND rows > 0`,
  )
  // Of parts that do not know when they expire, the engine drops none: until the next merge, which a closed period never has.
  expect(ttl).toEqual({ expiring: 2, parts: 2 })
  await keep(100)
  await expect.poll(stored).toEqual([{ month: young, lines: 1 }])
})

it('keeps everything where a table was never given a retention', async () => {
  await stage.polo.clickhouse.command({ query: 'ALTER TABLE cost_line_items REMOVE TTL' })
  await deliver('2006-01')
  expect(await loadFiles(stage.polo, [fileLoad(stage.directory, './')])).toMatchObject([
    { status: 'loaded', rows: 1 },
  ])
  await keep(36_500)
})
