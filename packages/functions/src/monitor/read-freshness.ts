import type { Collector } from '@polo/collectors'
import { intervalMs } from '@polo/core'
import * as z from 'zod'
import type { Database } from '../connect-clickhouse.ts'
import { onlyRuns, selectRows, timeLiteral } from './select-rows.ts'

const HOUR_MS = 3_600_000
/** Looked at one after the other, for collectors that the one before did not find: the last holds two weeks' slots. */
const WINDOWS_MS = [2 * HOUR_MS, 48 * HOUR_MS, 16 * 24 * HOUR_MS]

/**
 * Seconds since the slot of the newest run, in any account, that was complete and reconciled, less the interval of its
 * schedule, so that one limit does for all; of the collector that is the furthest behind. Of one without such a run in
 * the last two weeks it counts since the newest migration: then, at the latest, it should have begun.
 */
export async function readFreshness(
  clickhouse: Database,
  collectors: readonly Pick<Collector, 'name' | 'schedule'>[],
  now: Date,
): Promise<number> {
  const newest = await readNewestSlots(clickhouse, collectors, now)
  const installedAt = newest.size < collectors.length ? await readInstalledAt(clickhouse) : now
  const lateMs = collectors.map(({ name, schedule }) => {
    const lastAt = newest.get(name) ?? installedAt
    return now.getTime() - lastAt.getTime() - intervalMs(schedule)
  })
  return Math.max(0, ...lateMs) / 1_000
}

async function readNewestSlots(
  clickhouse: Database,
  collectors: readonly Pick<Collector, 'name'>[],
  now: Date,
): Promise<Map<string, Date>> {
  const found = new Map<string, Date>()
  for (const windowMs of WINDOWS_MS) {
    const names = collectors.flatMap(({ name }) => (found.has(name) ? [] : name))
    if (names.length === 0) break
    const since = new Date(now.getTime() - windowMs)
    for (const { collector, newest } of await readReconciled(clickhouse, names, since)) {
      found.set(collector, new Date(newest))
    }
  }
  return found
}

async function readReconciled(clickhouse: Database, names: readonly string[], since: Date) {
  const list = names.map((name) => `'${name}'`).join(', ')
  const query = `
    SELECT collector, max(slot) AS newest
    FROM collector_attempts
    WHERE outcome = 'complete' AND reconciliation = 'reconciled'
    GROUP BY collector
    ${onlyRuns(`slot >= ${timeLiteral(since)} AND collector IN (${list})`)}`
  return await selectRows(clickhouse, z.object({ collector: z.string(), newest: z.string() }), { query })
}

async function readInstalledAt(clickhouse: Database): Promise<Date> {
  const query = 'SELECT max(applied_at) AS installed FROM schema_migrations'
  const [row] = await selectRows(clickhouse, z.object({ installed: z.string() }), { query })
  return new Date(row?.installed ?? 0)
}
