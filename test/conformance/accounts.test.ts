import type { ClickHouseClient } from '@clickhouse/client'
import {
  COLLECTORS,
  createSqsSink,
  type DispatchReport,
  dispatch,
  type JobMessage,
  type ObjectStore,
  readRoleSource,
  runJob,
} from '@polo/collectors'
import { type Account, type CollectorRun, type PoloConfig, parseConfig } from '@polo/core'
import { changeAccountSettings, connectClickHouse, readAccountScans, readAccounts } from '@polo/ingester'
import { awaitReconciliation, type Runtime, sqsClient, startRuntime } from '@polo/local'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { cleanUp, makeDirectory, runPolo } from '../integration/polo-process.ts'
import { type At, createOrganization, launch, type Organization } from './create-organization.ts'
import { type RefusingDoor, refuseRole } from './refuse-role.ts'
import { type Moto, startMoto } from './start-moto.ts'

const HUB = '123456789012'
const REGIONS = ['us-east-1', 'eu-west-1']
const SLOT = new Date(Math.floor(Date.now() / 900_000) * 900_000)
const credentials = async () => ({ accessKeyId: 'test', secretAccessKey: 'test' })
const config: PoloConfig = parseConfig({ regions: REGIONS })

let moto: Moto
let door: RefusingDoor
let runtime: Runtime
let dataDir: string
let clickhouse: ClickHouseClient
let organization: Organization
const created: Record<string, string[]> = {}
const runs: CollectorRun[] = []
const reports: Record<string, DispatchReport> = {}
let accounts: readonly Account[]

