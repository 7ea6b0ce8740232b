// The engine alone, for block-to-stored.ts: inserts local files into a table that is there already, and says what it cost.
import { Session } from 'chdb'
import pLimit from 'p-limit'
import { cpuSecondsOf } from './measure.ts'

/** What to insert, as the parent sends it. */
export interface EngineRound {
  readonly statements: readonly string[]
  readonly concurrency: number
}

export interface EngineReport {
  readonly cpuSeconds: number
  readonly wallSeconds: number
}

const MAX_CONCURRENCY = 8
const [dataDir = '', setUp = ''] = process.argv.slice(2)
const sessions = Array.from({ length: MAX_CONCURRENCY }, () => new Session(dataDir))
for (const session of sessions) await session.queryAsync(setUp)

async function insert({ statements, concurrency }: EngineRound): Promise<void> {
  const limit = pLimit(concurrency)
  const idle = sessions.slice(0, concurrency)
  await Promise.all(
    statements.map((statement) =>
      limit(async () => {
        const session = idle.pop()
        if (!session) throw new RangeError('no session is idle')
        await session.queryAsync(statement)
        idle.push(session)
      }),
    ),
  )
}

process.on('message', async (round: EngineRound) => {
  const started = performance.now()
  const cpuSeconds = await cpuSecondsOf(() => insert(round))
  const report: EngineReport = { cpuSeconds, wallSeconds: (performance.now() - started) / 1_000 }
  process.send?.(report)
})
process.once('disconnect', () => process.exit())
process.send?.('ready')
