import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Pipeline, startPipeline } from './pipeline.ts'
import { lookAt, slotOf } from './relationship-looks.ts'

let polo: Pipeline
beforeAll(async () => {
  polo = await startPipeline()
})
afterAll(async () => {
  await polo?.stop()
})

const NEWEST = 2
const REGIONS = ['eu-west-1', 'us-east-1', 'us-west-2'] as const
const Outcome = fc.constantFrom('complete', 'complete', 'denied', 'partial', undefined)
const Looks = fc.array(
  fc.record({
    outcomes: fc.tuple(Outcome, Outcome, Outcome),
    /** Whether a row of it was dead-lettered. */
    isLacking: fc.boolean(),
  }),
  { maxLength: 8 },
)

it('are the newest complete ones of each region, whichever other regions were complete, without those that lack rows', async () => {
  await fc.assert(
    fc.asyncProperty(Looks, async (looks) => {
      for (const table of ['collector_runs', 'ingest_ledger', 'resource_relationships']) {
        await polo.clickhouse.command({ query: `TRUNCATE TABLE ${table}` })
      }
      for (const [slot, { outcomes, isLacking }] of looks.entries()) {
        const known = REGIONS.flatMap((region, index) => {
          const outcome = outcomes[index]
          return outcome === undefined ? [] : [[region, outcome]]
        })
        await lookAt(polo, {
          slot,
          edges: [`at-${slot}`],
          outcomes: Object.fromEntries(known),
          refused: isLacking ? [`lost-${slot}`] : [],
        })
      }

      const expected = REGIONS.flatMap((region, index) =>
        looks
          .map((look, slot) => ({ ...look, slot }))
          .filter(({ outcomes }) => outcomes[index] === 'complete')
          .slice(-NEWEST)
          .filter(({ isLacking }) => !isLacking)
          .map(({ slot }) => ({ region, slot: slotOf(slot) })),
      )
      const seen = await polo.select(
        `SELECT aws_region AS region, formatDateTime(slot, '%FT%T.000Z') AS slot
         FROM stored_looks(collector = 'relationships', newest = ${NEWEST}) ORDER BY region, slot`,
      )
      expect(seen).toEqual(expected)
    }),
    { numRuns: 25 },
  )
})

it('go by a row that was dead and is stored since, merged or not', async () => {
  await polo.clickhouse.command({ query: 'TRUNCATE TABLE ingest_ledger' })
  await polo.clickhouse.command({ query: 'TRUNCATE TABLE collector_runs' })
  await lookAt(polo, { slot: 0, edges: ['a'], refused: ['b'] })
  const looks = () => polo.select("SELECT run_id FROM stored_looks(collector = 'relationships', newest = 1)")
  expect(await looks()).toEqual([])

  await polo.clickhouse.command({
    query: `INSERT INTO ingest_ledger
      SELECT * REPLACE ('stored' AS outcome, 2 AS rank) FROM ingest_ledger WHERE entry = 'row'`,
  })

  expect(await looks()).toHaveLength(1)
})
