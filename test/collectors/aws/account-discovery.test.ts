import { describe, expect, it } from 'vitest'
import { accountDiscovery } from '../../../packages/collectors/src/aws/account-discovery.ts'
import { ACCOUNT, collect, makeEvent, OBSERVED_AT, recordedAnswer, recordedText } from '../harness.ts'
import { fixedAnswers, organizationAnswers, type TestOrganization } from './organization-answers.ts'

const PRODUCTION = '111111111111'
const SANDBOX = '222222222222'
const CLOSED = '333333333333'

/** Three accounts: one two units deep, one in the root, one that AWS has closed. */
const ORGANIZATION: TestOrganization = {
  managementAccount: SANDBOX,
  accounts: [
    { Id: PRODUCTION, parent: 'ou-prod', tags: { team: 'search', Name: 'main' } },
    { Id: SANDBOX },
    { Id: CLOSED, State: 'CLOSED', parent: 'ou-work' },
  ],
  units: [
    { Id: 'ou-work', Name: 'Workloads' },
    { Id: 'ou-prod', Name: 'Prod', parent: 'ou-work' },
    { Id: 'ou-empty', Name: 'Empty' },
  ],
}

function discover(changes: Partial<TestOrganization> = {}, account?: { id: string }) {
  const { requestHandler } = organizationAnswers({ ...ORGANIZATION, ...changes })
  return collect(accountDiscovery, { requestHandler, ...(account ? { account } : {}) })
}

/** What is known of each account, by its id. */
async function known(changes: Partial<TestOrganization> = {}) {
  const { accounts, run } = await discover(changes)
  return { run, accounts: Object.fromEntries(accounts.map((account) => [account.aws_account_id, account])) }
}

describe('account_discovery', () => {
  it('yields one event per account, with its place in the organization and its tags', async () => {
    const { events, run } = await discover()

    expect(run).toMatchObject({ status: 'complete', errors: [] })
    expect(events).toHaveLength(3)
    expect(events[0]).toEqual(
      makeEvent({
        collector: 'account_discovery',
        resource_type: 'organizations:account',
        resource_id: PRODUCTION,
        resource_arn: `arn:aws:organizations::${SANDBOX}:account/o-example/${PRODUCTION}`,
        resource_name: `name of ${PRODUCTION}`,
        marqo_customer: 'search',
        properties: {
          email: `${PRODUCTION}@example.com`,
          state: 'ACTIVE',
          ou_path: '/Workloads/Prod',
          organization_id: 'o-example',
          management_account: 'false',
          joined_method: 'CREATED',
          'tag:team': 'search',
          'tag:Name': 'main',
        },
      }),
    )
  })

  it('yields the row that each account is listed by', async () => {
    const { accounts, run } = await discover()

    const row = { source: 'organization', unknown: '', observed_at: OBSERVED_AT.toISOString() }
    expect(accounts).toEqual([
      {
        aws_account_id: PRODUCTION,
        name: `name of ${PRODUCTION}`,
        email: `${PRODUCTION}@example.com`,
        ou_path: '/Workloads/Prod',
        status: 'ACTIVE',
        tags: { team: 'search', Name: 'main' },
        ...row,
      },
      {
        aws_account_id: SANDBOX,
        name: `name of ${SANDBOX}`,
        email: `${SANDBOX}@example.com`,
        ou_path: '/',
        status: 'ACTIVE',
        tags: {},
        ...row,
      },
      {
        aws_account_id: CLOSED,
        name: `name of ${CLOSED}`,
        email: `${CLOSED}@example.com`,
        ou_path: '/Workloads',
        status: 'CLOSED',
        tags: {},
        ...row,
      },
    ])
    expect(run.block_rows).toEqual([3, 3])
  })

  it('reads accounts, units and tags over as many pages as there are', async () => {
    const accounts = Array.from({ length: 5 }, (_, index) => ({
      Id: `44444444444${index}`,
      parent: `ou-${index}`,
      tags: { a: '1', b: '2', c: String(index) },
    }))
    const units = accounts.map(({ parent }) => ({ Id: parent, Name: parent.toUpperCase() }))
    const { requestHandler, asked } = organizationAnswers({ accounts, units, pageSize: 2 })

    const found = await collect(accountDiscovery, { requestHandler })

    expect(found.run.status).toBe('complete')
    expect(
      found.accounts.map(({ aws_account_id, ou_path, tags }) => [aws_account_id, ou_path, tags]),
    ).toEqual(accounts.map(({ Id, parent, tags }) => [Id, `/${parent.toUpperCase()}`, tags]))
    const pageSizes = asked.filter(({ operation }) => operation !== 'ListTagsForResource')
    expect(new Set(pageSizes.map(({ input }) => input.MaxResults))).toEqual(new Set([20]))
  })

  it.each(['SUSPENDED', 'PENDING_CLOSURE', 'PENDING_ACTIVATION'])(
    'yields an account that is %s',
    async (State) => {
      const { accounts } = await known({ accounts: [{ Id: PRODUCTION, State, Status: 'ACTIVE' }] })

      expect(accounts[PRODUCTION]).toMatchObject({ status: State, unknown: '' })
    },
  )

  it('reads the status of accounts that have no state', async () => {
    const { accounts } = await known({ accounts: [{ Id: PRODUCTION, Status: 'SUSPENDED' }] })

    expect(accounts[PRODUCTION]).toMatchObject({ status: 'SUSPENDED', unknown: '' })
  })

  it('knows the management account also when a delegated administrator asks', async () => {
    const { events } = await discover({}, { id: PRODUCTION })

    const flags = events.map(({ resource_id, properties }) => [resource_id, properties.management_account])
    expect(flags).toEqual([
      [PRODUCTION, 'false'],
      [SANDBOX, 'true'],
      [CLOSED, 'false'],
    ])
    expect(new Set(events.map((event) => event.aws_account_id))).toEqual(new Set([PRODUCTION]))
  })
})

