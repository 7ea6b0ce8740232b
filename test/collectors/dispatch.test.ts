import { DispatchError, REMEMBERED_ACCOUNTS_KEY } from '@polo/collectors'
import { type Account, ConfigError, POLO_STATUSES, parseConfig } from '@polo/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { account, dispatcher, HUB, memoryStore, NOW } from './dispatch-factories.ts'
import { refusingSink } from './run-stub.ts'

const IDS = ['111122223333', '444455556666', '777788889999'] as const
const [ONE, TWO, THREE] = IDS

describe('dispatch', () => {
  test('hands over one job for each active account, and for no other', async () => {
    const polo = dispatcher([
      account(ONE),
      account(TWO, { polo_status: 'paused' }),
      account(THREE, { polo_status: 'pending' }),
      account(HUB, { polo_status: 'suspended' }),
    ])
    expect(await polo.dispatch()).toEqual({
      collector: 'config_ec2',
      slot: '2026-03-01T10:00:00.000Z',
      accountsFrom: 'database',
      accountsRemembered: 0,
      invoked: [ONE],
      refused: [],
      notInvoked: [],
    })
    expect(polo.jobs).toEqual([
      {
        v: 1,
        collector: 'config_ec2',
        slot: '2026-03-01T10:00:00.000Z',
        account: { id: ONE, role: '', tagDefaults: {} },
        access: { roleArn: `arn:aws:iam::${ONE}:role/polo-read`, externalId: `polo-${HUB}` },
      },
    ])
  })

  test('leaves alone the accounts of a recording, but where that is replayed', async () => {
    const accounts = [account(ONE, { source: 'recording' }), account(TWO), account(THREE, { source: '' })]
    expect(await dispatcher(accounts).dispatch()).toMatchObject({ invoked: [TWO, THREE], refused: [] })
    const replay = dispatcher(accounts, { isReplay: true })
    expect(await replay.dispatch()).toMatchObject({ invoked: [ONE, TWO, THREE] })
  })

  test('takes the slot from the scheduled time, however late it comes', async () => {
    const polo = dispatcher([account(ONE)])
    await polo.dispatch({ scheduledTime: '2026-03-01T09:59:59Z' })
    expect(polo.jobs.map(({ slot }) => slot)).toEqual(['2026-03-01T09:45:00.000Z'])
  })

  test('has recorded every job, in one message, before it hands over the first', async () => {
    const sentBefore: number[] = []
    const polo = dispatcher(
      Array.from({ length: 200 }, (_, index) => account(`${100_000_000_000 + index}`)),
      { invoke: async () => void sentBefore.push(polo.bodies.length) },
    )
    await polo.dispatch()
    const runs = await polo.runs()
    expect(polo.bodies).toHaveLength(1)
    expect(sentBefore).toEqual(Array.from({ length: 200 }, () => 1))
    expect(new Set(runs.map((run) => run.run_id)).size).toBe(200)
    expect(runs[0]).toMatchObject({
      status: 'dispatched',
      slot: '2026-03-01T10:00:00.000Z',
      started_at: NOW.toISOString(),
      // Fifteen minutes to be begun, and fourteen and a half to be done.
      deadline: '2026-03-01T10:29:34.500Z',
    })
  })

  test('hands nothing over that it could not record', async () => {
    const polo = dispatcher([account(ONE)], { sink: refusingSink({ refuses: 'collector_run/1' }) })
    await expect(polo.dispatch()).rejects.toThrow('did not take a block')
    expect(polo.jobs).toEqual([])
  })

  test('dispatching a slot again writes the same records', async () => {
    const polo = dispatcher([account(ONE), account(TWO, { polo_read_role: 'Admin' })])
    await polo.dispatch()
    await polo.dispatch()
    const runs = await polo.runs()
    expect(runs).toHaveLength(4)
    expect(new Set(runs.map((run) => run.run_id)).size).toBe(2)
  })

  test('refuses a scope that has no accounts', async () => {
    const dispatching = dispatcher([account(ONE)]).dispatch({ scope: 'derived' })
    await expect(dispatching).rejects.toThrow(
      new ConfigError("config_ec2 is of scope 'derived', which is not supported yet"),
    )
  })
})

