import { createCipheriv, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { COLLECTORS } from '@polo/collectors'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { callEvent, fixture } from '../collectors/lifecycle/lifecycle-events.ts'
import { readEvents, readRuns } from '../collectors/run-stub.ts'
import {
  bundleFunction,
  type FunctionBundle,
  inputsOf,
  invokeBundle,
  packagesOf,
} from '../functions/bundle-function.ts'
import { linkVariables } from '../functions/links.ts'
import { accountRow, batch, bodyOf, eventRows, record } from '../ingester/factories.ts'
import { type Pipeline, startPipeline } from '../ingester/pipeline.ts'
import { ROOT } from '../repository/workspace.ts'
import { ENTRIES } from './entries.ts'
import { type FakeApis, startFakeApis } from './fake-lambda-apis.ts'

const HUB = '999988887777'
const ACCOUNT = '111122223333'
let polo: Pipeline
let apis: FakeApis
let directory: string
const bundles = new Map<string, FunctionBundle>()
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'polo-functions-'))
  ;[polo, apis] = await Promise.all([startPipeline(), startFakeApis()])
  for (const [name, source] of ENTRIES) bundles.set(name, await bundleFunction(source, fileOf(name)))
})
afterAll(async () => {
  await polo?.stop()
  apis?.stop()
  await rm(directory, { recursive: true, force: true })
})
afterEach(async () => {
  await takeBodies()
})

const fileOf = (name: string) => join(directory, `${name}.mjs`)

function bundleOf(name: string): FunctionBundle {
  const bundle = bundles.get(name)
  if (!bundle) throw new Error(`there is no bundle ${name}`)
  return bundle
}

function links() {
  return {
    ClickHouseUrl: { value: polo.url },
    ClickHouseUser: { value: 'default' },
    ClickHousePassword: { value: 'any' },
    EventsQueue: { url: polo.queueUrl },
    EventsDlq: { url: polo.deadLetterQueueUrl },
    StateBucket: { name: 'polo-test-state' },
  }
}

/** Environment of every function: what infra sets and Lambda does. */
function environment(): Record<string, string> {
  return {
    ...linkVariables(links()),
    POLO_STAGE: 'test',
    POWERTOOLS_SERVICE_NAME: 'polo-test',
    POWERTOOLS_METRICS_NAMESPACE: 'Polo',
    CLICKHOUSE_DATABASE: polo.database,
    CLICKHOUSE_TARGET: 'cloud',
    CONTROL_SENDERS: '{"collector_run/1":["AROACONTROL"]}',
    FUNCTION_PREFIX: 'polo-test-collect-',
    HUB_ACCOUNT_ID: HUB,
    INGESTER_FUNCTION_NAME: 'polo-test-ingester',
    AWS_LAMBDA_FUNCTION_NAME: 'polo-test-ingester',
    LAMBDA_TASK_ROOT: directory,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL: apis.endpoint,
    AWS_ENDPOINT_URL_SQS: polo.sqsEndpoint,
  }
}

const invoke = (name: string, event: unknown, changes: Record<string, string> = {}) =>
  invokeBundle(fileOf(name), { event, environment: { ...environment(), ...changes } })

/** Takes every message off the events queue. */
async function takeBodies(): Promise<string[]> {
  const { sqs, queueUrl: QueueUrl } = polo
  const bodies: string[] = []
  for (;;) {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }))
    if (Messages.length === 0) return bodies
    for (const { Body = '', ReceiptHandle } of Messages) {
      bodies.push(Body)
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
    }
  }
}

it.each([...ENTRIES.keys()])('%s holds no native module and nothing of the one-machine runtime', (name) => {
  const foreign = /\.node$|node_modules\/(chdb|@chdb|fauxqs)\/|packages\/(local|cli)\//
  expect(inputsOf(bundleOf(name)).filter((path) => foreign.test(path))).toEqual([])
  expect(inputsOf(bundleOf(name))).toContain(
    `packages/functions/src/${name.startsWith('collect-') ? 'collector' : name}.ts`,
  )
})

