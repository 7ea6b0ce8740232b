import { ConfigError } from '@polo/core'
import { type AccountSettings, changeAccountSettings, readAccounts } from '@polo/ingester'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Pipeline, startPipeline } from './pipeline.ts'

let polo: Pipeline
beforeAll(async () => {
  polo = await startPipeline()
})
afterAll(async () => {
  await polo?.stop()
})

async function settingsOf(id: string) {
  return (await readAccounts(polo.clickhouse)).find((account) => account.aws_account_id === id)
}

it('changes what is named and leaves the rest as it was', async () => {
  const id = '000000000001'
  await changeAccountSettings(polo.clickhouse, id, {
    account_role: 'production',
    polo_read_role: 'polo-read-eu',
    regions: ['eu-west-1', 'us-gov-east-1'],
  })
  const settings = await changeAccountSettings(polo.clickhouse, id, {
    polo_status: 'paused',
    external_id: 'polo-x',
  })
  expect(settings).toEqual({
    account_role: 'production',
    polo_status: 'paused',
    polo_read_role: 'polo-read-eu',
    external_id: 'polo-x',
    regions: ['eu-west-1', 'us-gov-east-1'],
  })
  expect(await settingsOf(id)).toMatchObject(settings)
})

it('takes back what an earlier change set', async () => {
  const id = '000000000002'
  await changeAccountSettings(polo.clickhouse, id, { regions: ['eu-west-1'], polo_status: 'pending' })
  await changeAccountSettings(polo.clickhouse, id, { regions: [], polo_status: 'active' })
  expect(await settingsOf(id)).toMatchObject({ regions: [], polo_status: 'active' })
})

it('prevails over a change that a clock ahead of this one made', async () => {
  const id = '000000000003'
  await polo.clickhouse.command({
    query: `INSERT INTO accounts_settings (aws_account_id, polo_status, updated_at)
      VALUES ('${id}', 'paused', now64(3) + INTERVAL 1 HOUR)`,
  })
  await changeAccountSettings(polo.clickhouse, id, { polo_status: 'active' })
  expect(await settingsOf(id)).toMatchObject({ polo_status: 'active' })
})

const READ_ROLE = 'a read role is named polo-read'
it.each<[what: string, id: string, change: Partial<AccountSettings>, message: string]>([
  [
    'an external id that STS would not take',
    '000000000009',
    { external_id: 'has blanks & "quotes"' },
    'expected 2 to 1224 letters',
  ],
  ['an id that is none', '1234', {}, "'1234' is not an account id of 12 digits"],
  ['a region that is none', '000000000009', { regions: ['Frankfurt'] }, 'not the name of a region'],
  ['a role that Polo may not assume', '000000000009', { polo_read_role: 'admin' }, READ_ROLE],
  [
    'a role of another account',
    '000000000009',
    { polo_read_role: 'arn:aws:iam::111122223333:role/polo-read' },
    'is not in account 000000000009',
  ],
])('refuses %s and changes nothing', async (_, id, change, message) => {
  const changing = changeAccountSettings(polo.clickhouse, id, change)
  await expect(changing).rejects.toThrow(ConfigError)
  await expect(changing).rejects.toThrow(message)
  expect(await settingsOf(id)).toBeUndefined()
})
