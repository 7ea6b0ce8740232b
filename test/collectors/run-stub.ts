import {
  type AwsSource,
  type BlockSink,
  type Collector,
  createAwsClient,
  type Job,
  type Observation,
  PublishError,
  type RunnerDependencies,
  runCollector,
  type Source,
} from '@polo/collectors'
import { CollectorRun, parseConfig, parseEnvelope, ResourceEvent } from '@polo/core'
import { readRows } from '../core/read-rows.ts'

export const ACCOUNT = '111122223333'
export const SLOT = new Date('2026-03-01T10:00:00.000Z')

export interface StubOptions {
  readonly sources?: Record<string, Source>
  readonly collector?: Partial<Collector>
  readonly job?: Partial<Job>
  readonly aws?: Partial<AwsSource>
  readonly sink?: BlockSink
  readonly dependencies?: Partial<RunnerDependencies>
}

/** Runs a collector with the given sources through the real runner, and reads back what it sent. */
export async function runStub(options: StubOptions) {
  const sink = collectingSink()
  const run = await runCollector(stubJob(options), {
    aws: stubAws(options.aws),
    sink: options.sink ?? sink,
    config: parseConfig({}),
    ...options.dependencies,
  })
  return { run, events: await readEvents(sink.bodies), runs: await readRuns(sink.bodies) }
}

function stubJob({ sources = {}, collector, job }: StubOptions = {}): Job {
  return {
    collector: stubCollector(sources, collector),
    account: { id: ACCOUNT, role: 'production', tagDefaults: {} },
    slot: SLOT,
    regions: ['eu-west-1'],
    timeoutMs: 600_000,
    ...job,
  }
}

export function stubCollector(
  sources: Record<string, Source>,
  overrides: Partial<Collector> = {},
): Collector {
  return {
    name: 'config_stub',
    description: 'answers of the test',
    scope: 'account',
    schedule: { every: '15 minutes', offset: '0 minutes' },
    resourceTypes: { 'ebs:volume': { description: 'volume', properties: {} } },
    permissions: [],
    clients: {},
    sources,
    ...overrides,
  }
}

export function stubAws(overrides: Partial<AwsSource> = {}): AwsSource {
  return {
    description: 'answers of the test',
    accounts: async () => [{ id: ACCOUNT, source: 'caller' }],
    regions: async () => ['eu-west-1'],
    client: (clientClass, { region, countCall }) =>
      createAwsClient(
        clientClass,
        { region, credentials: { accessKeyId: 'key', secretAccessKey: 'secret' } },
        { countCall, use: () => {} },
      ),
    ...overrides,
  }
}

export function volume(id: string | undefined, overrides: Partial<Observation> = {}): Observation {
  return { resource_type: 'ebs:volume', resource_id: id, ...overrides }
}

/** A source that yields what `observe` gives for its region, or throws what it throws. */
export function yielding(
  observe: (region: string) => Iterable<Observation> | AsyncIterable<Observation>,
): Source {
  return async function* ({ region }) {
    yield* observe(region)
  }
}

/** A source that never answers and does not heed its signal. */
export function hanging(): Source {
  return async function* () {
    await new Promise<never>(() => {})
    yield volume('vol-never')
  }
}

export function awsError(code: string, message = `${code} happened`): Error {
  return Object.assign(new Error(message), { name: code, $metadata: {}, $fault: 'client' })
}

export function collectingSink() {
  const bodies: string[] = []
  return { bodies, send: async (body: string) => void bodies.push(body) }
}

/** Takes `count` blocks of events and refuses the others; takes every other schema unless told. */
export function refusingSink({ after = 0, refuses = 'resource_event/1' } = {}) {
  const sink = collectingSink()
  let taken = 0
  return {
    bodies: sink.bodies,
    async send(body: string) {
      if (parseEnvelope(body).schema.name === refuses && taken++ >= after) {
        throw new PublishError('SQS at the test did not take a block', { cause: awsError('AccessDenied') })
      }
      await sink.send(body)
    },
  }
}

export async function readEvents(bodies: readonly string[]): Promise<ResourceEvent[]> {
  return (await readRows(bodies, 'resource_event/1')).map((row) => ResourceEvent.parse(row))
}

export async function readRuns(bodies: readonly string[]): Promise<CollectorRun[]> {
  return (await readRows(bodies, 'collector_run/1')).map((row) => CollectorRun.parse(row))
}
