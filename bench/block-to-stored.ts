// From block to stored: CPU time of ingester and engine, beside the engine alone with the same blocks as local files.
//   node bench/block-to-stored.ts [rows a round] [rounds]
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { SendMessageCommand } from '@aws-sdk/client-sqs'
import { type Block, parseConfig, QUEUED_SCHEMAS } from '@polo/core'
import { connectClickHouse } from '@polo/ingester'
import { sqsClient, startRuntime } from '@polo/local'
import pLimit from 'p-limit'
import type { EngineReport, EngineRound } from './engine-contender.ts'
import { cpuSecondsOfProcess, median, printTable, thousands } from './measure.ts'
import { bodyOf, freezeSampleBlocks, SCHEMA, sampleEvents, slotOf } from './sample-blocks.ts'

const ROWS = Number(process.argv[2] ?? 152_000)
const ROUNDS = Number(process.argv[3] ?? 5)
const CONCURRENCIES = [1, 2, 4] as const
const HTTP_CONCURRENCY = 4
const MAX_CPU_RATIO = 1.3
const WARM_UP_ROUNDS = 2
const PATIENCE = 0.9
const POLL_MS = 25
const TIMEOUT_MS = 60_000

interface Cost {
  readonly wallSeconds: number
  /** By process. */
  readonly cpuSeconds: Readonly<Record<string, number>>
}

const { table, columns } = QUEUED_SCHEMAS[SCHEMA]
const INTO = `INSERT INTO ${table} (${columns.map(({ name }) => name).join(', ')})`
const directory = await mkdtemp(join(tmpdir(), 'polo-bench-'))
const config = parseConfig({})

/** A database of its own with the same tables, opened by a process that has nothing else to do. */
async function startEngine() {
  const dataDir = join(directory, 'engine')
  const runtime = await startRuntime({ dataDir, config })
  await runtime.stop()
  const setUp = `USE ${runtime.addresses.database}; SYSTEM STOP MERGES ${table}`
  const child = fork(join(import.meta.dirname, 'engine-contender.ts'), [join(dataDir, 'clickhouse'), setUp])
  await once(child, 'message')
  const insertFiles = async (files: readonly string[], concurrency: number): Promise<Cost> => {
    const statements = files.map((file) => {
      const token = `SETTINGS insert_deduplication_token = '${file}-${concurrency}', async_insert = 0`
      return `${INTO} FROM INFILE '${file}' COMPRESSION 'zstd' ${token} FORMAT Native`
    })
    child.send({ statements, concurrency } satisfies EngineRound)
    const [report]: EngineReport[] = await once(child, 'message')
    if (!report) throw new Error('the engine did not report')
    return { wallSeconds: report.wallSeconds, cpuSeconds: { engine: report.cpuSeconds } }
  }
  return { insertFiles, stop: () => child.disconnect() }
}

async function startPolo() {
  const runtime = await startRuntime({ dataDir: join(directory, 'polo'), config })
  const { clickhouseUrl: url, database, sqsEndpoint, queueUrl } = runtime.addresses
  const clickhouse = connectClickHouse({ url, database })
  const sqs = sqsClient(sqsEndpoint)
  await clickhouse.command({ query: `SYSTEM STOP MERGES ${table}` })
  const countRows = async () => {
    const query = `SELECT total_rows AS rows FROM system.tables WHERE database = currentDatabase() AND name = '${table}'`
    const [row] = await (await clickhouse.query({ query, format: 'JSONEachRow' })).json<{ rows: string }>()
    return Number(row?.rows ?? 0)
  }
  // Asking costs the engine time, so nobody asks before it took nearly as long as the fastest round.
  let patienceMs = 0
  const costOf = async (work: () => Promise<void>): Promise<Cost> => {
    const pids = Object.entries(runtime.pids())
    const usage = () => Promise.all(pids.map(([, pid]) => cpuSecondsOfProcess(pid)))
    const before = await usage()
    const wanted = (await countRows()) + ROWS
    const started = performance.now()
    await work()
    if ((await countRows()) < wanted) await sleep(Math.max(patienceMs - (performance.now() - started), 0))
    while ((await countRows()) < wanted) {
      if (performance.now() - started > TIMEOUT_MS) {
        throw new Error(
          `rows are missing: ${runtime.lastIngesterProblem() ?? 'the ingester reports no problem'}`,
        )
      }
      await sleep(POLL_MS)
    }
    const wallSeconds = (performance.now() - started) / 1_000
    const after = await usage()
    const spent = pids.map(([name], index) => [name, (after[index] ?? 0) - (before[index] ?? 0)])
    return { wallSeconds, cpuSeconds: Object.fromEntries(spent) }
  }
  return {
    async throughQueue(bodies: readonly string[]) {
      const cost = await costOf(async () => {
        const limit = pLimit(HTTP_CONCURRENCY)
        const send = (MessageBody: string) =>
          sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody }))
        await Promise.all(bodies.map((body) => limit(send, body)))
      })
      patienceMs = Math.min(patienceMs || Number.POSITIVE_INFINITY, cost.wallSeconds * 1_000 * PATIENCE)
      return cost
    },
    overHttp: (blocks: readonly Block[]) =>
      costOf(async () => {
        const limit = pLimit(HTTP_CONCURRENCY)
        const insert = async ({ blockId, data }: Block) => {
          const { stream } = await clickhouse.exec({
            query: `${INTO} FORMAT Native`,
            values: Readable.from(data, { objectMode: false }),
            http_headers: { 'Content-Encoding': 'zstd' },
            clickhouse_settings: { async_insert: 0, insert_deduplication_token: `http-${blockId}` },
          })
          await text(stream)
        }
        await Promise.all(blocks.map((block) => limit(insert, block)))
      }),
    async stop() {
      await clickhouse.close()
      await runtime.stop()
    },
  }
}

