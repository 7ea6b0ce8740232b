import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { checkNode, judgeDisk, judgeSharedMemory } from '../../packages/cli/src/doctor/check-machine.ts'
import {
  judgeDeadLetters,
  judgeQueue,
  judgeSchema,
  judgeVersion,
} from '../../packages/cli/src/doctor/check-pipeline.ts'
import {
  checkConfig,
  checkCredentials,
  checkEnvironment,
} from '../../packages/cli/src/doctor/check-settings.ts'
import { maskSecrets } from '../../packages/cli/src/output/mask-secrets.ts'

const QUEUE = 'https://sqs.eu-west-1.amazonaws.com/111122223333/polo-events'
const CLICKHOUSE = 'http://polo:hunter22@db.example:8123'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'polo-doctor-'))
  await writeFile(join(directory, 'aws-config'), '[default]\n[profile prod]\nregion = eu-west-1\n')
})
afterAll(() => rm(directory, { recursive: true, force: true }))

function environmentCheck(environment: Record<string, string>) {
  return checkEnvironment({ dataDir: directory }, environment).check
}

function credentials(environment: Record<string, string>, profile?: string) {
  const files = {
    AWS_CONFIG_FILE: join(directory, 'aws-config'),
    AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
  }
  return checkCredentials({ environment: { ...files, ...environment }, profile, asksAws: false })
}

it.each([
  ['22.11.0', 'problem'],
  ['24.0.0', 'ok'],
  ['26.1.0', 'ok'],
])('judges Node %s: %s', (version, status) => {
  expect(checkNode(version).status).toBe(status)
})

it.each([
  [5e9, 'ok'],
  [1.9e9, 'warning'],
  [1e7, 'problem'],
])('judges %d bytes of free disk: %s', (free, status) => {
  expect(judgeDisk(free, '/data').status).toBe(status)
})

it('warns of the 64 MB of shared memory that a container gets', () => {
  expect(judgeSharedMemory(64 * 1024 ** 2)).toMatchObject({
    status: 'warning',
    found: '64 MB free in /dev/shm',
  })
})

it.each([
  ['25.12.1.1', 'problem'],
  ['26.3.9.1', 'problem'],
  ['26.4.1.1', 'ok'],
  ['27.1.1.1', 'ok'],
])('judges ClickHouse %s: %s', (version, status) => {
  expect(judgeVersion(version, 'http://db').status).toBe(status)
})

it.each([
  [['0001', '0002'], 'ok'],
  [['0001'], 'problem'],
  [['0001', '0002', '0003'], 'warning'],
])('judges a schema that has %j of two migrations: %s', (applied, status) => {
  expect(judgeSchema(applied, ['0001', '0002'], 'polo').status).toBe(status)
})

it('warns of a queue without a redrive policy', () => {
  expect(judgeQueue({ RedrivePolicy: '{}' }, QUEUE).status).toBe('ok')
  expect(judgeQueue({}, QUEUE).status).toBe('warning')
})

it('warns of dead letters, in flight or not', () => {
  const counts = { ApproximateNumberOfMessages: '1', ApproximateNumberOfMessagesNotVisible: '2' }
  expect(judgeDeadLetters(counts, QUEUE)).toMatchObject({ status: 'warning', found: `3 at ${QUEUE}` })
})

it('finds fault with a deployed queue without a database', () => {
  expect(environmentCheck({ POLO_QUEUE_URL: QUEUE }).status).toBe('problem')
})

it('warns of a deployed queue without its dead letters', () => {
  expect(environmentCheck({ POLO_QUEUE_URL: QUEUE, POLO_CLICKHOUSE_URL: CLICKHOUSE }).status).toBe('warning')
})

it('goes on without a variable that is not valid, and with the others', () => {
  const environment = {
    POLO_QUEUE_URL: 'nonsense',
    POLO_DATA_DIR: directory,
    POLO_CLICKHOUSE_URL: CLICKHOUSE,
  }
  const { settings, check } = checkEnvironment({}, environment)
  expect(check).toMatchObject({ status: 'problem', found: expect.stringContaining('POLO_QUEUE_URL') })
  expect(settings).toMatchObject({
    dataDir: directory,
    queueUrl: undefined,
    clickhouseUrl: CLICKHOUSE,
  })
})

it('names the setting at fault in a configuration file', async () => {
  const config = join(directory, 'broken.config.ts')
  await writeFile(config, 'export default { retentionDays: { cost: -1 } }')
  const { settings } = checkEnvironment({ config }, {})
  expect(await checkConfig(settings)).toMatchObject({
    status: 'problem',
    found: expect.stringContaining('retentionDays.cost'),
  })
})

it.each([
  ['12.5', 'calls that AWS charges for may cost $12.50 a month'],
  ['0', 'no calls that AWS charges for (paidApiBudgetUsd is 0), so nothing from '],
])('says what a budget of %s dollars means', async (usd, words) => {
  const config = join(directory, `budget-${usd}.config.ts`)
  await writeFile(config, `export default { paidApiBudgetUsd: ${usd} }`)
  const { settings } = checkEnvironment({ config }, {})
  expect(await checkConfig(settings)).toMatchObject({
    status: 'ok',
    found: expect.stringContaining(`${config}; ${words}`),
  })
})

it.each([
  [{}, 'ok', 'none named'],
  [{ AWS_PROFILE: 'prod' }, 'ok', 'profile prod'],
  [{ AWS_PROFILE: 'absent' }, 'warning', 'no profile absent'],
  [{ AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' }, 'ok', 'keys in the environment'],
  [{ AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE' }, 'warning', 'no AWS_SECRET_ACCESS_KEY'],
])('judges the credentials of %j: %s', async (environment, status, found) => {
  expect(await credentials(environment)).toEqual([
    expect.objectContaining({ status, found: expect.stringContaining(found) }),
  ])
})

it('checks the profile that is asked for rather than the one of the environment', async () => {
  expect(await credentials({ AWS_PROFILE: 'absent' }, 'default')).toMatchObject([
    { found: 'profile default' },
  ])
})

it.each([
  ['at http://polo:hunter22@db:8123/?a=1', 'at http://polo:***@db:8123/?a=1'],
  ['at http://polo:hun@ter@db:8123 now', 'at http://polo:***@db:8123 now'],
  ['at http://db:8123/?user=polo&password=hunter22&a=1', 'at http://db:8123/?user=polo&password=***&a=1'],
])('masks the password in %s', (text, expected) => {
  expect(maskSecrets(text, {})).toBe(expected)
})

it('masks the secrets of the environment wherever they stand, as written and decoded', () => {
  const environment = { AWS_SECRET_ACCESS_KEY: 'abc/def', POLO_CLICKHOUSE_URL: 'http://u:p%40ss-word@db' }
  expect(maskSecrets('abc/def p%40ss-word p@ss-word', environment)).toBe('*** *** ***')
})