it.each([...ENTRIES.keys()])(
  '%s does not start without its links, and names the one that is missing',
  async (name) => {
    const bare = Object.entries(environment()).filter(
      ([key]) => !/^SST_RESOURCE_(ClickHouse|Events)/.test(key),
    )
    const { error } = await invokeBundle(fileOf(name), { event: {}, environment: Object.fromEntries(bare) })
    expect(error).toMatch(/^LinkError: (ClickHouseUrl|EventsQueue) is not linked/)
  },
)

describe.each(COLLECTORS.map((collector) => ({ collector, name: collector.name })))(
  '$name',
  ({ collector }) => {
    const entry = `collect-${collector.name.replaceAll('_', '-')}`
    const job = {
      v: 1,
      collector: collector.name,
      slot: '2026-03-01T10:00:00.000Z',
      account: { id: ACCOUNT, role: 'production', tagDefaults: {} },
      access: { roleArn: `arn:aws:iam::${ACCOUNT}:role/polo-read`, externalId: `polo-${HUB}` },
      regions: ['us-east-1'],
    }

    it('holds no SDK client of another collector', () => {
      const clientsOf = (classes: object) =>
        Object.values(classes).map((client: { name: string }) => client.name)
      // The runner itself asks EC2 which regions are enabled; what is remembered is in a bucket.
      const own = new Set(['EC2Client', 'S3Client', ...clientsOf(collector.clients)])
      const others = COLLECTORS.flatMap(({ clients }) => clientsOf(clients)).filter(
        (client) => !own.has(client),
      )
      const kept = packagesOf(bundleOf(entry))
      for (const client of others) expect(kept, client).not.toContain(packageOf(client))
      for (const client of own) expect(kept, client).toContain(packageOf(client))
    })

    it('tells of an account whose role it may not assume, and fails no invocation for it', async () => {
      expect(await invoke(entry, job)).toMatchObject({
        answer: { collector: collector.name, aws_account_id: ACCOUNT, status: 'denied', events: 0 },
      })
      const [run] = await readRuns(await takeBodies())
      expect(run).toMatchObject({ collector: collector.name, status: 'denied', slot: job.slot })
      expect(JSON.stringify(run?.errors)).toContain(job.access.roleArn)
      expect(apis.asked.at(-1)).toBe('AssumeRole')
    })

    it('fails the invocation of a run that failed, so that it is tried again, and records it', async () => {
      const access = { ...job.access, roleArn: 'arn:aws:iam::222233334444:role/polo-read' }
      const { error } = await invoke(entry, { ...job, access })
      expect(error).toMatch(new RegExp(`^JobFailedError: ${collector.name} in account ${ACCOUNT} .* failed`))
      expect(await readRuns(await takeBodies())).toMatchObject([{ status: 'failed' }])
    })

    it('fails the invocation for what is no job of its own', async () => {
      const other = await invoke(entry, { ...job, collector: 'another' })
      expect(other.error).toContain(`a job of another came to ${collector.name}`)
      expect((await invoke(entry, { ...job, v: 2 })).error).toContain('ZodError')
      expect(await takeBodies()).toEqual([])
    })
  },
)

function packageOf(client: string): string {
  const names: Record<string, string> = {
    AutoScalingClient: 'auto-scaling',
    CloudWatchClient: 'cloudwatch',
    CostExplorerClient: 'cost-explorer',
    EC2Client: 'ec2',
    ElasticLoadBalancingV2Client: 'elastic-load-balancing-v2',
    OrganizationsClient: 'organizations',
    PriceListClient: 'pricing',
    S3Client: 's3',
    ResourceGroupsTaggingAPIClient: 'resource-groups-tagging-api',
    SageMakerClient: 'sagemaker',
    SavingsplansClient: 'savingsplans',
  }
  const name = names[client]
  if (!name) throw new Error(`say in this test which package ${client} is in`)
  return `@aws-sdk/client-${name}`
}

