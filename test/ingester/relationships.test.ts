import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bodyOf, type Row } from './factories.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'
import { ingest, lookAt, messagesOf, REGION, seenAt, slotOf, startOf } from './relationship-looks.ts'

let polo: Pipeline
beforeAll(async () => {
  polo = await startPipeline()
})
beforeEach(async () => {
  for (const table of ['resource_relationships', 'collector_runs', 'ingest_ledger']) {
    await polo.clickhouse.command({ query: `TRUNCATE TABLE ${table}` })
  }
})
afterAll(async () => {
  await polo?.stop()
})

const SCHEMA = { schema: 'resource_relationship/1' }

async function currentEdges(where = '1'): Promise<unknown[]> {
  const rows = await polo.select(`SELECT from_id FROM current_relationships WHERE ${where} ORDER BY from_id`)
  return rows.map(({ from_id }) => String(from_id).replace('i-', ''))
}

describe('an edge', () => {
  const told = 'first_seen, last_seen, observed_at, from_arn, to_arn, properties'

  it('is one row once merged, whatever number of looks saw it', async () => {
    for (let slot = 0; slot < 5; slot++) await lookAt(polo, { slot, edges: ['a', 'b'] })
    const count = () => polo.select('SELECT count() AS n FROM resource_relationships')

    await polo.clickhouse.command({ query: 'OPTIMIZE TABLE resource_relationships FINAL' })

    expect(await count()).toEqual([{ n: 2 }])
    expect(
      await polo.select(`SELECT from_id, ${told} FROM known_relationships WHERE from_id = 'i-a'`),
    ).toEqual([
      {
        from_id: 'i-a',
        first_seen: '2026-03-01 10:00:00.000',
        last_seen: '2026-03-01 11:00:00.000',
        observed_at: '2026-03-01 11:00:02.000',
        from_arn: 'arn:aws:ec2:eu-west-1:111122223333:instance/i-a',
        to_arn: 'arn:aws:ec2:eu-west-1:111122223333:volume/vol-a',
        properties: { device_name: '/dev/xvda' },
      },
    ])
  })

  it('is stored once when its block comes twice', async () => {
    const body = await bodyOf([seenAt(0, 'a')], SCHEMA)

    await ingest(polo, body, body)

    expect(await polo.select('SELECT count() AS n FROM resource_relationships')).toEqual([{ n: 1 }])
  })

  it('has the ARNs that any look could tell, and whose they are', async () => {
    await ingest(
      polo,
      await bodyOf([seenAt(0, 'a')], SCHEMA),
      await bodyOf([seenAt(1, 'a', { to_arn: '' })], SCHEMA),
    )

    const [edge] = await polo.select('SELECT to_arn, from_account_id, to_account_id FROM known_relationships')
    expect(edge).toEqual({
      to_arn: 'arn:aws:ec2:eu-west-1:111122223333:volume/vol-a',
      from_account_id: '111122223333',
      to_account_id: '111122223333',
    })
  })

  it('has the newest ARN of a resource that was made anew by its name, whatever order the looks are stored in', async () => {
    const group = (number: string) => `arn:aws:autoscaling:eu-west-1:1:autoScalingGroup:${number}:web`
    const sights = [group('9'), group('1'), ''].map((from_arn, slot) => seenAt(slot, 'a', { from_arn }))
    for (const order of [sights, sights.toReversed()]) {
      await polo.clickhouse.command({ query: 'TRUNCATE TABLE resource_relationships' })
      for (const sight of order) await ingest(polo, await bodyOf([sight], SCHEMA))

      expect(await polo.select('SELECT from_arn FROM known_relationships')).toEqual([
        { from_arn: group('1') },
      ])
    }
  })

  const Sightings = fc.array(
    fc.record({
      slot: fc.integer({ min: 0, max: 20 }),
      device: fc.constantFrom('/dev/sda', '/dev/sdb', ''),
      times: fc.integer({ min: 1, max: 2 }),
    }),
    { minLength: 1, maxLength: 6 },
  )

  it('comes out the same whatever order its rows arrive in, and however often, before and after they are merged', async () => {
    await fc.assert(
      fc.asyncProperty(Sightings, async (sightings) => {
        await polo.clickhouse.command({ query: 'TRUNCATE TABLE resource_relationships' })
        // Two that observed at one time are one attempt, and see the same.
        const devices = new Map(sightings.map(({ slot, device }) => [slot, device]))
        for (const { slot, times } of sightings) {
          const properties: Row = { device_name: devices.get(slot) }
          const rows = [seenAt(slot, 'a', { properties })]
          for (let time = 0; time < times; time++) {
            // Another block each time, as when a run is repeated.
            await ingest(polo, await bodyOf([...rows, seenAt(slot, `other-${time}`)], SCHEMA))
          }
        }
        const slots = sightings.map(({ slot }) => slot)
        const newest = Math.max(...slots)
        const expected = [
          {
            first: toClickHouse(slotOf(Math.min(...slots))),
            last: toClickHouse(slotOf(newest)),
            device: devices.get(newest),
          },
        ]
        const stored = () =>
          polo.select(
            `SELECT toString(first_seen) AS first, toString(last_seen) AS last, properties['device_name'] AS device
             FROM known_relationships WHERE from_id = 'i-a'`,
          )
        expect(await stored()).toEqual(expected)
        await polo.clickhouse.command({ query: 'OPTIMIZE TABLE resource_relationships FINAL' })
        expect(await stored()).toEqual(expected)
      }),
      { numRuns: 15 },
    )
  })
})