describe('what a job says', () => {
  test('is what operators decided in the database, else the configuration', async () => {
    const config = parseConfig({
      externalId: 'ours',
      regions: ['us-east-1', 'us-west-2'],
      accounts: {
        [ONE]: { role: 'production', regions: ['eu-west-1'], tagDefaults: { marqo_env: 'prod' } },
        [TWO]: { role: 'production', regions: ['eu-west-1'] },
      },
    })
    const decided = {
      account_role: 'sandbox',
      regions: ['eu-north-1'],
      polo_read_role: 'polo-read-eu',
      external_id: 'theirs',
    }
    const polo = dispatcher([account(ONE), account(TWO, decided), account(THREE)], { config })
    await polo.dispatch()
    expect(polo.jobs).toMatchObject([
      {
        account: { id: ONE, role: 'production', tagDefaults: { marqo_env: 'prod' } },
        access: { externalId: 'ours' },
        regions: ['eu-west-1'],
      },
      {
        account: { id: TWO, role: 'sandbox' },
        access: { roleArn: `arn:aws:iam::${TWO}:role/polo-read-eu`, externalId: 'theirs' },
        regions: ['eu-north-1'],
      },
      { account: { id: THREE, role: '' }, amongRegions: ['us-east-1', 'us-west-2'] },
    ])
    expect(polo.jobs[2]).not.toHaveProperty('regions')
  })

  test.each([
    [
      'a role that Polo may not assume',
      { polo_read_role: 'Admin' },
      /account 111122223333 .*Admin: .*polo-read/,
    ],
    [
      'a role of another account',
      { polo_read_role: `arn:aws:iam::${TWO}:role/polo-read` },
      /is not in account 111122223333/,
    ],
    ['a region that is none', { regions: ['everywhere'] }, /regions/],
  ])('is a failed run of its account for %s, and spoils no other', async (_, wrong, words) => {
    const polo = dispatcher([account(ONE, wrong), account(TWO)])
    const report = await polo.dispatch()
    expect(report).toMatchObject({ invoked: [TWO], refused: [{ accountId: ONE }] })
    const failed = (await polo.runs()).filter((run) => run.status === 'failed')
    expect(failed).toMatchObject([
      { aws_account_id: ONE, slot: report.slot, finished_at: NOW.toISOString(), block_ids: [] },
    ])
    expect(failed[0]?.errors).toEqual([expect.stringMatching(words)])
  })
})

describe('a job of the organization', () => {
  const request = { collector: 'account_discovery', scope: 'organization' } as const

  test.each([
    ['the payer account', { payerAccount: ONE }, ONE],
    ['the hub where no payer is named', {}, HUB],
  ])('is one, in %s', async (_, config, id) => {
    const accounts = [account(ONE, { polo_read_role: 'polo-read-all', regions: ['eu-west-1'] }), account(TWO)]
    const polo = dispatcher(accounts, { config: parseConfig(config) })
    await polo.dispatch(request)
    const role = id === ONE ? 'polo-read-all' : 'polo-read'
    expect(polo.jobs).toMatchObject([
      {
        account: { id },
        access: { roleArn: `arn:aws:iam::${id}:role/${role}` },
        regions: ['us-east-1'],
      },
    ])
  })

  test('needs no list of accounts, which it is there to make', async () => {
    const polo = dispatcher([])
    expect(await polo.dispatch(request)).toMatchObject({ invoked: [HUB], accountsFrom: 'nobody' })
  })
})