it('ingester stores what Lambda hands over, with links from the file that SST encrypts', async () => {
  const key = randomBytes(32)
  const cipher = createCipheriv('aes-256-gcm', key, Buffer.alloc(12, 0))
  const text = JSON.stringify({ App: { name: 'polo', stage: 'test' }, ...links() })
  const encrypted = Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()])
  await writeFile(join(directory, 'resource.enc'), encrypted)
  const bare = Object.entries(environment()).filter(([name]) => !name.startsWith('SST_RESOURCE_'))
  const keyed = { ...Object.fromEntries(bare), SST_KEY: key.toString('base64'), SST_KEY_FILE: 'resource.enc' }
  const event = batch(record(await bodyOf(eventRows('bundled', 4))))
  expect(await invokeBundle(fileOf('ingester'), { event, environment: keyed })).toEqual({
    answer: { batchItemFailures: [] },
  })
  expect(await polo.countRaw('bundled')).toBe(4)
})

it('ingester fails the invocation in an outage', async () => {
  const event = batch(record(await bodyOf(eventRows('outage', 1))))
  const away = linkVariables({ ClickHouseUrl: { value: 'http://127.0.0.1:1' } })
  expect((await invoke('ingester', event, away)).error).toMatch(/^OutageError: .*ECONNREFUSED/)
})

it('probe says how the breaker is', async () => {
  expect(await invoke('probe', {})).toMatchObject({ answer: { state: 'closed' } })
})

it('probe leaves a mapping that still changes to the next one, without a dead letter', async () => {
  const since = '2026-03-01T10:00:00.000Z'
  apis.tags.set(
    'polo:breaker',
    `state=open since=${since} reason=ECONNREFUSED failed_probes=0 relapses=0 next_probe_at=${since} enabled=true concurrency=8`,
  )
  try {
    expect(await invoke('probe', {})).toEqual({ answer: null })
  } finally {
    apis.tags.clear()
  }
})

it('dispatcher hands a firing’s jobs over, records them, and goes on from memory when ClickHouse is away', async () => {
  await polo.clickhouse.insert({
    table: 'accounts_discovered',
    values: [accountRow({ aws_account_id: ACCOUNT }), accountRow({ aws_account_id: '222233334444' })],
    format: 'JSONEachRow',
    clickhouse_settings: { date_time_input_format: 'best_effort' },
  })
  const request = {
    collector: 'config_ebs',
    scope: 'account',
    schedule: { every: '15 minutes', offset: '0 minutes' },
    scheduledTime: '2026-03-01T10:00:00Z',
  }
  const invoked = [ACCOUNT, '222233334444']
  expect(await invoke('dispatcher', request)).toMatchObject({ answer: { accountsFrom: 'database', invoked } })
  expect(apis.invoked.map(({ functionName }) => functionName)).toEqual(
    Array(2).fill('polo-test-collect-config-ebs'),
  )
  expect(apis.invoked.map(({ payload }) => payload)).toContainEqual(
    expect.objectContaining({
      collector: 'config_ebs',
      slot: '2026-03-01T10:00:00.000Z',
      access: { roleArn: `arn:aws:iam::${ACCOUNT}:role/polo-read`, externalId: `polo-${HUB}` },
    }),
  )
  expect([...apis.objects.keys()]).toEqual(['polo-test-state/dispatcher/accounts.json'])
  expect((await readRuns(await takeBodies())).map(({ status }) => status)).toEqual([
    'dispatched',
    'dispatched',
  ])
  const away = linkVariables({ ClickHouseUrl: { value: 'http://127.0.0.1:1' } })
  expect(await invoke('dispatcher', request, away)).toMatchObject({
    answer: { accountsFrom: 'remembered', invoked },
  })
})