describe('account_discovery, when a call fails,', () => {
  it('yields an account whose tags are denied, and says that they are unknown', async () => {
    const errors = { [`ListTagsForResource ${PRODUCTION}`]: 'AccessDeniedException' }
    const { accounts, run } = await known({ errors })

    expect(accounts[PRODUCTION]).toMatchObject({ ou_path: '/Workloads/Prod', tags: {}, unknown: 'tags' })
    expect(accounts[SANDBOX]).toMatchObject({ unknown: '' })
    expect(run).toMatchObject({ status: 'partial', rejected: 0 })
    expect(run.errors).toEqual([
      expect.stringMatching(`^us-east-1: accounts: tags of ${PRODUCTION}: AccessDeniedException: `),
    ])
  })

  it('does not take the first page of tags for all of them', async () => {
    const tagged = { Id: PRODUCTION, tags: { a: '1', b: '2', c: '3' } }
    const { accounts, run } = await known({
      accounts: [tagged],
      pageSize: 2,
      errors: { 'ListTagsForResource #2': 'AccessDeniedException' },
    })

    expect(accounts[PRODUCTION]).toMatchObject({ tags: {}, unknown: 'tags' })
    expect(run.status).toBe('partial')
  })

  it('yields the accounts of a unit that is denied, and those of others with their units', async () => {
    const { accounts, run } = await known({
      errors: { 'ListAccountsForParent ou-work': 'AccessDeniedException' },
    })

    expect(accounts[CLOSED]).toMatchObject({ ou_path: '', unknown: 'ou_path' })
    expect(accounts[PRODUCTION]).toMatchObject({ ou_path: '/Workloads/Prod', unknown: '' })
    expect(run.status).toBe('partial')
    expect(run.errors).toEqual([expect.stringContaining('accounts in /Workloads: AccessDeniedException')])
  })

  it('yields the accounts below a unit whose own units are denied', async () => {
    const { accounts, run } = await known({
      errors: { 'ListOrganizationalUnitsForParent ou-work': 'AccessDeniedException' },
    })

    expect(accounts[PRODUCTION]).toMatchObject({ tags: { team: 'search' }, unknown: 'ou_path' })
    expect(accounts[CLOSED]).toMatchObject({ ou_path: '/Workloads', unknown: '' })
    expect(run.errors).toEqual([expect.stringContaining('units in /Workloads: AccessDeniedException')])
  })

  it('yields every account when the root is denied, and says so once', async () => {
    const { accounts, run } = await known({ errors: { ListRoots: 'AccessDeniedException' } })

    expect(Object.values(accounts).map(({ unknown }) => unknown)).toEqual(['ou_path', 'ou_path', 'ou_path'])
    expect(run.status).toBe('partial')
    expect(run.errors).toEqual([expect.stringContaining('accounts: the root: AccessDeniedException')])
  })

  it('says of an event too what of it could not be read', async () => {
    const errors = { ListRoots: 'AccessDeniedException', ListTagsForResource: 'AccessDeniedException' }
    const { events } = await discover({ errors })

    expect(events[0]?.properties).toMatchObject({ unknown: 'ou_path,tags' })
    expect(events[0]?.properties).not.toHaveProperty('ou_path')
  })

  it('yields what both lists have when the list of accounts breaks off, and is not complete', async () => {
    const { accounts, run } = await known({
      pageSize: 2,
      errors: { 'ListAccounts #2': 'AccessDeniedException' },
    })

    expect(Object.keys(accounts)).toEqual([PRODUCTION, SANDBOX, CLOSED])
    expect(accounts[CLOSED]).toMatchObject({ ou_path: '/Workloads', status: 'CLOSED', unknown: '' })
    expect(run.status).toBe('denied')
  })

  it.each([
    ['AccessDeniedException', 'denied'],
    ['AWSOrganizationsNotInUseException', 'failed'],
  ])('ends at %s as %s, and asks no further', async (code, status) => {
    const { events, accounts, run } = await discover({ errors: { ListAccounts: code } })

    expect([...events, ...accounts]).toEqual([])
    expect(run.status).toBe(status)
    expect(run.api_calls).toEqual({ 'organizations:ListAccounts': 1 })
    expect(run.errors).toEqual([expect.stringContaining(code)])
  })
})