function cpuPerMillion(costs: readonly Cost[], ...processes: readonly string[]): number {
  const seconds = costs.map(({ cpuSeconds }) =>
    processes.reduce((sum, name) => sum + (cpuSeconds[name] ?? 0), 0),
  )
  return median(seconds) / (ROWS / 1e6)
}

function rowsPerSecond(costs: readonly Cost[]): number {
  return ROWS / median(costs.map(({ wallSeconds }) => wallSeconds))
}

const engine = await startEngine()
const polo = await startPolo()
try {
  const queue: Cost[] = []
  const http: Cost[] = []
  const alone = new Map<number, Cost[]>(CONCURRENCIES.map((concurrency) => [concurrency, []]))
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
    const blocks = freezeSampleBlocks(sampleEvents(ROWS, slotOf(round)), 'Native')
    const bodies = blocks.map(bodyOf)
    const files = blocks.map((_, index) => join(directory, `${round}-${index}.native.zst`))
    await Promise.all(blocks.map(({ data }, index) => writeFile(files[index] ?? '', data)))
    const costs = { queue: await polo.throughQueue(bodies), http: await polo.overHttp(blocks) }
    for (const [concurrency, list] of alone) {
      const cost = await engine.insertFiles(files, concurrency)
      if (round >= WARM_UP_ROUNDS) list.push(cost)
    }
    if (round < WARM_UP_ROUNDS) continue
    queue.push(costs.queue)
    http.push(costs.http)
  }
  const [best, bestCosts] =
    [...alone].toSorted(([, one], [, other]) => rowsPerSecond(other) - rowsPerSecond(one))[0] ?? []
  if (!best || !bestCosts) throw new Error('nothing was measured')
  const engineCpu = cpuPerMillion(bestCosts, 'engine')
  const clickhouseCpu = cpuPerMillion(queue, 'ClickHouse')
  const ingesterCpu = cpuPerMillion(queue, 'ingester')
  const ratio = (clickhouseCpu + ingesterCpu) / engineCpu
  const seconds = (value: number) => `${value.toFixed(2)} CPU s`
  printTable(
    `From block to stored: ${thousands(ROWS)} rows a round, median of ${ROUNDS} rounds, per million rows`,
    [
      ...[...alone].map(([concurrency, costs]): [string, string, string] => [
        `engine alone, INSERT FROM INFILE, ${concurrency} at a time`,
        `${seconds(cpuPerMillion(costs, 'engine'))}, ${thousands(rowsPerSecond(costs))} rows/s`,
        '',
      ]),
      [
        `the same engine over HTTP, ${HTTP_CONCURRENCY} at a time`,
        `${seconds(cpuPerMillion(http, 'ClickHouse'))}, ${thousands(rowsPerSecond(http))} rows/s`,
        '',
      ],
      ['Polo: queue, ingester, engine', `${thousands(rowsPerSecond(queue))} rows/s`, ''],
      ['  of which the engine', seconds(clickhouseCpu), ''],
      ['  of which the ingester', seconds(ingesterCpu), ''],
      ['  beside them the queue', seconds(cpuPerMillion(queue, 'SQS')), ''],
      [
        `ingester + engine ÷ engine alone (${best} at a time), CPU`,
        ratio.toFixed(2),
        `at most ${MAX_CPU_RATIO}`,
      ],
      ['Polo ÷ engine alone, rows/s', (rowsPerSecond(queue) / rowsPerSecond(bestCosts)).toFixed(2), ''],
    ],
  )
} finally {
  engine.stop()
  await polo.stop()
  await rm(directory, { recursive: true, force: true })
}