describe('an edge that a look does not see', () => {
  beforeEach(() => lookAt(polo, { slot: 0, edges: ['a', 'b'] }))

  it('is gone when the look was complete and is stored, and keeps when it was last seen', async () => {
    await lookAt(polo, { slot: 1, edges: ['b'] })

    expect(await currentEdges()).toEqual(['b'])
    expect(
      await polo.select(
        'SELECT from_id, is_current, toString(last_seen) AS last, toString(looked_at) AS looked FROM known_relationships ORDER BY from_id',
      ),
    ).toEqual([
      { from_id: 'i-a', is_current: 0, last: toClickHouse(slotOf(0)), looked: toClickHouse(startOf(1)) },
      { from_id: 'i-b', is_current: 1, last: toClickHouse(slotOf(1)), looked: toClickHouse(startOf(1)) },
    ])
  })

  it('is there again when a later look sees it', async () => {
    await lookAt(polo, { slot: 1, edges: ['b'] })
    await lookAt(polo, { slot: 2, edges: ['a', 'b'], outcomes: { [REGION]: 'partial' } })

    expect(await currentEdges()).toEqual(['a', 'b'])
  })

  it.each(['partial', 'denied', 'throttled', 'failed'])('stays when the look was %s', async (outcome) => {
    await lookAt(polo, { slot: 1, edges: ['b'], outcomes: { [REGION]: outcome } })

    expect(await currentEdges()).toEqual(['a', 'b'])
  })

  it('stays when the look was complete in another region only', async () => {
    const outcomes = { [REGION]: 'denied', 'us-east-1': 'complete' }
    await lookAt(polo, { slot: 1, edges: ['c'], outcomes, columns: { aws_region: 'us-east-1' } })

    expect(await currentEdges()).toEqual(['a', 'b', 'c'])
  })

  it('is gone when the look was complete in its region and denied in another', async () => {
    await lookAt(polo, { slot: 1, edges: ['b'], outcomes: { [REGION]: 'complete', 'us-east-1': 'denied' } })

    expect(await currentEdges()).toEqual(['b'])
  })

  it('stays when it was another account that was looked at', async () => {
    await lookAt(polo, { slot: 1, edges: ['b'], account: '444455556666' })

    expect(await currentEdges("aws_account_id = '111122223333'")).toEqual(['a', 'b'])
  })

  it('stays until every row of the look is stored', async () => {
    const { rows, run } = await messagesOf({ slot: 1, edges: ['b'] })
    await ingest(polo, run)
    expect(await currentEdges()).toEqual(['a', 'b'])

    await ingest(polo, ...rows)
    expect(await currentEdges()).toEqual(['b'])
  })

  it('stays when rows of the look were dead-lettered', async () => {
    await lookAt(polo, { slot: 1, edges: ['b'], refused: ['a', 'c'] })

    expect(
      await polo.select('SELECT reconciliation, dead_rows FROM collector_attempts WHERE dead_rows > 0'),
    ).toEqual([{ reconciliation: 'reconciled', dead_rows: 2 }])
    expect(await currentEdges()).toEqual(['a', 'b'])
  })

  it('stays gone when an older look arrives late', async () => {
    await lookAt(polo, { slot: 3, edges: ['b'] })
    await lookAt(polo, { slot: 1, edges: ['a', 'b'] })
    await lookAt(polo, { slot: 2, edges: ['a'], outcomes: { [REGION]: 'partial' } })

    expect(await currentEdges()).toEqual(['b'])
  })

  it('stays where no look was ever complete', async () => {
    await polo.clickhouse.command({ query: 'TRUNCATE TABLE collector_runs' })

    expect(await polo.select('SELECT DISTINCT is_current, looked_at FROM known_relationships')).toEqual([
      { is_current: 1, looked_at: null },
    ])
  })

  it('is gone when the newest look saw nothing at all', async () => {
    await lookAt(polo, { slot: 1, edges: [] })

    expect(await currentEdges()).toEqual([])
  })
})

describe('the newest look', () => {
  it('is the one that the views go by, for each region', async () => {
    await lookAt(polo, { slot: 0, edges: ['a'], outcomes: { [REGION]: 'complete', 'us-east-1': 'complete' } })
    await lookAt(polo, { slot: 1, edges: ['a'], outcomes: { [REGION]: 'complete', 'us-east-1': 'denied' } })

    expect(
      await polo.select(
        'SELECT aws_region, toString(slot) AS slot FROM relationship_looks ORDER BY aws_region',
      ),
    ).toEqual([
      { aws_region: 'eu-west-1', slot: toClickHouse(slotOf(1)) },
      { aws_region: 'us-east-1', slot: toClickHouse(slotOf(0)) },
    ])
  })
})

function toClickHouse(time: string): string {
  return time.replace('T', ' ').replace('Z', '')
}