beforeAll(async () => {
  moto = await startMoto()
  const at = (region: string): At => ({
    endpoint: moto.endpoint,
    region,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
  organization = await createOrganization(at('us-east-1'))
  const { web, data, sandbox, locked } = organization
  created[`${web} us-east-1`] = await launch(at('us-east-1'), web, 120)
  created[`${web} eu-west-1`] = await launch(at('eu-west-1'), web, 60)
  created[`${data} us-east-1`] = await launch(at('us-east-1'), data, 90)
  await launch(at('us-east-1'), sandbox, 5)
  await launch(at('us-east-1'), locked, 5)
  door = await refuseRole(moto.endpoint, `arn:aws:iam::${locked}:role/polo-read`)

  dataDir = await makeDirectory()
  runtime = await startRuntime({ dataDir, config, shared: true })
  const { clickhouseUrl: url, database } = runtime.addresses
  clickhouse = connectClickHouse({ url, database })
  await run('account_discovery')
  accounts = await readAccounts(clickhouse)
  await changeAccountSettings(clickhouse, sandbox, { polo_status: 'paused' })
  for (const name of ['config_ec2', 'config_ebs', 'config_network']) await run(name)
})

afterAll(async () => {
  await clickhouse?.close()
  await runtime?.stop()
  await door?.stop()
  await moto?.stop()
  await cleanUp()
})

/** Dispatches a collector as its schedule does, runs its jobs as its function does, and waits until all is stored. */
async function run(name: string): Promise<void> {
  const collector = COLLECTORS.find((candidate) => candidate.name === name)
  if (!collector) throw new Error(`there is no collector ${name}`)
  const { sqsEndpoint, queueUrl } = runtime.addresses
  const sink = createSqsSink({ client: sqsClient(sqsEndpoint), queueUrl })
  const jobs: JobMessage[] = []
  const { scope, schedule } = collector
  reports[name] = await dispatch(
    { collector: name, scope, schedule, scheduledTime: SLOT.toISOString() },
    {
      listAccounts: () => readAccounts(clickhouse),
      remembered: memory(),
      sink,
      invoke: async (job) => void jobs.push(job),
      config,
      hubAccountId: HUB,
      region: 'us-east-1',
    },
  )
  const sourceFor = readRoleSource({ collector, region: 'us-east-1', endpoint: door.endpoint, credentials })
  const ofCollector = await Promise.all(
    jobs.map((job) => runJob(job, { collector, sourceFor, sink, config, timeoutMs: 120_000 })),
  )
  runs.push(...ofCollector)
  await awaitReconciliation(
    clickhouse,
    ofCollector.map(({ run_id }) => run_id),
  )
}

function memory(): ObjectStore {
  const objects = new Map<string, string>()
  return { read: async (key) => objects.get(key), write: async (key, body) => void objects.set(key, body) }
}

async function select(query: string): Promise<Record<string, unknown>[]> {
  const result = await clickhouse.query({ query, format: 'JSONEachRow' })
  return await result.json<Record<string, unknown>>()
}

function polo(...args: string[]) {
  const env = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' }
  return runPolo([...args, '--endpoint', door.endpoint], { dataDir, env })
}

function statusesOf(accountId: string): Record<string, string> {
  const own = runs.filter(({ aws_account_id }) => aws_account_id === accountId)
  return Object.fromEntries(own.map(({ collector, status }) => [collector, status]))
}

const EVERYTHING = { config_ec2: 'complete', config_ebs: 'complete', config_network: 'complete' }

describe('an emulated organization', () => {
  it('is discovered with names, units, tags and states', () => {
    const byId = Object.fromEntries(accounts.map((account) => [account.aws_account_id, account]))
    expect(Object.keys(byId).sort()).toEqual([HUB, ...Object.values(organization)].sort())
    expect(byId[organization.web]).toMatchObject({
      name: 'web',
      email: 'web@example.com',
      ou_path: '/Workloads/Production',
      status: 'ACTIVE',
      tags: { team: 'web' },
      source: 'organization',
      polo_status: 'active',
    })
    expect(byId[organization.locked]).toMatchObject({ name: 'locked', ou_path: '/' })
  })

  it('has each active account completely read through its role', () => {
    expect(statusesOf(organization.web)).toEqual(EVERYTHING)
    expect(statusesOf(organization.data)).toEqual(EVERYTHING)
  })

  it('has in the database what was created, in its account and region', async () => {
    const rows = await select(
      `SELECT concat(aws_account_id, ' ', aws_region) AS place, arraySort(groupArray(resource_id)) AS ids
       FROM resource_events FINAL WHERE resource_type = 'ec2:instance' GROUP BY place`,
    )
    expect(Object.fromEntries(rows.map(({ place, ids }) => [place, ids]))).toEqual(
      Object.fromEntries(Object.entries(created).map(([place, ids]) => [place, [...ids].sort()])),
    )
  })

  it('leaves a paused account alone', async () => {
    expect(statusesOf(organization.sandbox)).toEqual({})
    expect(reports.config_ec2?.invoked).not.toContain(organization.sandbox)
    const [row] = await select(
      `SELECT count() AS n FROM resource_events WHERE aws_account_id = '${organization.sandbox}' AND collector != 'account_discovery'`,
    )
    expect(Number(row?.n)).toBe(0)
  })

  it('reports a role that cannot be assumed as its account’s outcome, with what to check', async () => {
    expect(statusesOf(organization.locked)).toEqual({
      config_ec2: 'denied',
      config_ebs: 'denied',
      config_network: 'denied',
    })
    const scans = await readAccountScans(clickhouse)
    const scan = scans.find(
      ({ aws_account_id, collector }) => aws_account_id === organization.locked && collector === 'config_ec2',
    )
    expect(scan).toMatchObject({ last_outcome: 'denied', last_success_at: null })
    expect(scan?.last_error).toContain(`arn:aws:iam::${organization.locked}:role/polo-read`)
    expect(scan?.last_error).toContain(`polo-${HUB}`)
  })
})

describe('polo accounts verify', () => {
  it('says that every permission works where the role can be assumed, and makes the account active', async () => {
    const { web } = organization
    await changeAccountSettings(clickhouse, web, { polo_status: 'pending' })

    const { code, stdout } = await polo('accounts', 'verify', web)

    expect(code).toBe(0)
    expect(stdout).toMatch(/config_network +elasticloadbalancing:DescribeTags +allowed/)
    const [account] = (await readAccounts(clickhouse)).filter(({ aws_account_id }) => aws_account_id === web)
    expect(account?.polo_status).toBe('active')
  })

  it('says what to check where it cannot, and ends with 2', async () => {
    const { code, stdout } = await polo('accounts', 'verify', organization.web, organization.locked)

    expect(code).toBe(2)
    expect(stdout).toContain(`cannot assume arn:aws:iam::${organization.locked}:role/polo-read`)
    expect(stdout).toContain('1 of 2 accounts work')
  })
})

describe('polo collect --all-accounts', () => {
  it('reads each active account through its role, and tells the one that refuses', async () => {
    const { code, stdout } = await polo(
      'collect',
      'config_ec2',
      '--all-accounts',
      '--region',
      'us-east-1',
      '--json',
    )

    expect(code).toBe(2)
    const { runs: collected } = z
      .object({ runs: z.array(z.record(z.string(), z.unknown())) })
      .parse(JSON.parse(stdout))
    const outcomes = Object.fromEntries(collected.map((one) => [one.account, one.outcome]))
    const { web, data, locked } = organization
    expect(outcomes).toEqual({ [HUB]: 'complete', [web]: 'complete', [data]: 'complete', [locked]: 'denied' })
  })
})
