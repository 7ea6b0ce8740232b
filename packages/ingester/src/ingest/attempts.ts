import { hash, randomUUID } from 'node:crypto'
import { OutageError } from '../errors.ts'
import { insertOwnRows } from '../insert-own-rows.ts'
import { classify } from './classify.ts'
import type { InsertContext } from './insert.ts'
import type { SettleContext } from './settle-message.ts'

/** Remembers, beyond this process's own end, which messages were tried alone and whether that was survived. */
export interface Attempts {
  /**
   * How often a try of this body, alone, was the last thing that its process did.
   * @throws OutageError
   */
  countDeaths(body: string, context: InsertContext): Promise<number>
  /**
   * Runs `work` between two marks. An error that it throws is survived, too.
   * @throws OutageError when the first mark could not be made, and what `work` throws
   */
  during<Result>(body: string, context: SettleContext, work: () => Promise<Result>): Promise<Result>
}

interface Mark {
  readonly body_hash: string
  readonly attempt_id: string
  readonly ended: 0 | 1
}

const ATTEMPTS = { table: 'ingest_attempts', columns: ['body_hash', 'attempt_id', 'ended', 'recorded_at'] }

export function createAttempts(): Attempts {
  /** Ends that an outage kept from being written; without them a message would look deadlier than it is. */
  const unwritten = new Set<Mark>()
  const write = async (mark: Mark, context: InsertContext) => {
    const marks = [...unwritten, mark]
    const recorded_at = new Date().toISOString()
    await insertOwnRows(
      marks.map((each) => ({ ...each, recorded_at })),
      ATTEMPTS,
      context,
    )
    for (const written of marks) unwritten.delete(written)
  }
  return {
    async countDeaths(body, context) {
      const bodyHash = hashOf(body)
      const pending = [...unwritten].filter(({ body_hash }) => body_hash === bodyHash).length
      return (await readDeaths(bodyHash, context)) - pending
    },
    async during(body, context, work) {
      const attempt = { body_hash: hashOf(body), attempt_id: randomUUID() }
      await write({ ...attempt, ended: 0 }, context)
      try {
        return await work()
      } finally {
        const end = { ...attempt, ended: 1 } as const
        await write(end, { ...context, deadline: context.lastMoment }).catch(() => unwritten.add(end))
      }
    },
  }
}

function hashOf(body: string): string {
  return hash('sha256', body, 'hex')
}

async function readDeaths(bodyHash: string, { clickhouse, deadline }: InsertContext): Promise<number> {
  try {
    const result = await clickhouse.query({
      query: `SELECT toInt32(uniqExactIf(attempt_id, ended = 0)) - toInt32(uniqExactIf(attempt_id, ended = 1)) AS deaths
              FROM ${ATTEMPTS.table} WHERE body_hash = {bodyHash:String}`,
      query_params: { bodyHash },
      format: 'JSONEachRow',
      abort_signal: AbortSignal.timeout(Math.max(deadline - Date.now(), 1)),
    })
    const [row] = await result.json<{ deaths: number | string }>()
    return Number(row?.deaths ?? 0)
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new OutageError(classify(cause), `ClickHouse did not say what was tried before: ${message}`, {
      cause,
    })
  }
}
