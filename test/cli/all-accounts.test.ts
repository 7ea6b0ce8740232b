import { type Account, parseConfig } from '@polo/core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { allAccounts } from '../../packages/cli/src/accounts/all-accounts.ts'
import { account } from '../collectors/dispatch-factories.ts'
import { type FakeAws, ok, startFakeAws } from '../collectors/fake-aws.ts'

const [HUB, ONE, RECORDED, PAUSED] = ['999988887777', '111122223333', '444455556666', '777788889999']
const CALLER = `<GetCallerIdentityResponse><GetCallerIdentityResult><Account>${HUB}</Account>
  </GetCallerIdentityResult></GetCallerIdentityResponse>`

let aws: FakeAws
beforeAll(async () => {
  vi.stubEnv('AWS_PROFILE', undefined)
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'key')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret')
  aws = await startFakeAws({ GetCallerIdentity: () => ok(CALLER) })
})
afterAll(() => {
  aws.stop()
  vi.unstubAllEnvs()
})

const choose = (known: readonly Account[]) =>
  allAccounts(known, { config: parseConfig({}), endpoint: aws.endpoint })

test('names the active accounts, but none that only a recording has', async () => {
  const known = [
    account(ONE),
    account(RECORDED, { source: 'recording' }),
    account(PAUSED, { polo_status: 'paused' }),
  ]
  const { aws: source } = await choose(known)
  expect(await source.accounts()).toEqual([{ id: ONE, source: 'organization' }])
})

test('says what to do when there are accounts of a recording and no other', async () => {
  const choosing = choose([account(RECORDED, { source: 'recording' })])
  await expect(choosing).rejects.toMatchObject({
    name: 'UsageError',
    message: expect.stringContaining('polo collect account_discovery'),
  })
})
