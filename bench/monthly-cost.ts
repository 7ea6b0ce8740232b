// What Polo itself costs on AWS in a month for 5, 20 and 100 accounts: calls and sizes as measured here, schedules as the
// collectors have them, prices as AWS lists them. ClickHouse is not in it.
//   node bench/monthly-cost.ts [resources per account]
import { COLLECTORS, type Collector, runCollector } from '@polo/collectors'
import { intervalMs, parseConfig, parseEnvelope } from '@polo/core'
import { cpuSecondsOf, printTable } from './measure.ts'
import { SIMULATED_COLLECTORS, simulateAws } from './simulated-aws.ts'

const RESOURCES = Number(process.argv[2] ?? 500)
const ACCOUNTS = [5, 20, 100] as const
const REGIONS = 17
const HOURS = 730
const MEASURED_JOBS = 5

/** us-east-1, beyond the free tier, in US dollars; the service's pricing page each, 2026. */
const PRICES = {
  lambdaRequest: 0.2 / 1e6,
  /** arm64. */
  lambdaGbSecond: 0.0000133334,
  sqsRequest: 0.4 / 1e6,
  schedulerInvocation: 1 / 1e6,
  /** An event from another account counts where it is sent. */
  eventBusEvent: 1 / 1e6,
  customMetric: 0.3,
  alarm: 0.1,
  logGigabyte: 0.5,
  kmsKey: 1,
  costExplorerPage: 0.01,
  metricRequested: 0.01 / 1_000,
} as const

/** What `infra/` deploys. */
const DEPLOYED = {
  memoryGb: 0.5,
  lifecycleMemoryGb: 1,
  /** At 1,769 MB a function has one CPU; with less, a share of it. */
  cpuShare: 512 / 1_769,
  alarms: 14,
  /** Names × one dimension: the monitor's six, the probe's one, the ingester's four. */
  metrics: 11,
  probesPerHour: 60,
  monitorsPerHour: 12,
  loadersPerHour: 60,
  /** Four mappings, each with the five pollers that Lambda starts with, which ask at least every 20 s. */
  emptyReceivesPerHour: 4 * 5 * 180,
} as const

/** Taken from the benchmarks of ingester and functions, or assumed where it says so. */
const ASSUMED = {
  ingesterSecondsPerBatch: 0.15,
  messagesPerBatch: 4,
  dispatcherSeconds: 1,
  probeSeconds: 0.3,
  monitorSeconds: 3,
  /** Of one that finds nothing to load. */
  loaderSeconds: 0.5,
  /** Lambda's own three lines and Polo's one, as JSON. */
  logBytesPerInvocation: 1_600,
  /** Calls that change something, per account and day: an assumption. */
  lifecycleEventsPerAccountDay: 2_000,
  /** Of a daily question to Cost Explorer about up to 100 accounts: an assumption. */
  costExplorerPagesPerDay: 4,
} as const

interface JobCost {
  readonly seconds: number
  readonly messages: number
  readonly chunks: number
}

/** One job alone, with latencies of AWS, its CPU part stretched to the function's share of a CPU. */
async function measureJob(collector: Collector): Promise<JobCost> {
  const aws = simulateAws({
    accounts: 1,
    regions: REGIONS,
    resources: RESOURCES,
    latencyMs: [50, 150],
    throttledShare: 0.01,
    denied: [],
  })
  const bodies: string[] = []
  const [id = ''] = aws.accountIds
  const started = performance.now()
  const cpuSeconds = await cpuSecondsOf(async () => {
    for (let job = 0; job < MEASURED_JOBS; job++) {
      await runCollector(
        {
          collector,
          account: { id, role: '', tagDefaults: {} },
          slot: new Date(Date.UTC(2026, 0, 15, job)),
          timeoutMs: 120_000,
        },
        {
          aws: aws.source,
          sink: { send: async (body) => void bodies.push(body) },
          config: parseConfig({}),
        },
      )
    }
  })
  const wallSeconds = (performance.now() - started) / 1_000
  const stretched = wallSeconds + cpuSeconds * (1 / DEPLOYED.cpuShare - 1)
  if (bodies.some((body) => parseEnvelope(body).block.rows === 0)) throw new Error('a block without rows')
  return {
    seconds: stretched / MEASURED_JOBS,
    messages: bodies.length / MEASURED_JOBS,
    chunks: bodies.reduce((sum, body) => sum + Math.ceil(body.length / 65_536), 0) / MEASURED_JOBS,
  }
}

const jobs = await Promise.all(
  COLLECTORS.filter(({ scope }) => scope === 'account').map(async (collector) => ({
    collector,
    runsPerMonth: (HOURS * 3_600_000) / intervalMs(collector.schedule),
  })),
)
const costs = new Map<string, JobCost>()
for (const collector of SIMULATED_COLLECTORS) costs.set(collector.name, await measureJob(collector))

