// How fast the loader brings a cost export in, beside the engine alone that inserts the same file into the same table.
// node bench/cur.ts [--rows 1000000] [--rounds 5]
import { parseArgs } from 'node:util'
import { selectLineItems } from '../packages/ingester/src/load/cur/select-line-items.ts'
import type { DescribedColumn } from '../packages/ingester/src/load/cur/source-columns.ts'
import { DATA } from './cur-sample.ts'
import { startCurStage } from './cur-stage.ts'
import { cpuSecondsOf, cpuSecondsOfProcess, inTurns, median, printTable, thousands } from './measure.ts'

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '1000000' }, rounds: { type: 'string', default: '5' } },
})
const [rows, rounds] = [Number(values.rows), Number(values.rounds)]

const stage = await startCurStage()
const { clickhouse, config, directory, serverPid } = stage
let peakBytes = 0
const watch = setInterval(() => {
  peakBytes = Math.max(peakBytes, process.memoryUsage.rss())
}, 50)

try {
  await stage.deliver({ rows, files: 1 })
  await command('SYSTEM STOP MERGES')
  const file = `file('${directory}/${DATA}/org-00001.snappy.parquet', 'Parquet')`
  const described = await clickhouse.query({ query: `DESCRIBE TABLE ${file}`, format: 'JSONEachRow' })
  const { columns, select } = selectLineItems(await described.json<DescribedColumn>(), {
    owners: config,
    exportName: 'org',
    exportRank: 0,
    observedAt: new Date(),
  })
  const before = process.memoryUsage.rss()
  peakBytes = before
  const alone = () => command(`INSERT INTO cost_line_items (${columns}) ${select} FROM ${file}`)
  const cpu: Record<'loader' | 'engine', number[]> = { loader: [], engine: [] }
  const seconds = await inTurns(
    { loader: () => timed(load, cpu.loader), engine: () => timed(alone, cpu.engine) },
    rounds,
  )
  const [loader, engine] = [rows / median(seconds.loader), rows / median(seconds.engine)]
  const [loaderCpu, engineCpu] = [rows / median(cpu.loader), rows / median(cpu.engine)]
  printTable(`CUR Parquet of ${thousands(rows)} lines, median of ${rounds} rounds`, [
    ['the loader, rows/s', thousands(loader), ''],
    ['the engine alone, INSERT … SELECT FROM file, rows/s', thousands(engine), ''],
    ['loader ÷ engine alone, by the clock', (loader / engine).toFixed(2), '≥ 0.8'],
    ['the same by CPU of all processes', (loaderCpu / engineCpu).toFixed(2), '≥ 0.8'],
    ['the loader, rows per CPU second', thousands(loaderCpu), ''],
    ['memory of the loader’s process: before, peak, MB', `${mb(before)}, ${mb(peakBytes)}`, 'flat'],
  ])
} finally {
  clearInterval(watch)
  await stage.stop()
}

function mb(bytes: number): string {
  return String(Math.round(bytes / 1024 ** 2))
}

async function command(query: string): Promise<void> {
  await clickhouse.command({ query })
}

/** Seconds that `work` takes into an empty table; what CPU it took of engine and loader is added to `cpu`. */
async function timed(work: () => Promise<void>, cpu: number[]): Promise<number> {
  await command('TRUNCATE TABLE cost_line_items')
  const [started, before] = [performance.now(), await cpuSecondsOfProcess(serverPid)]
  const own = await cpuSecondsOf(work)
  const seconds = (performance.now() - started) / 1_000
  cpu.push(own + (await cpuSecondsOfProcess(serverPid)) - before)
  const stored = await stage.select<{ n: number }>('SELECT count() AS n FROM cost_line_items')
  if (stored.n !== rows) throw new Error(`${stored.n} of ${rows} lines are stored`)
  return seconds
}

async function load(): Promise<void> {
  const { status, error } = await stage.load()
  if (status !== 'loaded') throw new Error(`the delivery was not loaded: ${error}`)
}