describe('account_discovery, when its two views of the organization differ,', () => {
  it('yields an account that is in a unit and not in the list', async () => {
    const { accounts, run } = await known({
      accounts: [{ Id: SANDBOX }, { Id: PRODUCTION, parent: 'ou-prod', isListed: false }],
    })

    expect(accounts[PRODUCTION]).toMatchObject({ ou_path: '/Workloads/Prod', unknown: '' })
    expect(run.status).toBe('complete')
  })

  it('yields an active account that no unit has, and names it', async () => {
    const { accounts, run } = await known({ accounts: [{ Id: SANDBOX }, { Id: PRODUCTION, parent: null }] })

    expect(accounts[PRODUCTION]).toMatchObject({ ou_path: '', unknown: 'ou_path' })
    expect(run.status).toBe('partial')
    expect(run.errors).toEqual([expect.stringContaining(`unit of ${PRODUCTION}`)])
  })

  it('is complete without the unit of an account that is closed', async () => {
    const { accounts, run } = await known({ accounts: [{ Id: CLOSED, State: 'CLOSED', parent: null }] })

    expect(accounts[CLOSED]).toMatchObject({ unknown: 'ou_path' })
    expect(run.status).toBe('complete')
  })

  it('yields an account once that the list has twice', async () => {
    const { accounts } = await discover({ accounts: [{ Id: SANDBOX }, { Id: SANDBOX }] })

    expect(accounts).toHaveLength(1)
  })
})

describe('account_discovery on answers of AWS', () => {
  it('reads the accounts of the documentation, joining times included', async () => {
    const requestHandler = fixedAnswers({
      ListAccounts: recordedText('aws-cli-docs/organizations/list-accounts__1.json'),
      ListRoots: '{"Roots":[]}',
      ListTagsForResource: '{"Tags":[]}',
    })

    const { events, run } = await collect(accountDiscovery, { requestHandler })

    expect(events.map((event) => event.resource_name)).toEqual([
      'Master Account',
      'Production Account',
      'Development Account',
      'Test Account',
    ])
    expect(events[0]?.properties).toEqual({
      email: 'bill@example.com',
      state: 'ACTIVE',
      organization_id: 'o-exampleorgid',
      management_account: 'true',
      joined_method: 'INVITED',
      joined_timestamp: '2016-12-15T19:30:15.450Z',
      unknown: 'ou_path',
    })
    expect(run.status).toBe('partial')
  })

  it('reads a recorded account, which has no state yet', async () => {
    const recorded = recordedAnswer(
      'aws-cloud-custodian/test_org_account_describe/organizations.ListAccounts_1.json',
    )
    const requestHandler = fixedAnswers({
      // Times come as seconds; those of the recording are left out.
      ListAccounts: JSON.stringify(recorded, (key, value) => (key === 'JoinedTimestamp' ? undefined : value)),
      ListTagsForResource: '{"Tags":[]}',
    })

    const { accounts } = await collect(accountDiscovery, { requestHandler })

    expect(accounts).toMatchObject([
      { aws_account_id: ACCOUNT, name: 'Sandbox-Kapil', status: 'ACTIVE', unknown: 'ou_path' },
    ])
  })

  it.each(['ListAccounts', 'ListRoots', 'ListTagsForResource'])(
    'does not take an answer of %s without its list for none found',
    async (operation) => {
      const requestHandler = fixedAnswers({
        ListAccounts: '{"Accounts":[{"Id":"111111111111","State":"ACTIVE"}]}',
        ListRoots: '{"Roots":[]}',
        ListTagsForResource: '{"Tags":[]}',
        [operation]: '{}',
      })

      const { run } = await collect(accountDiscovery, { requestHandler })

      expect(run.status).not.toBe('complete')
      expect(run.errors).toEqual(expect.arrayContaining([expect.stringContaining('the answer has no list')]))
    },
  )

  it('rejects an account without an id by name, and yields the others', async () => {
    const requestHandler = fixedAnswers({
      ListAccounts: '{"Accounts":[{"Name":"nameless"},{"Id":"111111111111","State":"ACTIVE"}]}',
      ListTagsForResource: '{"Tags":[]}',
    })

    const { events, run } = await collect(accountDiscovery, { requestHandler })

    expect(events.map((event) => event.resource_id)).toEqual(['111111111111'])
    expect(run.rejected).toBe(1)
  })
})
