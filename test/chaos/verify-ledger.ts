import type { TestDatabase } from './database.ts'
import { compareSets, type Finding } from './finding.ts'
import { type PromisedBlock, rowKey } from './promise.ts'

/** Compares the ledger and the view over it with the blocks promised; `dead` names the rows that are, by `rowKey`. */
export async function verifyLedger(
  database: TestDatabase,
  blocks: readonly PromisedBlock[],
  dead: ReadonlySet<string>,
): Promise<Finding[]> {
  return [...(await verifyEntries(database, blocks, dead)), ...(await verifyRuns(database, blocks, dead))]
}

async function verifyEntries(
  database: TestDatabase,
  blocks: readonly PromisedBlock[],
  dead: ReadonlySet<string>,
): Promise<Finding[]> {
  const byId = new Map(blocks.map((block) => [block.blockId, block]))
  const entries = await database.select(
    'SELECT root_block_id, entry, row, outcome, count() AS times FROM ingest_ledger FINAL GROUP BY ALL',
  )
  const ours = entries.filter(({ root_block_id }) => byId.has(String(root_block_id)))
  const keysWith = (outcome: string) =>
    ours
      .filter((entry) => entry.entry === 'row' && entry.outcome === outcome)
      .map(({ root_block_id, row }) => rowKey(String(root_block_id), Number(row)))
  const wholes = ours.filter(({ entry }) => entry === 'block')
  const idsOfWholes = wholes.map(({ root_block_id }) => String(root_block_id))
  const deadWholes = wholes.filter(({ outcome }) => outcome === 'dead')
  // What was mended of a block that was dead as a whole has entries of its own.
  const deadInWholes = new Set(
    deadWholes.flatMap(({ root_block_id }) => rowKeys(byId.get(String(root_block_id)))),
  )
  const deadRows = deadInWholes.difference(new Set(keysWith('stored'))).union(new Set(keysWith('dead')))
  return [
    {
      check: 'ledger entries that are there twice',
      expected: 0,
      found: ours.filter(({ times }) => times !== 1).length,
    },
    ...compareSets('dead rows in the ledger', dead, deadRows),
    ...compareSets('blocks in the ledger', new Set(byId.keys()), new Set(idsOfWholes)),
  ]
}

function rowKeys(block: PromisedBlock | undefined): string[] {
  return block ? Array.from({ length: block.rows }, (_, index) => rowKey(block.blockId, index)) : []
}

async function verifyRuns(
  database: TestDatabase,
  blocks: readonly PromisedBlock[],
  dead: ReadonlySet<string>,
): Promise<Finding[]> {
  const accounted = await database.select(
    `SELECT toString(run_id) AS run_id, published_rows, stored_rows, dead_rows, length(missing_blocks) AS missing
     FROM collector_run_rows`,
  )
  const runs = [...Map.groupBy(blocks, ({ runId }) => runId)]
  return runs.flatMap(([runId, own], index) => {
    const row = accounted.find(({ run_id }) => run_id === runId) ?? {}
    const rows = own.reduce((sum, block) => sum + block.rows, 0)
    const deadRows = own.flatMap(rowKeys).filter((key) => dead.has(key)).length
    const check = (what: string, expected: number, found: unknown) => ({
      check: `run ${index}: ${what}`,
      expected,
      found: Number(found ?? -1),
    })
    return [
      check('rows published', rows, row.published_rows),
      check('rows stored', rows - deadRows, row.stored_rows),
      check('rows dead', deadRows, row.dead_rows),
      check('blocks missing', 0, row.missing),
    ]
  })
}

/** Records the runs that published these blocks, as their last messages would. */
export async function recordRuns(database: TestDatabase, blocks: readonly PromisedBlock[]): Promise<void> {
  const time = new Date().toISOString()
  const runs = [...Map.groupBy(blocks, ({ runId }) => runId)]
  await database.insert(
    'collector_runs',
    runs.map(([run_id, own]) => ({
      run_id,
      collector: 'config_ebs',
      scope: 'account',
      aws_account_id: '111122223333',
      slot: time,
      status: 'complete',
      started_at: time,
      finished_at: time,
      deadline: time,
      block_ids: own.map(({ blockId }) => blockId),
      block_rows: own.map(({ rows }) => rows),
      observed_at: time,
    })),
  )
}