describe('the list of accounts', () => {
  const away = () => Promise.reject(new Error('connect ECONNREFUSED 127.0.0.1:8123'))

  const hang = () => new Promise<never>(() => {})

  test.each([
    ['does not answer', away, /did not say .*ECONNREFUSED/],
    ['answers with none', async () => [], /knows no account/],
  ])('is the last good one when the database %s', async (_, listAccounts, note) => {
    const remembered = memoryStore()
    await dispatcher([account(ONE, { regions: ['eu-west-1'] }), account(TWO)], { remembered }).dispatch()
    const polo = dispatcher([], { remembered, listAccounts })
    expect(await polo.dispatch()).toMatchObject({ invoked: [ONE, TWO], accountsFrom: 'remembered' })
    expect(polo.jobs[0]).toMatchObject({ regions: ['eu-west-1'] })
    expect(polo.notes).toEqual([expect.stringMatching(note)])
    expect(remembered.writes).toHaveLength(1)
  })

  test('keeps the accounts that a database made anew does not name, and says which', async () => {
    const remembered = memoryStore()
    const known = [account(ONE, { regions: ['eu-west-1'] }), account(TWO), account(THREE)]
    await dispatcher(known, { remembered }).dispatch()
    const paused = account(THREE, { polo_status: 'paused' })
    for (const again of [1, 2]) {
      const polo = dispatcher([account(TWO), paused], { remembered })
      const report = await polo.dispatch()
      expect(report, `firing ${again}`).toMatchObject({
        accountsFrom: 'database',
        accountsRemembered: 1,
        invoked: [ONE, TWO],
      })
      expect(polo.jobs[0]).toMatchObject({ account: { id: ONE }, regions: ['eu-west-1'] })
      expect(polo.notes).toEqual([
        expect.stringMatching(/does not name 1 .*: 111122223333\. .*polo accounts add/),
      ])
    }
    const away = dispatcher([], { remembered, listAccounts: async () => [] })
    expect(await away.dispatch()).toMatchObject({ accountsRemembered: 2, invoked: [ONE, TWO] })
  })

  test('says nothing of a remembered account that is not collected from', async () => {
    const remembered = memoryStore()
    const others = [account(ONE, { polo_status: 'paused' }), account(TWO, { source: 'recording' })]
    await dispatcher([...others, account(THREE)], { remembered }).dispatch()
    const polo = dispatcher([account(THREE)], { remembered })
    expect(await polo.dispatch()).toMatchObject({ accountsRemembered: 0, invoked: [THREE] })
    expect(polo.notes).toEqual([])
  })

  test('is chosen from after it was remembered, so that it is the same whatever is chosen', async () => {
    const remembered = memoryStore()
    const choose = (id: string) => (known: readonly Account[]) =>
      known.filter(({ aws_account_id }) => aws_account_id === id)
    const first = dispatcher([account(ONE), account(TWO)], { remembered, choose: choose(ONE) })
    expect(await first.dispatch()).toMatchObject({ invoked: [ONE] })
    const second = dispatcher([], { remembered, choose: choose(TWO), listAccounts: away })
    expect(await second.dispatch()).toMatchObject({ invoked: [TWO] })
  })

  test('may be none where those to collect from are known otherwise', async () => {
    const polo = dispatcher([], { choose: () => [account(ONE)] })
    expect(await polo.dispatch()).toMatchObject({ accountsFrom: 'nobody', invoked: [ONE] })
    expect(polo.notes).toEqual([])
  })

  test('is not written over where what is remembered could not be read', async () => {
    const remembered = { ...memoryStore(), read: away }
    const polo = dispatcher([account(ONE)], { remembered })
    expect(await polo.dispatch()).toMatchObject({ invoked: [ONE], accountsFrom: 'database' })
    expect(remembered.writes).toEqual([])
    expect(polo.notes).toEqual([expect.stringMatching(/cannot be read: .*ECONNREFUSED/)])
  })

  test('is remembered though some jobs were not taken', async () => {
    const remembered = memoryStore()
    const polo = dispatcher([account(ONE)], { remembered, invoke: away })
    await expect(polo.dispatch()).rejects.toThrow(DispatchError)
    expect(remembered.writes).toHaveLength(1)
  })

  test.each([
    ['does not end to be read', { read: hang }, /cannot be read: .*time was up/],
    ['does not end to be written', { write: hang }, /could not be kept .*time was up/],
  ])('stops no job when what is remembered %s', async (_, store, note) => {
    const remembered = { ...memoryStore(), ...store }
    const polo = dispatcher([account(ONE), account(TWO)], { remembered, storeTimeoutMs: 50 })
    expect(await polo.dispatch()).toMatchObject({ invoked: [ONE, TWO], accountsFrom: 'database' })
    expect(polo.notes).toEqual([expect.stringMatching(note)])
  })

  test('is written down when the jobs are under way', async () => {
    let handedOver = -1
    const polo = dispatcher([account(ONE), account(TWO)], {
      remembered: {
        ...memoryStore(),
        async write() {
          handedOver = polo.jobs.length
        },
      },
    })
    await polo.dispatch()
    expect(handedOver).toBe(2)
  })

  test('is written down again only when it has changed', async () => {
    const remembered = memoryStore()
    const scannedAt = (last_scan_at: string) => ({ ...account(ONE), last_scan_at })
    await dispatcher([scannedAt('2026-03-01 10:00:00')], { remembered }).dispatch()
    await dispatcher([scannedAt('2026-03-01 10:15:00')], { remembered }).dispatch()
    expect(remembered.writes).toHaveLength(1)
    await dispatcher([account(ONE, { polo_status: 'paused' })], { remembered }).dispatch()
    expect(remembered.writes).toHaveLength(2)
  })

  test('may fail to be remembered, which is told and stops nothing', async () => {
    const remembered = { ...memoryStore(), write: away }
    const polo = dispatcher([account(ONE)], { remembered })
    expect(await polo.dispatch()).toMatchObject({ invoked: [ONE], accountsFrom: 'database' })
    expect(polo.notes).toEqual([expect.stringMatching(/could not be kept .*ECONNREFUSED/)])
  })

  test.each([
    ['there is none', undefined],
    ['what is remembered is no list', '{"accounts":'],
    ['what is remembered is of another shape', '[{"aws_account_id":"111122223333"}]'],
  ])('throws when the database does not answer and %s', async (_, body) => {
    const remembered = memoryStore()
    if (body !== undefined) await remembered.write(REMEMBERED_ACCOUNTS_KEY, body)
    const polo = dispatcher([], { remembered, listAccounts: away })
    await expect(polo.dispatch()).rejects.toThrow(/no account is known .*account_discovery/)
    expect(polo.bodies).toEqual([])
  })
})

