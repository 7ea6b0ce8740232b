import { readFileSync } from 'node:fs'
import { sampleEstateCollectors } from '@polo/local'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SAMPLE_QUERIES } from '../../packages/cli/src/query/sample-queries.ts'
import { query } from './polo-answers.ts'
import { cleanUp, makeDirectory, type PoloResult, runPolo } from './polo-process.ts'

const PAYER = '644160558196'
const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8').replace(/\s+/g, ' ')

afterAll(cleanUp)

describe('what npm start shows of the sample estate', () => {
  const options = { dataDir: '' }
  let result: PoloResult

  beforeAll(async () => {
    options.dataDir = await makeDirectory()
    result = await runPolo(['up', '--once'], options)
  })

  test('is everything there is, every row stored, and ends with 0', () => {
    expect(result).toMatchObject({ code: 0 })
    expect(result.stdout).toMatch(/\n(\d+) published = \1 stored \+ 0 dead-lettered\./)
    const ran = result.stdout.matchAll(/^ \d{12} +(\w+) +\S+Z +(complete|partial) /gm)
    const collectors = new Set([...ran].map(([, collector]) => collector))
    expect([...collectors].sort()).toEqual([...sampleEstateCollectors, 'lifecycle'].sort())
  })

  test.each(SAMPLE_QUERIES)('is found by the query that is proposed: $shows', async ({ sql }) => {
    expect(result.stdout).toContain(`npx polo query "${sql}" --data-dir ${options.dataDir}`)
    expect(readme).toContain(`npx polo query "${sql}"`)
    expect((await query(sql, options)).length).toBeGreaterThanOrEqual(3)
  })

  test('runs what it runs once, however often it was looked at', async () => {
    const [{ sql } = { sql: '' }] = SAMPLE_QUERIES
    const before = await query(sql, options)
    const slot = new Date(Date.now() - 3_600_000).toISOString()
    await runPolo(['collect', 'config_ec2', '--sample', '--slot', slot], options)
    expect((await query(sql, options)).length).toBe(before.length)
  })

  test('names every account, with its unit', async () => {
    const accounts = await query('SELECT name, ou_path FROM aws_accounts ORDER BY name', options)
    expect(accounts).toEqual([
      { name: 'data-staging', ou_path: '/workloads' },
      { name: 'platform', ou_path: '/' },
      { name: 'research-sandbox', ou_path: '/sandbox' },
      { name: 'web-production', ou_path: '/workloads' },
    ])
  })

  test('costs what the recorded days cost, and every one of them is counted', async () => {
    const days = `SELECT uniqExact(usage_date) AS days, dateDiff('day', min(usage_date), max(usage_date)) + 1 AS span FROM costs`
    const [found] = await query(days, options)
    expect(found?.days).toBe(found?.span)
    expect(Number(found?.days)).toBeGreaterThanOrEqual(14)
    const [sums] = await query(
      `SELECT (SELECT toString(sum(unblended_cost)) FROM costs) AS counted,
              toString(sum(toDecimal128(properties['unblended_cost'], 12))) AS seen
       FROM resource_events FINAL WHERE event_type = 'cost'`,
      options,
    )
    expect(sums?.counted).toBe(sums?.seen)
  })

  test('tells failed calls as such, and who made them', async () => {
    expect(
      await query(
        `SELECT event_action, count() AS n FROM resource_events FINAL
         WHERE event_type = 'lifecycle' AND properties['error_code'] != '' AND actor_name != '' GROUP BY 1`,
        options,
      ),
    ).toEqual([{ event_action: 'RunInstances', n: 3 }])
  })

  test('tells changes of tags once, and happenings once, however often it is started', async () => {
    const told = `SELECT event_type, uniqExact(event_id) AS n FROM resource_events
                  WHERE event_type IN ('lifecycle', 'tag_change') GROUP BY 1 ORDER BY 1`
    const before = await query(told, options)
    expect(before).toEqual([
      { event_type: 'lifecycle', n: 30 },
      { event_type: 'tag_change', n: 3 },
    ])
    expect(await runPolo(['up', '--once'], options)).toMatchObject({ code: 0 })
    expect(await query(told, options)).toEqual(before)
    const looks = `SELECT count() AS n FROM collector_runs FINAL
                   WHERE collector = 'tags' AND aws_account_id = '${PAYER}' AND status != 'dispatched'`
    expect(await query(looks, options)).toEqual([{ n: 3 }])
  })
})
