import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PoloConfig } from '@polo/core'
import { type Runtime, startRuntime } from '@polo/local'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { cleanUp, makeDirectory, runPolo } from './polo-process.ts'

const Accounts = z.array(
  z.object({
    aws_account_id: z.string(),
    account_role: z.string(),
    polo_status: z.string(),
    polo_read_role: z.string(),
    regions: z.array(z.string()),
  }),
)

let runtime: Runtime
const options = { dataDir: '' }
beforeAll(async () => {
  options.dataDir = await makeDirectory()
  runtime = await startRuntime({ dataDir: options.dataDir, config: PoloConfig.parse({}), shared: true })
})
afterAll(async () => {
  await runtime?.stop()
  await cleanUp()
})

const polo = (...args: string[]) => runPolo(['accounts', ...args], options)

async function listed(id: string) {
  const { stdout } = await polo('ls', '--json')
  return Accounts.parse(JSON.parse(stdout)).find(({ aws_account_id }) => aws_account_id === id)
}

describe('polo accounts', () => {
  it('adds an account that waits to be verified, and changes only what is named later', async () => {
    const added = await polo('add', '111122223333', '--role', 'production', '--region', 'eu-west-1')
    await polo('add', '111122223333', '--read-role', 'polo-read-web')

    expect(added).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('polo accounts verify 111122223333'),
    })
    expect(await listed('111122223333')).toEqual({
      aws_account_id: '111122223333',
      account_role: 'production',
      polo_status: 'pending',
      polo_read_role: 'polo-read-web',
      regions: ['eu-west-1'],
    })
  })

  it('says of a pending account that is resumed that nobody verified it', async () => {
    await polo('add', '444455556666')

    expect((await polo('resume', '444455556666')).stdout).toContain('polo accounts verify 444455556666')
  })

  it('pauses and resumes', async () => {
    await polo('add', '222233334444', '--active')

    expect((await polo('pause', '222233334444')).code).toBe(0)
    expect(await listed('222233334444')).toMatchObject({ polo_status: 'paused' })
    expect((await polo('resume', '222233334444')).code).toBe(0)
    expect(await listed('222233334444')).toMatchObject({ polo_status: 'active' })
  })

  it.each([
    [['pause', '999999999999'], 'not known: 999999999999'],
    [['pause', '1234'], "'1234' is not an AWS account id"],
    [['add', '333344445555', '--read-role', 'admin'], 'which is all that Polo may assume'],
    [
      ['add', '333344445555', '--read-role', 'arn:aws:iam::111122223333:role/polo-read'],
      'not in account 333344445555',
    ],
    [['add', '333344445555', '--region', 'Frankfurt'], '--region Frankfurt'],
    [['verify', '--region', 'moon'], '--region moon'],
    [['role', '--hub-account', '111122223333', '--hub-region', 'moon'], '--hub-region moon'],
    [
      ['role', '--hub-region', 'eu-west-1', '--endpoint', 'http://127.0.0.1:9'],
      'did not say which account it is',
    ],
    [['add', '333344445555', '--external-id', 'has blanks & "quotes"'], 'expected 2 to 1224 letters'],
  ])('refuses %j and says why', async (args, why) => {
    const { code, stderr } = await polo(...args)

    expect(code).toBe(1)
    expect(stderr).toContain(why)
    expect(await listed('333344445555')).toBeUndefined()
  })
})

describe('polo accounts role', () => {
  const hub = ['--hub-account', '111122223333', '--hub-region', 'eu-west-1']

  it('prints as YAML, without aliases, what it prints as JSON', async () => {
    const yaml = await polo('role', ...hub)
    const json = await polo('role', ...hub, '--json')

    expect(yaml.code).toBe(0)
    expect(yaml.stdout).not.toMatch(/[&*]a\d/)
    expect(parse(yaml.stdout, { version: '1.1' })).toEqual(JSON.parse(json.stdout))
  })

  it('lets the payer account be asked for its organization, and no other', async () => {
    expect((await polo('role', ...hub, '--payer')).stdout).toContain('organizations:ListAccounts')
    expect((await polo('role', ...hub)).stdout).not.toContain('organizations:')
  })

  it('asks where Polo is deployed when nothing says so', async () => {
    const env = { AWS_REGION: '', AWS_CONFIG_FILE: '/nowhere/config' }
    const { code, stderr } = await runPolo(['accounts', 'role', '--hub-account', '111122223333'], { env })

    expect(code).toBe(1)
    expect(stderr).toContain('--hub-region')
  })

  it('takes the region of the profile', async () => {
    const directory = await makeDirectory()
    const AWS_CONFIG_FILE = join(directory, 'config')
    await writeFile(AWS_CONFIG_FILE, '[profile hub]\nregion = eu-north-1\n')
    const args = ['accounts', 'role', '--hub-account', '111122223333', '--profile', 'hub', '--json']
    const { stdout } = await runPolo(args, { env: { AWS_CONFIG_FILE } })

    expect(JSON.parse(stdout)).toMatchObject({ Parameters: { HomeRegion: { Default: 'eu-north-1' } } })
  })

  it('names the read role as it is told', async () => {
    const { stdout } = await polo('role', ...hub, '--role-name', 'polo-read-staging', '--json')

    expect(JSON.parse(stdout)).toMatchObject({
      Resources: { ReadRole: { Properties: { RoleName: 'polo-read-staging' } } },
    })
  })

  it.each([
    [['--role-name', 'admin'], 'expected polo-read or polo-read-…'],
    [['--external-id', 'has blanks & "quotes"'], 'expected 2 to 1224 letters'],
  ])('refuses %j and says why', async (args, why) => {
    const { code, stderr } = await polo('role', ...hub, ...args)

    expect(code).toBe(1)
    expect(stderr).toContain(why)
  })
})
