import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseConfig } from '@polo/core'
import { connectClickHouse, migrate, readAccounts } from '@polo/ingester'
import { startClickHouse } from '@polo/local'
import { afterAll, beforeAll, expect, test } from 'vitest'

const SCHEMA = fileURLToPath(new URL('../../schema', import.meta.url))

let root: string
let server: Awaited<ReturnType<typeof startClickHouse>>
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'polo-migrate-accounts-'))
  server = await startClickHouse({ dataDir: join(root, 'clickhouse') })
})
afterAll(async () => {
  await server?.stop()
  await rm(root, { recursive: true, force: true })
})

const connect = (database: string) => connectClickHouse({ url: server.url, database })

function migrateFrom(directory: string) {
  return migrate({
    connect,
    database: 'polo',
    target: { kind: 'embedded' },
    directory,
    config: parseConfig({}),
  })
}

test('accounts that an older release stored stay, and a new look that failed takes nothing from them', async () => {
  const older = join(root, 'older')
  await cp(SCHEMA, older, { recursive: true })
  for (const file of await readdir(older)) {
    if (file >= '0011') await rm(join(older, file))
  }
  await migrateFrom(older)
  const clickhouse = connect('polo')
  try {
    await clickhouse.command({
      query: `INSERT INTO accounts_discovered
        (aws_account_id, name, email, ou_path, status, tags, source, observed_at) VALUES
        ('111122223333', 'production', 'p@example.com', '/Workloads', 'ACTIVE', {'team': 'a'}, 'organization', '2026-01-01')`,
    })
    await migrateFrom(SCHEMA)
    await clickhouse.command({
      query: `INSERT INTO accounts_discovered
        (aws_account_id, name, status, source, unknown, observed_at) VALUES
        ('111122223333', 'renamed', 'ACTIVE', 'organization', 'email,ou_path,tags', '2026-01-02')`,
    })
    await clickhouse.command({ query: 'OPTIMIZE TABLE accounts_discovered FINAL' })
    expect(await readAccounts(clickhouse)).toMatchObject([
      { name: 'renamed', email: 'p@example.com', ou_path: '/Workloads', tags: { team: 'a' } },
    ])
  } finally {
    await clickhouse.close()
  }
})
