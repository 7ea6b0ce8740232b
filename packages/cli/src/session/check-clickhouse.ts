import { QueryError, UnreachableError, UsageError } from '../errors.ts'
import { askClickHouse } from '../query/ask-clickhouse.ts'
import type { ClickHouseAddress } from './call-clickhouse.ts'

const TIMEOUT_MS = 10_000
const UNKNOWN_DATABASE = 81

/**
 * Makes sure that a ClickHouse answers before anything is collected for it.
 * @throws UnreachableError when none does, UsageError when it has no such database
 */
export async function checkClickHouse(address: ClickHouseAddress): Promise<void> {
  const { host } = new URL(address.clickhouseUrl)
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  try {
    const { chunks } = await askClickHouse(address, 'SELECT 1', { format: 'TSV', signal })
    for await (const _ of chunks);
  } catch (cause) {
    if (cause instanceof QueryError && cause.code === UNKNOWN_DATABASE) {
      throw new UsageError(
        `ClickHouse at ${host} has no database '${address.database}'. Make it with polo migrate, or set POLO_DATABASE.`,
        { cause },
      )
    }
    if (cause instanceof QueryError) {
      throw new UnreachableError(`ClickHouse at ${host} refuses to answer: ${cause.message}`, { cause })
    }
    if (!signal.aborted) throw cause
    throw new UnreachableError(`ClickHouse at ${host} does not answer within ${TIMEOUT_MS / 1000} s`, {
      cause,
    })
  }
}
