import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { formatResult, formatSummary, isGreen } from './report.ts'
import { type Job, type JobResult, runJobs } from './run-jobs.ts'
import { SELF_CHECKS } from './self-check.ts'

const USAGE = `Usage: node test/chaos/run.ts [--seed S] [--seeds N] [--minutes M] [--workers W] [--patience P] [--no-self-check]

  --seed S         the first seed (1); schedules run with S, S+1, …
  --seeds N        how many of them (8)
  --minutes M      start no schedule after M minutes; without --seeds, run until then
  --workers W      how many run at a time, each with servers of its own (3)
  --patience P     let timeouts last P times as long (1), for a machine that is slow or has much else to do
  --no-self-check  do not first see that a sabotaged ingester is found out

What a seed decides: the messages, the poison, when what is sent, killed and stopped, and which request (by its
number at each proxy) meets which fault. Processes run at the same time, so which request comes to have that
number may differ from run to run.
`
const DEFAULTS = { seed: '1', seeds: '8', workers: '3', patience: '1' } as const

const { values: given } = parseArgs({
  options: {
    seed: { type: 'string', default: DEFAULTS.seed },
    seeds: { type: 'string' },
    minutes: { type: 'string' },
    workers: { type: 'string', default: DEFAULTS.workers },
    patience: { type: 'string', default: DEFAULTS.patience },
    'self-check': { type: 'boolean', default: true },
    help: { type: 'boolean', default: false },
  },
  allowNegative: true,
})

if (given.help) say(USAGE)
// A connection that was cut off half-way must not keep the program alive.
else process.exit(await main())

async function main(): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'polo-chaos-'))
  const onResult = (result: JobResult) => say(formatResult(result))
  try {
    const workers = numberOf('workers', given.workers)
    const patience = numberOf('patience', given.patience)
    const results = await runJobs(jobs(), { workers, patience, directory, onResult })
    say(`\n${formatSummary(results)}`)
    return isGreen(results) ? 0 : 1
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

function* jobs(): Generator<Job, undefined> {
  if (given['self-check']) yield* SELF_CHECKS
  const first = numberOf('seed', given.seed)
  const until = given.minutes ? Date.now() + numberOf('minutes', given.minutes) * 60_000 : Infinity
  const unlimited = given.minutes && !given.seeds
  const end = unlimited ? Infinity : first + numberOf('seeds', given.seeds ?? DEFAULTS.seeds)
  for (let seed = first; seed < end && Date.now() < until; seed++) yield { seed, sabotage: 'none' }
}

function numberOf(option: string, text: string): number {
  const number = Number(text)
  if (!(number > 0)) throw new Error(`--${option} must be a number over 0`)
  return number
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
