import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { COLLECTORS } from '@polo/collectors'
import { type PoloStatus, parseConfig } from '@polo/core'
import { changeAccountSettings, connectClickHouse } from '@polo/ingester'
import { sampleEstateCollectors, startRuntime } from '@polo/local'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { ok, startFakeAws } from '../collectors/fake-aws.ts'
import { parseFailure, query } from './polo-answers.ts'
import {
  cleanUp,
  isGroupAlive,
  makeDirectory,
  type PoloProcess,
  runPolo,
  startUp,
  waitFor,
} from './polo-process.ts'
import { readStatus } from './status-answer.ts'

const SAMPLE = COLLECTORS.filter(({ name }) => sampleEstateCollectors.includes(name))
const OF_ACCOUNTS = SAMPLE.filter(({ scope }) => scope === 'account')
/** Four accounts, one of them the payer. */
const SAMPLE_JOBS = 4 * OF_ACCOUNTS.length + SAMPLE.length - OF_ACCOUNTS.length
/** Of the account that has a region denied. */
const DENIED_JOBS = OF_ACCOUNTS.length
/** `2026-03-01 10:00 111122223333 config_ec2 complete: 83 rows` */
const RUN = /^(\d{4}-\d\d-\d\d \d\d:\d\d) (\d{12}) (\w+) (\w+): ([\d,]+) rows?/

const CALLER = '111122223333'
const OTHER = '444455556666'
const PAUSED = '777788889999'
const HUB_KEY = 'AKIAHUBHUBHUBHUBHUBX'
const SESSION_KEY = 'ASIASESSIONSESSIONS1'
const CREDENTIALS = {
  AWS_ACCESS_KEY_ID: HUB_KEY,
  AWS_SECRET_ACCESS_KEY: 'hub-secret',
  AWS_REGION: 'eu-west-1',
}
const empty = (action: string, list: string) => () => ok(`<${action}Response>${list}</${action}Response>`)
/** An account with one region and nothing in it. */
const EMPTY_ACCOUNT = {
  GetCallerIdentity: empty(
    'GetCallerIdentity',
    `<GetCallerIdentityResult><Account>${CALLER}</Account></GetCallerIdentityResult>`,
  ),
  AssumeRole: empty(
    'AssumeRole',
    `<AssumeRoleResult><Credentials><AccessKeyId>${SESSION_KEY}</AccessKeyId>
      <SecretAccessKey>session-secret</SecretAccessKey><SessionToken>session-token</SessionToken>
      <Expiration>${new Date(Date.now() + 3_600_000).toISOString()}</Expiration></Credentials></AssumeRoleResult>`,
  ),
  DescribeRegions: empty(
    'DescribeRegions',
    '<regionInfo><item><regionName>eu-west-1</regionName><optInStatus>opted-in</optInStatus></item></regionInfo>',
  ),
  DescribeVolumes: empty('DescribeVolumes', '<volumeSet/>'),
}

interface RunLine {
  readonly job: string
  readonly outcome: string
  readonly rows: number
}

function readRuns(up: PoloProcess): RunLine[] {
  return up
    .stderr()
    .split('\n')
    .flatMap((line) => {
      const [, slot, account, collector, outcome = '', rows] = RUN.exec(line) ?? []
      return slot ? [{ job: `${slot} ${account} ${collector}`, outcome, rows: Number(rows) }] : []
    })
}

/** What operators decided about accounts before Polo is up. */
async function decide(dataDir: string, statuses: Readonly<Record<string, PoloStatus>>): Promise<void> {
  const runtime = await startRuntime({ dataDir, config: parseConfig({}) })
  const clickhouse = connectClickHouse({ url: runtime.addresses.clickhouseUrl, database: 'polo' })
  for (const [id, polo_status] of Object.entries(statuses)) {
    await changeAccountSettings(clickhouse, id, { polo_status })
  }
  await clickhouse.close()
  await runtime.stop()
}

async function stop(up: PoloProcess) {
  up.signalGroup('SIGINT')
  const result = await up.ended
  await waitFor('every process of the group to end', () => !isGroupAlive(up.pid), 10_000)
  return result
}

afterAll(cleanUp)

