// One slot of 200 accounts × 17 regions: time, calls and memory beside the least possible, beside healthy accounts alone,
// and beside one account after another. Each contender is a process of its own.
//   node bench/dispatch.ts [accounts] [resources]
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type Collector, dispatch, type JobMessage, type ObjectStore, runJob } from '@polo/collectors'
import { type Account, parseConfig } from '@polo/core'
import { createJobRunner } from '../packages/local/src/schedule/job-runner.ts'
import { observedSource } from '../packages/local/src/schedule/observed-source.ts'
import { printTable, thousands } from './measure.ts'
import { SIMULATED_COLLECTORS, type SimulatedAws, type Simulation, simulateAws } from './simulated-aws.ts'

const ACCOUNTS = Number(process.argv[2] ?? 200)
const RESOURCES = Number(process.argv[3] ?? 100_000)
const REGIONS = 17
const LATENCY_MS = [50, 150] as const
/** Jobs side by side × regions of a job side by side: what the local runner and the collectors' runner allow. */
const CONCURRENCY = 8 * REGIONS
const SLOT = '2026-01-15T00:00:00.000Z'
/** What a hanging region may hold up its own job; deployed it is 14 minutes. */
const JOB_TIMEOUT_MS = 90_000
/** Accounts of the baseline, whose time is scaled up. */
const BASELINE_ACCOUNTS = 5
const FORGETFUL: ObjectStore = { read: async () => undefined, write: async () => {} }
const config = parseConfig({})
const collectors = SIMULATED_COLLECTORS

const healthy: Simulation = {
  accounts: ACCOUNTS,
  regions: REGIONS,
  resources: RESOURCES,
  latencyMs: LATENCY_MS,
  throttledShare: 0.01,
  denied: [],
}
const CONTENDERS = {
  sick: { ...healthy, denied: [3, 4, 5], hanging: 7 },
  healthy,
  few: { ...healthy, accounts: Math.round(ACCOUNTS / 4), resources: Math.round(RESOURCES / 4) },
  baseline: {
    ...healthy,
    accounts: BASELINE_ACCOUNTS,
    resources: Math.round((RESOURCES / ACCOUNTS) * BASELINE_ACCOUNTS),
  },
} satisfies Record<string, Simulation>

interface Result {
  readonly healthySeconds: number
  /** When half of the healthy accounts were through, and the last one. */
  readonly medianSeconds: number
  readonly calls: number
  readonly leastCalls: number
  readonly throttled: number
  readonly events: number
  readonly statuses: Readonly<Record<string, number>>
  readonly cpuSeconds: number
  readonly peakMb: number
}

if (process.send) await serve(String(process.argv[4]))
else await compare()

async function serve(name: string): Promise<void> {
  const [, simulation] = Object.entries(CONTENDERS).find(([contender]) => contender === name) ?? []
  if (!simulation) throw new Error(`there is no contender ${name}`)
  const result = await measure(simulation, { oneByOne: name === 'baseline' })
  process.send?.(result, () => process.exit(0))
}

async function measure(simulation: Simulation, { oneByOne }: { oneByOne: boolean }): Promise<Result> {
  const aws = simulateAws(simulation)
  const seen = { events: 0, statuses: {} as Record<string, number>, endedAt: new Map<string, number>() }
  const started = performance.now()
  const attempt = async (message: JobMessage, onProgress: () => void) => {
    const run = await runJob(message, {
      collector: collectorOf(message),
      sourceFor: () => observedSource(aws.source, onProgress),
      sink: { send: async () => {} },
      config,
      timeoutMs: JOB_TIMEOUT_MS,
    })
    seen.events += run.events
    seen.statuses[run.status] = (seen.statuses[run.status] ?? 0) + 1
    seen.endedAt.set(message.account.id, (performance.now() - started) / 1_000)
  }
  const runner = createJobRunner({
    attempt,
    giveUp: async () => {},
    maxAgeMs: () => 900_000,
    retryDelayMs: 1_000,
    ...(oneByOne && { concurrency: 1, maxStalled: 0 }),
  })
  for (const collector of collectors) await dispatchTo(aws, collector, async (job) => runner.add(job))
  while (runner.counts().waiting + runner.counts().running > 0)
    await new Promise((done) => setTimeout(done, 50))
  const sick = new Set([...simulation.denied, simulation.hanging].map((place) => aws.accountIds[place ?? -1]))
  const isHealthy = (id: string) => !sick.has(id)
  const times = [...seen.endedAt].flatMap(([id, at]) => (isHealthy(id) ? at : [])).sort((a, b) => a - b)
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
  return {
    healthySeconds: times.at(-1) ?? Number.NaN,
    medianSeconds: times[Math.floor(times.length / 2)] ?? Number.NaN,
    calls: aws.calls(),
    leastCalls: aws.accountIds.filter(isHealthy).reduce((sum, id) => sum + aws.leastCalls(id), 0),
    throttled: aws.throttled(),
    events: seen.events,
    statuses: seen.statuses,
    cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
    peakMb: maxRSS / 1024,
  }
}

