import { ROLL_UP, type TestDatabase } from './database.ts'
import type { Finding } from './finding.ts'
import type { Row } from './poison.ts'

export interface RowFigures {
  readonly rows: number
  /** Promised and not stored. */
  readonly lost: number
  /** Stored more often than once. */
  readonly doubled: number
}

/** Compares what is stored, and what the roll-up counted, with the rows that were promised. */
export async function verifyRows(
  database: TestDatabase,
  promised: readonly Row[],
): Promise<{ figures: RowFigures; findings: Finding[] }> {
  const expected = new Set(promised.map(({ event_id }) => String(event_id)))
  const stored = new Map(
    (
      await database.select(
        'SELECT toString(event_id) AS id, count() AS times FROM resource_events GROUP BY id',
      )
    ).map(({ id, times }): [string, number] => [String(id), Number(times)]),
  )
  const figures = {
    rows: [...stored.values()].reduce((sum, times) => sum + times, 0),
    lost: [...expected].filter((id) => !stored.has(id)).length,
    doubled: [...stored.values()].reduce((sum, times) => sum + times - 1, 0),
  }
  const strays = [...stored.keys()].filter((id) => !expected.has(id)).length
  return {
    figures,
    findings: [
      { check: 'rows promised', expected: promised.length, found: figures.rows },
      { check: 'distinct ids', expected: expected.size, found: stored.size },
      { check: 'rows lost', expected: 0, found: figures.lost },
      { check: 'rows doubled', expected: 0, found: figures.doubled },
      { check: 'rows that nobody promised', expected: 0, found: strays },
      ...(await verifyRollUp(database, promised)),
    ],
  }
}

async function verifyRollUp(database: TestDatabase, promised: readonly Row[]): Promise<Finding[]> {
  const counted = new Map(
    (
      await database.select(`SELECT resource_type, sum(rows) AS n FROM ${ROLL_UP} GROUP BY resource_type`)
    ).map(({ resource_type, n }): [string, number] => [String(resource_type), Number(n)]),
  )
  const expected = Map.groupBy(promised, ({ resource_type }) => String(resource_type))
  return [...new Set([...expected.keys(), ...counted.keys()])].map((type) => ({
    check: `rows of ${type} in the roll-up`,
    expected: expected.get(type)?.length ?? 0,
    found: counted.get(type) ?? 0,
  }))
}
