import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseConfig } from '@polo/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeShorterRetention, requireRetention } from '../../packages/cli/src/session/check-retention.ts'
import { readSettings } from '../../packages/cli/src/session/settings.ts'
import { type Pipeline, startPipeline } from '../ingester/pipeline.ts'

let polo: Pipeline
let directory: string
/** Its database was configured with the defaults. */
beforeAll(async () => {
  polo = await startPipeline({ config: parseConfig({}) })
  directory = await mkdtemp(join(tmpdir(), 'polo-retention-'))
  await writeFile(join(directory, 'polo.config.ts'), 'export default {}')
})
afterAll(async () => {
  await polo?.stop()
  await rm(directory, { recursive: true, force: true })
})

const contextOf = (retentionDays: Record<string, number>, file = 'polo.config.ts') => ({
  session: polo,
  settings: readSettings({ config: join(directory, file) }, {}),
  config: parseConfig({ retentionDays }),
})

test('refuses what the database would delete at once though the configuration keeps it', async () => {
  const context = contextOf({ lifecycle: 4000, metric: 4000 })
  await expect(requireRetention(context, ['metric'])).rejects.toThrow(
    /keeps events for fewer days than .*polo\.config\.ts says \(metric 120, not 4000\): run polo migrate/,
  )
  await requireRetention(context, ['cost'])
  expect(await describeShorterRetention(context)).toContain('(lifecycle 800, not 4000; metric 120, not 4000)')
})

test.each([
  ['they agree', {}, 'polo.config.ts'],
  ['the database keeps more', { metric: 30 }, 'polo.config.ts'],
  ['there is no configuration file', { metric: 4000 }, 'missing.ts'],
])('has nothing to say where %s', async (_, days, file) => {
  expect(await describeShorterRetention(contextOf(days, file))).toBeUndefined()
})
