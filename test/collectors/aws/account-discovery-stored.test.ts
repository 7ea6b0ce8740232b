import type { Account } from '@polo/core'
import { readAccounts } from '@polo/ingester'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { accountDiscovery } from '../../../packages/collectors/src/aws/account-discovery.ts'
import { batch, record } from '../../ingester/factories.ts'
import { type Pipeline, startPipeline } from '../../ingester/pipeline.ts'
import { collect } from '../harness.ts'
import { organizationAnswers, type TestOrganization } from './organization-answers.ts'

const IDS = ['111111111111', '222222222222', '333333333333'] as const

let polo: Pipeline
beforeAll(async () => {
  polo = await startPipeline()
})
afterAll(async () => {
  await polo?.stop()
})

/** The organization on a day, of which some calls fail. */
function organizationOn(day: number, errors: TestOrganization['errors'] = {}): TestOrganization {
  return {
    accounts: IDS.map((Id) => ({ Id, Name: `${Id} on ${day}`, parent: 'ou-1', tags: { day: String(day) } })),
    units: [{ Id: 'ou-1', Name: `Unit ${day}` }],
    errors,
  }
}

/** The messages of a discovery, the run's record last. */
async function discover(organization: TestOrganization, day: number): Promise<readonly string[]> {
  const { requestHandler } = organizationAnswers(organization)
  const now = new Date(Date.UTC(2026, 2, day, 0, 30))
  const { bodies } = await collect(accountDiscovery, { requestHandler, now })
  return bodies
}

async function ingest(bodies: readonly string[]): Promise<void> {
  const sender = 'AROACONTROL:account_discovery'
  const answer = await polo.ingest(batch(...bodies.map((body) => record(body, { sender }))))
  expect(answer).toEqual({ batchItemFailures: [] })
}

it('is reconciled when its events and its accounts are stored, and not before', async () => {
  const bodies = await discover(organizationOn(1), 1)
  const state = () =>
    polo.select('SELECT reconciliation, events, published_rows, stored_rows FROM collector_attempts')
  const others = bodies.filter((body) => JSON.parse(body).schema !== 'aws_account/1')

  await ingest(others)
  expect(await state()).toMatchObject([{ events: 3, published_rows: 6, stored_rows: 3 }])
  expect(await state()).not.toMatchObject([{ reconciliation: 'reconciled' }])
  await ingest(bodies)
  expect(await state()).toMatchObject([{ reconciliation: 'reconciled', events: 3, stored_rows: 6 }])
})

const FAILURES = [
  'ListTagsForResource',
  `ListTagsForResource ${IDS[0]}`,
  'ListRoots',
  'ListAccountsForParent ou-1',
  `ListOrganizationalUnitsForParent r-ab12`,
]
const Days = fc.array(fc.subarray(FAILURES, { maxLength: 2 }), { minLength: 1, maxLength: 4 })

it('keeps every account with what was last read of it, whatever failed and in whatever order it is stored', async () => {
  await fc.assert(
    fc.asyncProperty(
      Days.chain((days) =>
        fc.tuple(
          fc.constant(days),
          fc.shuffledSubarray(
            days.map((_, index) => index),
            { minLength: days.length },
          ),
        ),
      ),
      async ([days, order]) => {
        await polo.clickhouse.command({ query: 'TRUNCATE TABLE accounts_discovered' })
        const discoveries: (readonly string[])[] = []
        for (const [index, failing] of days.entries()) {
          const errors = Object.fromEntries(failing.map((call) => [call, 'AccessDeniedException']))
          discoveries.push(await discover(organizationOn(index + 1, errors), index + 1))
        }
        for (const index of order) await ingest(discoveries[index] ?? [])

        const accounts = await readAccounts(polo.clickhouse)
        expect(accounts).toMatchObject(IDS.map((id) => expectedAccount(id, days)))
      },
    ),
    { numRuns: 12 },
  )
})

function expectedAccount(id: string, days: readonly (readonly string[])[]): Partial<Account> {
  const lastWithout = (...calls: string[]) =>
    1 + days.findLastIndex((failing) => !calls.some((call) => failing.includes(call)))
  const tagged = lastWithout('ListTagsForResource', `ListTagsForResource ${id}`)
  const placed = lastWithout(
    'ListRoots',
    'ListAccountsForParent ou-1',
    'ListOrganizationalUnitsForParent r-ab12',
  )
  return {
    aws_account_id: id,
    name: `${id} on ${days.length}`,
    ou_path: placed === 0 ? '' : `/Unit ${placed}`,
    tags: tagged === 0 ? {} : { day: String(tagged) },
    status: 'ACTIVE',
  }
}
