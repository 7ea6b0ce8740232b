import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { COLLECTORS } from '@polo/collectors'
import { type Account, parseConfig } from '@polo/core'
import { changeAccountSettings, readAccounts } from '@polo/ingester'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { activateVerified } from '../../packages/cli/src/accounts/activate-verified.ts'
import { regionOfHub } from '../../packages/cli/src/accounts/find-hub.ts'
import { renderAccounts } from '../../packages/cli/src/accounts/render-accounts.ts'
import { renderVerification } from '../../packages/cli/src/accounts/render-verification.ts'
import { chooseAccounts, verifyAccounts } from '../../packages/cli/src/accounts/verify-accounts.ts'
import { type FakeAws, ok, startFakeAws } from '../collectors/fake-aws.ts'
import { type Pipeline, startPipeline } from '../ingester/pipeline.ts'

const HUB = '111122223333'
const FIRST = '444455556666'
const SECOND = '777788889999'

let directory: string
let aws: FakeAws
let polo: Pipeline
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'polo-verify-'))
  aws = await startFakeAws(EMPTY_ACCOUNT)
  polo = await startPipeline()
  // Says each time that it was asked, as a device for one-time codes would.
  const script = join(directory, 'credentials')
  const answer = '{"Version":1,"AccessKeyId":"AKIAHUBHUBHUBHUBHUBX","SecretAccessKey":"secret"}'
  await writeFile(script, `#!/bin/sh\necho asked >> ${directory}/asked\necho '${answer}'\n`)
  await chmod(script, 0o700)
  await writeFile(
    join(directory, 'config'),
    `[profile hub]\nregion = eu-west-1\ncredential_process = ${script}\n`,
  )
})
afterAll(async () => {
  await polo?.stop()
  aws?.stop()
  await rm(directory, { recursive: true, force: true })
})
beforeEach(() => {
  for (const name of ['AWS_PROFILE', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_REGION'])
    vi.stubEnv(name, undefined)
  vi.stubEnv('AWS_CONFIG_FILE', join(directory, 'config'))
})
afterEach(() => vi.unstubAllEnvs())

function empty(action: string, body: string) {
  return () => ok(`<${action}Response>${body}</${action}Response>`)
}

const EMPTY_ACCOUNT = {
  GetCallerIdentity: empty(
    'GetCallerIdentity',
    `<GetCallerIdentityResult><Account>${HUB}</Account></GetCallerIdentityResult>`,
  ),
  AssumeRole: empty(
    'AssumeRole',
    `<AssumeRoleResult><Credentials><AccessKeyId>ASIASESSIONSESSIONS1</AccessKeyId>
      <SecretAccessKey>session-secret</SecretAccessKey><SessionToken>session-token</SessionToken>
      <Expiration>${new Date(Date.now() + 3_600_000).toISOString()}</Expiration></Credentials></AssumeRoleResult>`,
  ),
  DescribeRegions: empty(
    'DescribeRegions',
    '<regionInfo><item><regionName>eu-west-1</regionName><optInStatus>opted-in</optInStatus></item></regionInfo>',
  ),
  DescribeVolumes: empty('DescribeVolumes', '<volumeSet/>'),
  DescribeInstances: empty('DescribeInstances', '<reservationSet/>'),
  DescribeTags: empty('DescribeTags', '<tagSet/>'),
}

const ALL = COLLECTORS.filter(({ name }) => ['config_ebs', 'config_ec2'].includes(name))
const EBS = COLLECTORS.filter(({ name }) => name === 'config_ebs')

function verify(accounts: readonly Account[], collectors = ALL) {
  return verifyAccounts(accounts, {
    all: [...ALL, ...COLLECTORS.filter(({ scope }) => scope === 'organization')],
    collectors,
    config: parseConfig({}),
    signal: new AbortController().signal,
    profile: 'hub',
    endpoint: aws.endpoint,
    onProgress: () => {},
  })
}

async function pending(...ids: string[]): Promise<Account[]> {
  for (const id of ids) await changeAccountSettings(polo.clickhouse, id, { polo_status: 'pending' })
  return (await readAccounts(polo.clickhouse)).filter((account) => ids.includes(account.aws_account_id))
}

async function statusOf(id: string) {
  return (await readAccounts(polo.clickhouse)).find((account) => account.aws_account_id === id)?.polo_status
}

describe('verifying accounts', () => {
  test('asks for the credentials once, and assumes each account’s role as a job would', async () => {
    await rm(join(directory, 'asked'), { force: true })
    const before = aws.requests.length
    const [first, second] = await pending(FIRST, SECOND)
    if (!first || !second) throw new Error('the accounts are not there')
    await verify([first, { ...second, polo_read_role: 'polo-read-web', external_id: 'polo-own' }])

    expect(await readFile(join(directory, 'asked'), 'utf8')).toBe('asked\n')
    const assumed = aws.requests
      .slice(before)
      .filter((parameters) => parameters.get('Action') === 'AssumeRole')
    const roles = assumed.map((request) => `${request.get('RoleArn')} ${request.get('ExternalId')}`)
    expect([...new Set(roles)].sort()).toEqual([
      `arn:aws:iam::${FIRST}:role/polo-read polo-${HUB}`,
      `arn:aws:iam::${SECOND}:role/polo-read-web polo-own`,
    ])
  })

  test('makes a pending account active when everything was tried and works', async () => {
    const results = await activateVerified(polo.clickhouse, await verify(await pending(FIRST)))

    expect(results).toMatchObject([{ activates: true, status: 'active' }])
    expect(await statusOf(FIRST)).toBe('active')
  })

  test('leaves an account pending of which only a part was tried, and says so', async () => {
    const results = await activateVerified(polo.clickhouse, await verify(await pending(FIRST), EBS))

    expect(await statusOf(FIRST)).toBe('pending')
    expect(renderVerification(results)).toMatch(
      /1 of 1 accounts work\.\n444455556666 stays pending: not every collector/,
    )
  })

  test('says why where the configuration names nothing that the collector looks at', async () => {
    const costCur = COLLECTORS.filter(({ name }) => name === 'cost_cur')

    const verifications = await verify(await pending(HUB), costCur)

    expect(verifications).toMatchObject([
      { checks: [], error: 'polo.config.ts names nothing that these collectors look at' },
    ])
  })

  test('undoes no pause that was made meanwhile, and says so', async () => {
    const verifications = await verify(await pending(FIRST))
    await changeAccountSettings(polo.clickhouse, FIRST, { polo_status: 'paused' })
    const results = await activateVerified(polo.clickhouse, verifications)

    expect(await statusOf(FIRST)).toBe('paused')
    expect(renderVerification(results)).toContain('444455556666 is paused: that was decided meanwhile')
  })
})

test('a recorded account is verified only when it is named', async () => {
  const [first, second] = await pending(FIRST, SECOND)
  if (!first || !second) throw new Error('the accounts are not there')
  const known: Account[] = [first, { ...second, source: 'recording' }]
  expect(chooseAccounts(known, []).map(({ aws_account_id }) => aws_account_id)).toEqual([FIRST])
  expect(chooseAccounts(known, [SECOND]).map(({ aws_account_id }) => aws_account_id)).toEqual([SECOND])
})

test('a recorded account is listed as one', async () => {
  const [account] = await pending(FIRST)
  if (!account) throw new Error('the account is not there')
  expect(renderAccounts([{ ...account, source: 'recording', scans: [] }])).toContain('pending, recorded')
})

test('an empty AWS_REGION says no region', async () => {
  vi.stubEnv('AWS_REGION', '')
  expect(await regionOfHub(undefined)).toBe('us-east-1')
})