describe('polo up --schedule', () => {
  const options = { dataDir: '' }
  let complete: readonly string[] = []

  test('collects every account of the sample at once, tells each run, and ends in order at Ctrl-C', async () => {
    options.dataDir = await makeDirectory()
    const up = await startUp(['--schedule'], options)
    await waitFor('every job to report', () => readRuns(up).length >= SAMPLE_JOBS)
    await waitFor('every row to be stored', async () => (await readStatus(options)).last_day.pending === 0)
    expect(await readStatus(options)).toMatchObject({
      dead_jobs: { messages: 0, newest: [] },
      dead_letters: 0,
    })
    expect(await stop(up)).toMatchObject({ code: 0 })
    expect(existsSync(join(options.dataDir, 'runtime.json'))).toBe(false)
    const runs = readRuns(up)
    complete = runs.filter(({ outcome }) => outcome === 'complete').map(({ job }) => job)
    expect(complete.length).toBeGreaterThanOrEqual(SAMPLE_JOBS - DENIED_JOBS)
    // Datapoints are read again by the slot that may have come meanwhile.
    const told = runs.filter(({ job }) => !job.endsWith(' metrics'))
    const rows = told.reduce((sum, run) => sum + run.rows, 0)
    // What that slot's jobs sent before they were stopped waits in the queue, and is stored while the query runs.
    await waitFor('every row that was told', async () => {
      const [stored] = await query(
        "SELECT sum(stored_rows) AS n FROM collector_jobs WHERE collector != 'metrics'",
        options,
      )
      expect(Number(stored?.n)).toBeLessThanOrEqual(rows)
      return Number(stored?.n) === rows
    })
  })

  test('collects when it is started again only what its slot lacks', async () => {
    const up = await startUp(['--schedule'], options)
    await waitFor('the jobs that were denied to report', () => readRuns(up).length >= DENIED_JOBS)
    await stop(up)
    const again = readRuns(up).map(({ job }) => job)
    expect(again.filter((job) => complete.includes(job))).toEqual([])
  })

  test('reads the caller’s account as the caller, others by their roles, and leaves paused ones alone', async () => {
    const live = { dataDir: await makeDirectory(), env: CREDENTIALS }
    const aws = await startFakeAws(EMPTY_ACCOUNT)
    onTestFinished(aws.stop)
    await decide(live.dataDir, { [OTHER]: 'active', [PAUSED]: 'paused' })
    const up = await startUp(['--schedule', '--endpoint', aws.endpoint], live)
    const ebs = () => readRuns(up).filter(({ job }) => job.endsWith('config_ebs'))
    // The first of each account: another slot may come before the end.
    const looked = () =>
      new Map(
        ebs()
          .map(({ job, outcome }) => [job.split(' ')[2], outcome] as const)
          .reverse(),
      )
    await waitFor('both accounts to report', () => looked().size >= 2)
    await stop(up)
    const complete = new Map([CALLER, OTHER].map((account) => [account, 'complete']))
    expect(looked()).toEqual(complete)
    const jobs = ebs().map(({ job }) => job)
    expect(jobs).toEqual([...new Set(jobs)])
    const assumed = aws.requests.filter((parameters) => parameters.get('Action') === 'AssumeRole')
    expect([...new Set(assumed.map((parameters) => parameters.get('RoleArn')))]).toEqual([
      `arn:aws:iam::${OTHER}:role/polo-read`,
    ])
    expect(assumed[0]?.get('ExternalId')).toBe(`polo-${CALLER}`)
    const volumes = aws.authorizations.filter(
      (_, index) => aws.requests[index]?.get('Action') === 'DescribeVolumes',
    )
    const keys = volumes.map((header) => /Credential=(\w+)/.exec(header)?.[1])
    expect(new Set(keys)).toEqual(new Set([HUB_KEY, SESSION_KEY]))
  })

  test.each([
    [['--once'], '--once'],
    [['--slot', '2026-01-15T00:00:00Z'], '--slot'],
    [['--account', CALLER], '--account'],
  ])('excludes what is for a single collection: %j', async (flags, name) => {
    const result = await runPolo(['up', '--schedule', '--json', ...flags], { dataDir: await makeDirectory() })
    expect(parseFailure(result)).toMatchObject({ name: 'UsageError', message: expect.stringContaining(name) })
    expect(result.code).toBe(1)
  })
})