it('migrate brings a database up to date from the files beside it', async () => {
  await cp(join(ROOT, 'schema'), join(directory, 'schema'), { recursive: true })
  const changes = { CLICKHOUSE_DATABASE: 'polo_bundled' }
  const { answer } = await invoke('migrate', {}, changes)
  expect(answer).toMatchObject({ version: expect.stringMatching(/^\d{4}$/) })
  expect(await invoke('migrate', {}, changes)).toMatchObject({ answer: { applied: [] } })
  expect(
    await polo.select("SELECT count() > 5 AS made FROM system.tables WHERE database = 'polo_bundled'"),
  ).toEqual([{ made: 1 }])
})

it('migrate waits for a database that has to wake up first', async () => {
  const { hostname, port } = new URL(polo.url)
  let awake: Promise<void> | undefined
  const asleep = createServer(async (client) => {
    // A function that is done leaves its connections as they are, which is an error at this end.
    client.on('error', () => {})
    awake ??= sleep(31_000)
    await awake
    const server = connect(Number(port), hostname)
    pipeline(client, server, client, () => {})
  })
  asleep.listen(0, '127.0.0.1')
  await once(asleep, 'listening')
  const address = asleep.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  try {
    const changes = {
      ...linkVariables({ ClickHouseUrl: { value: url } }),
      CLICKHOUSE_DATABASE: 'polo_bundled',
    }
    expect(await invoke('migrate', {}, changes)).toMatchObject({ answer: { applied: [] } })
  } finally {
    asleep.close()
  }
})

it.each([
  [{ CLICKHOUSE_TARGET: 'embedded' }, 'CLICKHOUSE_TARGET'],
  [{ CLICKHOUSE_TARGET: 'cluster' }, 'CLICKHOUSE_CLUSTER'],
])('migrate does not start with %o', async (changes, named) => {
  expect((await invoke('migrate', {}, changes)).error).toMatch(new RegExp(`^ConfigError: .*${named}`))
})

it('monitor measures', async () => {
  expect(await invoke('monitor', {})).toMatchObject({ answer: { DeadRows: expect.any(Number) } })
})

describe.each(['monitor', 'loader'])('%s', (name) => {
  it('does not fail while ClickHouse is away: what is left of an outage is no dead letter', async () => {
    const away = linkVariables({ ClickHouseUrl: { value: 'http://127.0.0.1:1' } })
    expect(await invoke(name, {}, away)).toEqual({ answer: null })
  })

  it('fails for what is wrong while ClickHouse is there', async () => {
    expect((await invoke(name, {}, { CLICKHOUSE_DATABASE: 'not_there' })).error).toMatch(/not_there/)
  })
})

it('loader loads what is due, and there is nothing', async () => {
  expect(await invoke('loader', {})).toEqual({
    answer: { loaded: 0, failed: 0, given_up: 0, superseded: 0 },
  })
})

it('objects publishes what it can read of a batch, and lets the rest come back', async () => {
  const event = fixture('lambda-powertools/s3SqsEvent.json')
  const [first] = Array.isArray(event.Records) ? event.Records : []
  const unreadable = { ...first, messageId: 'unreadable', body: '{' }
  expect(await invoke('objects', { Records: [first, unreadable] })).toEqual({
    answer: { batchItemFailures: [{ itemIdentifier: 'unreadable' }] },
  })
})

it('lifecycle publishes what it can read of a batch, and lets the rest come back', async () => {
  const event = fixture('lambda-powertools/sqsEvent.json')
  const [first, second] = Array.isArray(event.Records) ? event.Records : []
  const body = JSON.stringify(callEvent(fixture('cloudtrail-invictus/CreateVolume.json')))
  const answer = await invoke('lifecycle', { Records: [{ ...first, body }, second] })
  expect(answer).toEqual({ answer: { batchItemFailures: [{ itemIdentifier: second.messageId }] } })
  expect(await readEvents(await takeBodies())).toMatchObject([
    { event_type: 'lifecycle', event_action: 'CreateVolume', resource_id: 'vol-0a2e548958718390d' },
  ])
})
