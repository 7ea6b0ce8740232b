// Loads a cost export of five million lines in one piece, restates it, and says what that took of the loader's memory.
// node test/bulk/run.ts [--rows 5000000] [--files 5]
import { parseArgs } from 'node:util'
import { DATA } from '../../bench/cur-sample.ts'
import { startCurStage } from '../../bench/cur-stage.ts'

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '5000000' }, files: { type: 'string', default: '5' } },
})
const [rows, files] = [Number(values.rows), Number(values.files)]
/** What the loader's own process may grow by, whatever the size of the export. */
const MAX_GROWTH_MB = 64
/** Costs are binary fractions in Parquet: equal to this part of the sum. */
const TOLERANCE = 1e-9

const stage = await startCurStage()
const { directory, select } = stage
const failures: string[] = []

try {
  const first = await deliver(1)
  const second = await deliver(2)
  check(Math.abs(second.cost / first.cost - 2) < TOLERANCE, `restated ${first.cost} came to ${second.cost}`)
  check(second.partitions === 1, `${second.partitions} partitions are left`)
  const staging = await select<{ n: number }>(
    "SELECT count() AS n FROM system.tables WHERE name LIKE 'polo_staging%'",
  )
  check(staging.n === 0, `${staging.n} staging tables are left`)
} finally {
  await stage.stop()
}
for (const failure of failures) process.stderr.write(`FAILED: ${failure}\n`)
process.exitCode = failures.length > 0 ? 1 : 0

/** Writes a delivery whose costs are `factor` times the sample's, loads it, and compares what is stored with the files. */
async function deliver(factor: number): Promise<{ cost: number; partitions: number }> {
  await stage.deliver({ rows, files, factor })
  const before = process.memoryUsage.rss()
  let peak = before
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss())
  }, 50)
  const started = performance.now()
  const report = await stage.load()
  const seconds = (performance.now() - started) / 1_000
  clearInterval(watch)
  check(report.status === 'loaded', `${report.status}: ${report.error}`)
  const growth = Math.round((peak - before) / 1024 ** 2)
  check(growth <= MAX_GROWTH_MB, `the loader's memory grew by ${growth} MB`)
  const source = await select<{ n: number; cost: number }>(
    `SELECT count() AS n, sum(line_item_unblended_cost) AS cost
     FROM file('${directory}/${DATA}/*.parquet', 'Parquet')`,
  )
  const stored = await select<{ n: number; cost: number; partitions: number }>(
    'SELECT count() AS n, toFloat64(sum(unblended_cost)) AS cost, uniqExact(_partition_id) AS partitions FROM cost_line_items',
  )
  check(source.n === rows, `the files have ${source.n} lines`)
  check(stored.n === rows, `${stored.n} of ${rows} lines are stored`)
  check(
    Math.abs(stored.cost / source.cost - 1) < TOLERANCE,
    `${source.cost} in the files, ${stored.cost} stored`,
  )
  process.stdout.write(
    `${rows.toLocaleString('en-US')} lines in ${files} files, ${factor === 1 ? 'loaded' : 'restated'}: ` +
      `${seconds.toFixed(1)} s, ${Math.round(rows / seconds).toLocaleString('en-US')} rows/s; ` +
      `the loader's memory ${Math.round(before / 1024 ** 2)} MB, at most ${growth} MB more\n`,
  )
  return stored
}

function check(condition: boolean, failure: string): void {
  if (!condition) failures.push(failure)
}