async function dispatchTo(
  aws: SimulatedAws,
  collector: Collector,
  invoke: (job: JobMessage) => Promise<void>,
): Promise<void> {
  const { name, scope, schedule } = collector
  await dispatch(
    { collector: name, scope, schedule, scheduledTime: SLOT },
    {
      listAccounts: async () => aws.accountIds.map(toAccount),
      remembered: FORGETFUL,
      sink: { send: async () => {} },
      invoke,
      config,
      hubAccountId: '111122223333',
      region: 'eu-west-1',
    },
  )
}

function collectorOf({ collector }: JobMessage): Collector {
  const found = collectors.find(({ name }) => name === collector)
  if (!found) throw new Error(`there is no collector ${collector}`)
  return found
}

function toAccount(id: string): Account {
  return {
    aws_account_id: id,
    name: '',
    email: '',
    ou_path: '/',
    status: 'ACTIVE',
    tags: {},
    source: 'organization',
    account_role: '',
    polo_status: 'active',
    polo_read_role: '',
    external_id: '',
    regions: [],
  }
}

async function compare(): Promise<void> {
  const sick = await run('sick')
  const alone = await run('healthy')
  const few = await run('few')
  const baseline = await run('baseline')
  const [least, most] = LATENCY_MS
  const possible = (sick.leastCalls * (least + most)) / 2 / 1_000 / CONCURRENCY
  const sequential = (baseline.healthySeconds * ACCOUNTS) / BASELINE_ACCOUNTS
  const title = `${ACCOUNTS} accounts × ${REGIONS} regions, ${thousands(RESOURCES)} resources, ${collectors.length} collectors`
  printTable(title, [
    [
      'healthy accounts through, beside three denied ones and a hanging region',
      seconds(sick.healthySeconds),
      '',
    ],
    ['  least possible: latency × calls ÷ requests side by side', seconds(possible), ''],
    ['  ratio', (sick.healthySeconds / possible).toFixed(2), ''],
    ['the same without sick accounts', seconds(alone.healthySeconds), ''],
    ['  ratio', (sick.healthySeconds / alone.healthySeconds).toFixed(2), '≤ 1.05'],
    [
      '  half of the accounts through, ratio',
      (sick.medianSeconds / alone.medianSeconds).toFixed(2),
      '≤ 1.05',
    ],
    ['one account after another, scaled up', seconds(sequential), ''],
    ['  ratio', (sequential / sick.healthySeconds).toFixed(1), ''],
    ['calls, without sick accounts', thousands(alone.calls), ''],
    ['  least possible, throttled ones repeated', thousands(alone.leastCalls + alone.throttled), ''],
    ['  ratio', (alone.calls / (alone.leastCalls + alone.throttled)).toFixed(3), '1'],
    ['CPU of that run', seconds(alone.cpuSeconds), ''],
    ['peak memory, MB', alone.peakMb.toFixed(0), ''],
    ['  with a quarter of the accounts', few.peakMb.toFixed(0), ''],
    ['outcomes of jobs beside sick accounts', JSON.stringify(sick.statuses), ''],
    ['events of all healthy accounts', thousands(alone.events), ''],
  ])
}

function seconds(value: number): string {
  return `${value.toFixed(1)} s`
}

async function run(name: keyof typeof CONTENDERS): Promise<Result> {
  const child = fork(fileURLToPath(import.meta.url), [String(ACCOUNTS), String(RESOURCES), name])
  const [result] = await once(child, 'message')
  return result
}
