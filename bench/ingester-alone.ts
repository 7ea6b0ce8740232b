// What the ingester itself costs: its CPU time against a sink that discards, beside the naive way, in one run.
//   node bench/ingester-alone.ts [rows] [rounds]
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BlockFormat } from '@polo/core'
import type { ContenderReport } from './ingester-contender.ts'
import { inTurns, median, printTable, thousands } from './measure.ts'
import { bodyOf, freezeSampleBlocks, lambdaEventOf, sampleEvents, slotOf } from './sample-blocks.ts'

const ROWS = Number(process.argv[2] ?? 121_600)
const ROUNDS = Number(process.argv[3] ?? 9)
const WARM_UP_ROUNDS = 3
/** What a batch holds under Lambda's 6 MB. */
const BLOCKS_PER_INVOCATION = 8
const TARGETS = { native: 1_000_000, json: 800_000, naive: 10, rssMb: 256 } as const

const children: ChildProcess[] = []
const directory = await mkdtemp(join(tmpdir(), 'polo-bench-'))

function start(program: string, args: readonly string[]): ChildProcess {
  const child = fork(join(import.meta.dirname, program), args, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  children.push(child)
  return child
}

async function startSink(): Promise<string> {
  const [port] = await once(start('discarding-sink.ts', []), 'message')
  return `http://127.0.0.1:${port}`
}

/** Lambda's events as files, so that no process holds what it does not need. */
async function writeEvents(format: BlockFormat): Promise<string[]> {
  const bodies = freezeSampleBlocks(sampleEvents(ROWS, slotOf(0)), format).map(bodyOf)
  const files: string[] = []
  for (let first = 0; first < bodies.length; first += BLOCKS_PER_INVOCATION) {
    const file = join(directory, `${format}-${first}.json`)
    await writeFile(file, lambdaEventOf(bodies.slice(first, first + BLOCKS_PER_INVOCATION)))
    files.push(file)
  }
  return files
}

async function startContender(name: string, url: string, files: readonly string[]) {
  const child = start('ingester-contender.ts', [name, url, ...files])
  await once(child, 'message')
  let maxRssBytes = 0
  const round = async () => {
    child.send('round')
    const [report]: ContenderReport[] = await once(child, 'message')
    maxRssBytes = report?.maxRssBytes ?? Number.NaN
    return report?.cpuSeconds ?? Number.NaN
  }
  return { round, maxRssMb: () => maxRssBytes / 1e6 }
}

try {
  const url = await startSink()
  const nativeEvents = await writeEvents('Native')
  const jsonEvents = await writeEvents('JSONEachRow')
  const native = await startContender('ingester', url, nativeEvents)
  const json = await startContender('ingester', url, jsonEvents)
  const naive = await startContender('naive', url, jsonEvents)
  const parsing = await startContender('parsing', url, nativeEvents)
  const contenders = { native: native.round, json: json.round, naive: naive.round, parsing: parsing.round }
  await inTurns(contenders, WARM_UP_ROUNDS)
  const seconds = await inTurns(contenders, ROUNDS)
  const rate = (values: readonly number[]) => ROWS / median(values)
  const rates = { native: rate(seconds.native), json: rate(seconds.json), naive: rate(seconds.naive) }
  const parsingShare = median(seconds.parsing) / median(seconds.native)
  printTable(`The ingester alone: ${thousands(ROWS)} rows, median of ${ROUNDS} rounds`, [
    ['Native blocks, rows per CPU second', thousands(rates.native), `at least ${thousands(TARGETS.native)}`],
    ['JSONEachRow blocks, rows per CPU second', thousands(rates.json), `at least ${thousands(TARGETS.json)}`],
    ['the naive way (parse, validate, insert as objects)', thousands(rates.naive), ''],
    ['Native ÷ naive', (rates.native / rates.naive).toFixed(1), `at least ${TARGETS.naive}`],
    ['JSONEachRow ÷ naive', (rates.json / rates.naive).toFixed(1), `at least ${TARGETS.naive}`],
    ["of Native's time, parsing Lambda's event", `${(100 * parsingShare).toFixed(0)} %`, ''],
    ['most memory, Native, MB', thousands(native.maxRssMb()), `at most ${TARGETS.rssMb}`],
    ['most memory, JSONEachRow, MB', thousands(json.maxRssMb()), `at most ${TARGETS.rssMb}`],
  ])
} finally {
  for (const child of children) child.kill()
  await rm(directory, { recursive: true, force: true })
}
