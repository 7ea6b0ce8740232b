import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ROOT } from './workspace.ts'

/** https://clickhouse.com/docs/reference/settings/server-settings/settings/access-control */
const FOR_ANYBODY = ['columns', 'databases', 'tables']

it('asks system tables only for what the user of docs/deploy.md, who has no grant on any, may read', () => {
  const files = globSync('{packages/*/src/**/*.ts,schema/*.sql}', { cwd: ROOT })
  const asked = files.flatMap((file) => {
    const tables = readFileSync(join(ROOT, file), 'utf8').matchAll(/\b(?:FROM|JOIN)\s+system\.(\w+)/g)
    return [...tables].map(([, table = '']) => ({ file, table }))
  })
  expect(asked).not.toEqual([])
  expect(asked.filter(({ table }) => !FOR_ANYBODY.includes(table))).toEqual([])
})
