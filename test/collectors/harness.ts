import { globSync, readFileSync } from 'node:fs'
import {
  type AwsSource,
  type BlockSink,
  type Collector,
  createAwsClient,
  type JobAccount,
  type ObjectStore,
  runCollector,
} from '@polo/collectors'
import {
  type CollectorRun,
  type DiscoveredAccount,
  eventId,
  type PoloConfigInput,
  parseConfig,
  ResourceEvent,
  TABLE_ROWS,
  type TableSchemaName,
} from '@polo/core'
import { vi } from 'vitest'
import { z } from 'zod'
import { readRows } from '../core/read-rows.ts'

export const ACCOUNT = '644160558196'
export const REGION = 'us-east-1'
export const SLOT = new Date('2025-03-01T12:15:00.000Z')
export const OBSERVED_AT = new Date('2025-03-01T12:15:04.321Z')

const FIXTURES = new URL('../fixtures/', import.meta.url)

interface Circumstances {
  /** Answers in the network's place; without it the SDK's clients are to be mocked. */
  readonly requestHandler?: object
  readonly account?: Partial<JobAccount>
  readonly region?: string
  readonly signal?: AbortSignal
  readonly now?: Date
  readonly config?: PoloConfigInput
  /** What the slots before left, and where this one leaves something. */
  readonly state?: ObjectStore
  readonly slot?: Date
  /** For paid calls in a month. */
  readonly budgetUsd?: number
}

interface Collected {
  readonly events: ResourceEvent[]
  readonly accounts: DiscoveredAccount[]
  /** The rows of another table than the events'. */
  rows<Name extends TableSchemaName>(schema: Name): Promise<z.output<(typeof TABLE_ROWS)[Name]>[]>
  readonly run: CollectorRun
  /** The messages that were sent, the run's record last. */
  readonly bodies: readonly string[]
}

/** AWS's pages in, whole events out: one run of a collector, published and read back from its blocks. */
export async function collect(collector: Collector, circumstances: Circumstances = {}): Promise<Collected> {
  const { region = REGION, account, signal, now = OBSERVED_AT, slot = SLOT, budgetUsd = 50 } = circumstances
  const { config = {}, state = memoryStore() } = circumstances
  const bodies: string[] = []
  vi.useFakeTimers({ now, toFake: ['Date'] })
  try {
    const run = await runCollector(
      {
        collector,
        account: { id: ACCOUNT, role: 'production', tagDefaults: {}, ...account },
        slot,
        budgetUsd,
        regions: [region],
        timeoutMs: 600_000,
      },
      {
        aws: createAws(circumstances),
        sink: keepIn(bodies),
        config: parseConfig(config),
        state,
        ...(signal ? { signal } : {}),
      },
    )
    return {
      events: await readEvents(bodies),
      accounts: await readTable(bodies, 'aws_account/1'),
      rows: (schema) => readTable(bodies, schema),
      run,
      bodies,
    }
  } finally {
    vi.useRealTimers()
  }
}

/** An event as the runner makes it, with the identity that follows from the given columns. */
export function makeEvent(
  columns: Pick<ResourceEvent, 'collector' | 'resource_type' | 'resource_id' | 'resource_arn'> &
    Partial<ResourceEvent>,
): ResourceEvent {
  const event = {
    aws_account_id: ACCOUNT,
    aws_region: REGION,
    event_time: SLOT.toISOString(),
    event_type: 'config',
    event_action: 'observed',
    account_role: 'production',
    observed_at: OBSERVED_AT.toISOString(),
    ...columns,
  } as const
  return ResourceEvent.parse({ event_id: eventId(event), ...event })
}

/** An answer from the fixtures, its times as the SDK gives them. */
export function recordedAnswer(path: string): object {
  const answer = JSON.parse(readFileSync(new URL(path, FIXTURES), 'utf8'), reviveTime)
  return answer.data ?? answer
}

export function recordedText(path: string): string {
  return readFileSync(new URL(path, FIXTURES), 'utf8')
}

/** Every recorded answer of the files whose names match. */
export function recordedAnswers(glob: string): object[] {
  return globSync(glob, { cwd: FIXTURES }).sort().map(recordedAnswer)
}

/** As the SDK throws what AWS answers with a status of 400 and more. */
export function awsError(code: string, message = `${code} happened`): Error {
  return Object.assign(new Error(message), { name: code, $metadata: {}, $fault: 'client' })
}

function createAws({ requestHandler }: Circumstances): AwsSource {
  return {
    description: 'answers of the test',
    accounts: async () => [{ id: ACCOUNT, source: 'caller' }],
    regions: async () => [REGION],
    client: (clientClass, { region, countCall }) =>
      createAwsClient(
        clientClass,
        {
          region,
          credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
          ...(requestHandler ? { requestHandler } : {}),
        },
        { countCall, use: () => {} },
      ),
  }
}

function keepIn(bodies: string[]): BlockSink {
  return {
    send: async (body) => {
      bodies.push(body)
    },
  }
}

async function readEvents(bodies: readonly string[]): Promise<ResourceEvent[]> {
  return (await readRows(bodies)).map((row) => ResourceEvent.parse(row))
}

async function readTable<Name extends TableSchemaName>(
  bodies: readonly string[],
  schema: Name,
): Promise<z.output<(typeof TABLE_ROWS)[Name]>[]> {
  const rows = z.array<(typeof TABLE_ROWS)[Name]>(TABLE_ROWS[schema])
  return rows.parse(await readRows(bodies, schema))
}

/** Objects that are gone with the test. */
export function memoryStore(objects: Record<string, string> = {}): ObjectStore {
  return {
    read: async (key) => objects[key],
    write: async (key, body) => {
      objects[key] = body
    },
  }
}

const PlaceboTime = z.object({
  year: z.int(),
  month: z.int(),
  day: z.int(),
  hour: z.int(),
  minute: z.int(),
  second: z.int(),
  microsecond: z.int(),
})

function reviveTime(_key: string, value: unknown): unknown {
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)$/.test(value))
    return new Date(value)
  if (typeof value !== 'object' || value === null || !('__class__' in value)) return value
  const { year, month, day, hour, minute, second, microsecond } = PlaceboTime.parse(value)
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second, microsecond / 1000))
}
