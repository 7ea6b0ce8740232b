import type { Database } from './connect-clickhouse.ts'

const TIME_LIMIT_MS = 10_000

export interface OutageOptions {
  /** Told by which error ClickHouse does not answer, such as that of a wrong password, every time. */
  readonly onOutage: (error: Error) => void
  /** What it may take to answer. */
  readonly timeLimitMs?: number
}

/**
 * Does work that a schedule soon begins again; undefined where ClickHouse does not answer. An outage is the breaker's to
 * tell: each failure would be a dead letter, which nobody needs and somebody must clear away when it is over.
 * @throws what the work throws while ClickHouse answers
 */
export async function whileClickHouseAnswers<Result>(
  clickhouse: Database,
  work: () => Promise<Result>,
  { onOutage, timeLimitMs = TIME_LIMIT_MS }: OutageOptions,
): Promise<Result | undefined> {
  const answers = async () => {
    // A query, not its ping, which a server also answers whose password is another.
    const ping = await clickhouse.ping({ select: true, abort_signal: AbortSignal.timeout(timeLimitMs) })
    if (!ping.success) onOutage(ping.error)
    return ping.success
  }
  // First, for what does not answer at all would keep the work waiting until its function's time is up.
  if (!(await answers())) return undefined
  try {
    return await work()
  } catch (error) {
    if (await answers()) throw error
    return undefined
  }
}