/** Of a collector that the simulation does not answer, an assumption: as much as the dearest of those that it does. */
function costOf(name: string): JobCost {
  const measured = [...costs.values()]
  const dearest = (of: (cost: JobCost) => number) => Math.max(...measured.map(of))
  return (
    costs.get(name) ?? {
      seconds: dearest(({ seconds }) => seconds),
      messages: dearest(({ messages }) => messages),
      chunks: dearest(({ chunks }) => chunks),
    }
  )
}

function lambda(invocations: number, seconds: number, memoryGb: number = DEPLOYED.memoryGb): number {
  return invocations * (PRICES.lambdaRequest + seconds * memoryGb * PRICES.lambdaGbSecond)
}

function monthOf(accounts: number) {
  const ofJobs = jobs.map(({ collector, runsPerMonth }) => ({
    ...costOf(collector.name),
    memoryGb: (collector.memoryMb ?? 512) / 1_024,
    runsPerMonth,
  }))
  const runs = ofJobs.reduce((sum, job) => sum + job.runsPerMonth * accounts, 0)
  const firings = COLLECTORS.reduce(
    (sum, { schedule }) => sum + (HOURS * 3_600_000) / intervalMs(schedule),
    0,
  )
  const messages = ofJobs.reduce((sum, job) => sum + job.messages * job.runsPerMonth * accounts, 0) + firings
  const chunks = ofJobs.reduce((sum, job) => sum + job.chunks * job.runsPerMonth * accounts, 0) + firings
  const batches = messages / ASSUMED.messagesPerBatch
  const probes = DEPLOYED.probesPerHour * HOURS
  const monitors = DEPLOYED.monitorsPerHour * HOURS
  const loaders = DEPLOYED.loadersPerHour * HOURS
  const lifecycle = (ASSUMED.lifecycleEventsPerAccountDay * accounts * HOURS) / 24
  const invocations = runs + firings + batches + probes + monitors + loaders + lifecycle / 20
  return {
    'Lambda: collectors': ofJobs.reduce(
      (sum, job) => sum + lambda(job.runsPerMonth * accounts, job.seconds, job.memoryGb),
      0,
    ),
    'Lambda: ingester': lambda(batches, ASSUMED.ingesterSecondsPerBatch),
    'Lambda: dispatcher, probe, monitor, loader, lifecycle':
      lambda(firings, ASSUMED.dispatcherSeconds) +
      lambda(probes, ASSUMED.probeSeconds) +
      lambda(monitors, ASSUMED.monitorSeconds) +
      lambda(loaders, ASSUMED.loaderSeconds) +
      lambda(lifecycle / 20, 0.3, DEPLOYED.lifecycleMemoryGb),
    SQS:
      PRICES.sqsRequest *
      (chunks * 2 + messages / 10 + lifecycle * 2.2 + DEPLOYED.emptyReceivesPerHour * HOURS),
    'EventBridge: schedules and events':
      PRICES.schedulerInvocation * (firings + probes + monitors + loaders) + PRICES.eventBusEvent * lifecycle,
    'CloudWatch: logs': (PRICES.logGigabyte * invocations * ASSUMED.logBytesPerInvocation) / 1e9,
    'CloudWatch: metrics and alarms, KMS key':
      DEPLOYED.metrics * PRICES.customMetric + DEPLOYED.alarms * PRICES.alarm + PRICES.kmsKey,
  }
}

const dollars = (value: number) => `$${value.toFixed(2)}`
for (const [name, { seconds, messages }] of costs) {
  console.log(
    `${name}: ${seconds.toFixed(2)} s at ${DEPLOYED.memoryGb * 1_024} MB, ${messages.toFixed(1)} messages a job`,
  )
}
for (const accounts of ACCOUNTS) {
  const month = monthOf(accounts)
  const total = Object.values(month).reduce((sum, value) => sum + value, 0)
  printTable(`${accounts} accounts, ${RESOURCES} resources each`, [
    ...Object.entries(month).map(([name, value]) => [name, dollars(value), ''] as const),
    ['together, a month', dollars(total), ''],
  ])
}
const questions = ASSUMED.costExplorerPagesPerDay * (HOURS / 24) * PRICES.costExplorerPage
const polled = (instances: number, hours: number) =>
  ((instances * 5 * HOURS) / hours) * PRICES.metricRequested
console.log(`\nCost Explorer, once a day from the payer account: ${dollars(questions)}`)
console.log(
  `GetMetricData, 5 metrics of 1,000 instances, hourly: ${dollars(polled(1_000, 1))}, every 5 minutes: ${dollars(polled(1_000, 1 / 12))}`,
)
