import { hierarchyNodes, type PoloConfigInput, parseConfig } from '@polo/core'
import { syncHierarchy } from '@polo/ingester'
import { beforeEach, expect, test } from 'vitest'
import { usePipeline } from './use-pipeline.ts'

const stage = usePipeline()
beforeEach(async () => {
  await stage.polo.clickhouse.command({ query: 'TRUNCATE TABLE hierarchy_nodes' })
})

const TWO_ACCOUNTS = {
  '111122223333': { name: 'web', role: 'production' },
  '444455556666': {},
} satisfies PoloConfigInput['accounts']

function nodesOf(config: PoloConfigInput) {
  return hierarchyNodes(parseConfig(config))
}

function sync(config: PoloConfigInput): Promise<void> {
  return syncHierarchy(stage.polo.clickhouse, nodesOf(config))
}

function stored() {
  return stage.polo.select(
    'SELECT node_id, node_type, parent_id, name, aws_account_id FROM hierarchy_nodes FINAL ORDER BY node_id',
  )
}

function inOrder(config: PoloConfigInput) {
  return nodesOf(config).sort((a, b) => (a.node_id < b.node_id ? -1 : 1))
}

async function countRaw(): Promise<unknown> {
  const [row] = await stage.polo.select('SELECT count() AS rows FROM hierarchy_nodes')
  return row?.rows
}

test('stores the tree of the configuration', async () => {
  await sync({ accounts: TWO_ACCOUNTS })
  expect(await stored()).toEqual(inOrder({ accounts: TWO_ACCOUNTS }))
  expect(await stored()).toHaveLength(4)
})

test('writes nothing when nothing changed', async () => {
  await sync({ accounts: TWO_ACCOUNTS })
  const before = await countRaw()
  await sync({ accounts: TWO_ACCOUNTS })
  expect(await countRaw()).toBe(before)
})

test('replaces a node that changed, and only that', async () => {
  await sync({ accounts: TWO_ACCOUNTS })
  const changed = { accounts: { ...TWO_ACCOUNTS, '444455556666': { name: 'data' } } }
  await sync(changed)
  expect(await stored()).toEqual(inOrder(changed))
  expect(
    await stage.polo.select('SELECT uniqExact(observed_at) AS times FROM hierarchy_nodes FINAL'),
  ).toEqual([{ times: 2 }])
})

test('deletes nodes that are gone, and a role with its last account', async () => {
  await sync({ accounts: TWO_ACCOUNTS })
  const left = { accounts: { '444455556666': {} } }
  await sync(left)
  expect(await stored()).toEqual(inOrder(left))
})

test('brings a node back that was deleted', async () => {
  await sync({ accounts: TWO_ACCOUNTS })
  await sync({})
  await sync({ accounts: TWO_ACCOUNTS })
  expect(await stored()).toEqual(inOrder({ accounts: TWO_ACCOUNTS }))
})

test('wins over rows from a machine whose clock is ahead', async () => {
  await sync({ accounts: TWO_ACCOUNTS })
  await stage.polo.clickhouse.command({
    query: `INSERT INTO hierarchy_nodes
      SELECT * REPLACE ('another name' AS name, now64(3) + INTERVAL 1 DAY AS observed_at) FROM hierarchy_nodes`,
  })
  await sync({ accounts: TWO_ACCOUNTS })
  expect(await stored()).toEqual(inOrder({ accounts: TWO_ACCOUNTS }))
})
