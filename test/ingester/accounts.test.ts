import type { Account } from '@polo/core'
import { readAccounts } from '@polo/ingester'
import fc from 'fast-check'
import { beforeEach, expect, it } from 'vitest'
import { accountRow, batch, bodyOf, type Row, record } from './factories.ts'
import { usePipeline } from './use-pipeline.ts'

const ID = '111122223333'
const EVERYTHING = 'email,name,ou_path,status,tags'
const CALLER = { name: '', email: '', ou_path: '', tags: {}, source: 'caller', unknown: EVERYTHING }

const stage = usePipeline()
beforeEach(async () => {
  await stage.polo.clickhouse.command({ query: 'TRUNCATE TABLE accounts_discovered' })
  await stage.polo.clickhouse.command({ query: 'TRUNCATE TABLE accounts_settings' })
})

/** As they come out of the queue, each in a block of its own. */
async function observe(...sightings: Row[]): Promise<void> {
  const bodies = await Promise.all(sightings.map((row) => bodyOf([row], { schema: 'aws_account/1' })))
  for (const body of bodies) await stage.polo.ingest(batch(record(body, { sender: 'AROACONTROL:discovery' })))
}

async function onlyAccount(): Promise<Account | undefined> {
  const accounts = await readAccounts(stage.polo.clickhouse)
  expect(accounts).toHaveLength(1)
  return accounts[0]
}

function sighting(day: number, changes: Row = {}): Row {
  const observed_at = new Date(Date.UTC(2026, 2, day)).toISOString()
  return accountRow({ ou_path: '/Workloads', tags: { team: 'search' }, observed_at, ...changes })
}

it('knows accounts by id, those that only operators named as well', async () => {
  await observe(sighting(1, { aws_account_id: '222233334444' }))
  await stage.polo.clickhouse.command({
    query: `INSERT INTO accounts_settings (aws_account_id, account_role, polo_status, polo_read_role, external_id, regions, updated_at)
      VALUES ('${ID}', 'production', 'pending', 'polo-read-eu', 'polo-1', ['eu-west-1'], now())`,
  })
  expect(await readAccounts(stage.polo.clickhouse)).toEqual([
    {
      aws_account_id: ID,
      name: '',
      email: '',
      ou_path: '',
      status: '',
      tags: {},
      source: '',
      account_role: 'production',
      polo_status: 'pending',
      polo_read_role: 'polo-read-eu',
      external_id: 'polo-1',
      regions: ['eu-west-1'],
    },
    {
      aws_account_id: '222233334444',
      name: 'production',
      email: '',
      ou_path: '/Workloads',
      status: 'ACTIVE',
      tags: { team: 'search' },
      source: 'organization',
      account_role: '',
      polo_status: 'active',
      polo_read_role: '',
      external_id: '',
      regions: [],
    },
  ])
})

it('keeps tags and unit when a later look could not read them', async () => {
  await observe(sighting(1), sighting(2, { name: 'renamed', ou_path: '', tags: {}, unknown: 'ou_path,tags' }))
  expect(await onlyAccount()).toMatchObject({
    name: 'renamed',
    ou_path: '/Workloads',
    tags: { team: 'search' },
  })
})

it('keeps what the organization said when the account is seen as a caller', async () => {
  await observe(sighting(1), sighting(2, CALLER))
  expect(await onlyAccount()).toMatchObject({
    name: 'production',
    status: 'ACTIVE',
    tags: { team: 'search' },
    source: 'organization',
  })
})

it('loses a tag that a later look did not find any more', async () => {
  await observe(sighting(1), sighting(2, { tags: {}, unknown: 'ou_path' }))
  expect(await onlyAccount()).toMatchObject({ tags: {}, ou_path: '/Workloads' })
})

it.each(['SUSPENDED', 'PENDING_CLOSURE', 'CLOSED'])('is suspended for Polo when it is %s', async (status) => {
  await observe(sighting(1), sighting(2, { status }), sighting(3, CALLER))
  expect(await onlyAccount()).toMatchObject({ status, polo_status: 'suspended' })
})

it('is active when only its own credentials are known, and nobody said its status', async () => {
  await observe(sighting(1, CALLER))
  expect(await onlyAccount()).toMatchObject({ status: '', polo_status: 'active', source: 'caller' })
})

const FIELDS = ['email', 'name', 'ou_path', 'status', 'tags'] as const
const Sightings = fc
  .uniqueArray(fc.integer({ min: 1, max: 28 }), { minLength: 1, maxLength: 6 })
  .chain((days) => fc.tuple(...days.map((day) => fc.tuple(fc.constant(day), fc.subarray([...FIELDS])))))

it('takes each field from the newest look that could read it, in whatever order they arrive', async () => {
  let cases = 0
  await fc.assert(
    fc.asyncProperty(Sightings, async (looks) => {
      const id = String(++cases).padStart(12, '0')
      const rows = looks.map(([day, unknown]) => {
        const readable = (field: string, value: unknown, none: unknown) =>
          unknown.some((one) => one === field) ? none : value
        return sighting(day, {
          aws_account_id: id,
          email: readable('email', `${day}@example.com`, ''),
          name: readable('name', `name ${day}`, ''),
          ou_path: readable('ou_path', `/${day}`, ''),
          status: readable('status', `STATUS_${day}`, 'ACTIVE'),
          tags: readable('tags', { day: String(day) }, {}),
          unknown: unknown.join(','),
        })
      })
      await observe(...rows)
      const account = (await readAccounts(stage.polo.clickhouse)).find((one) => one.aws_account_id === id)
      const newest = (field: string) =>
        Math.max(
          0,
          ...looks.filter(([, unknown]) => !unknown.some((one) => one === field)).map(([day]) => day),
        )
      const expected = (field: string, from: (day: number) => unknown, none: unknown) =>
        newest(field) === 0 ? none : from(newest(field))
      expect(account).toMatchObject({
        email: expected('email', (day) => `${day}@example.com`, ''),
        name: expected('name', (day) => `name ${day}`, ''),
        ou_path: expected('ou_path', (day) => `/${day}`, ''),
        status: expected('status', (day) => `STATUS_${day}`, ''),
      })
      expect(account?.tags).toEqual(expected('tags', (day) => ({ day: String(day) }), {}))
    }),
    { numRuns: 40 },
  )
  const before = await readAccounts(stage.polo.clickhouse)
  await stage.polo.clickhouse.command({ query: 'OPTIMIZE TABLE accounts_discovered FINAL' })
  expect(await readAccounts(stage.polo.clickhouse)).toEqual(before)
})