describe('handing over', () => {
  test('is tried again when it fails', async () => {
    let failures = 2
    const polo = dispatcher([account(ONE)], {
      async invoke() {
        if (failures-- > 0) throw new Error('TooManyRequestsException')
      },
    })
    expect(await polo.dispatch()).toMatchObject({ invoked: [ONE] })
  })

  test('throws when a job is not taken in the end, after all others were tried, and names its account', async () => {
    const taken: string[] = []
    const polo = dispatcher(
      IDS.map((id) => account(id)),
      {
        async invoke(job) {
          if (job.account.id === ONE) throw new Error('no such function')
          taken.push(job.account.id)
        },
      },
    )
    const error: unknown = await polo.dispatch().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(DispatchError)
    expect(error).toMatchObject({
      message: expect.stringContaining(`1 of 3 jobs of config_ec2`),
      report: { invoked: [TWO, THREE], notInvoked: [{ accountId: ONE, error: 'no such function' }] },
    })
    expect(taken).toEqual([TWO, THREE])
  })
})

const anyAccount = fc.record({
  polo_status: fc.constantFrom(...POLO_STATUSES),
  polo_read_role: fc.constantFrom(
    '',
    'polo-read',
    'polo-read-x',
    'Admin',
    'arn:aws:iam::123456789012:role/polo-read',
  ),
  regions: fc.constantFrom<string[]>([], ['eu-west-1'], ['nowhere']),
})

test('no active account is ever left out in silence, and no other is ever looked at', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyAccount, { minLength: 1, maxLength: 30 }),
      fc.func(fc.nat(5)),
      async (settings, failureOf) => {
        const accounts = settings.map((one, index) => account(`${200_000_000_000 + index}`, one))
        const invoked: string[] = []
        const polo = dispatcher(accounts, {
          async invoke({ account: { id } }) {
            if (failureOf(id) === 0) throw new Error('not taken')
            invoked.push(id)
          },
        })
        const report = await polo.dispatch().catch((error: unknown) => {
          if (error instanceof DispatchError) return error.report
          throw error
        })
        const failed = (await polo.runs()).filter((run) => run.status === 'failed')
        const refused = failed.map((run) => run.aws_account_id)
        const active = accounts.filter(({ polo_status }) => polo_status === 'active')
        const told = [...invoked, ...refused, ...report.notInvoked.map(({ accountId }) => accountId)]
        expect(told.sort()).toEqual(active.map(({ aws_account_id }) => aws_account_id).sort())
        expect(report.invoked.toSorted()).toEqual(invoked.toSorted())
      },
    ),
    { numRuns: 40 },
  )
})
