import { setTimeout as sleep } from 'node:timers/promises'
import { maskSecrets } from '../../output/mask-secrets.ts'
import type { Output } from '../../output/output.ts'
import { printable } from '../../output/printable.ts'
import type { Session } from '../../session/session.ts'
import { readDepth } from '../../status/read-queue.ts'
import { createPipelineLog, type LoggedRun, type PipelineSight } from './pipeline-log.ts'

const PERIOD_MS = 2_000
const PATIENCE_MS = 10_000
const AWAY = 'the database does not answer'
const MAX_LINE = 400

/** Of the last hour: what was recorded longer ago is not new. */
const RUNS = `
  SELECT run_id, collector, aws_account_id, slot, status, errors, toFloat64(arraySum(block_rows)) AS rows
  FROM (SELECT * FROM collector_runs FINAL)
  WHERE status != 'dispatched' AND observed_at > now64(3) - INTERVAL 1 HOUR
  ORDER BY observed_at`

export interface WatchOptions {
  readonly output: Output
  /** Whether runs that other commands made are told, too. */
  readonly tellsRuns: boolean
  readonly signal: AbortSignal
}

/** Tells on stderr what becomes of the pipeline, until the signal fires: what does not work, and what arrived. */
export async function watchPipeline(
  session: Session,
  { output, tellsRuns, signal }: WatchOptions,
): Promise<void> {
  const log = createPipelineLog(tellOn(output))
  while (!signal.aborted) {
    const [deadLetters, runs] = await Promise.all([countDeadLetters(session), readRuns(session, signal)])
    const sight: PipelineSight = {
      problem: session.runtime?.lastIngesterProblem() ?? (runs ? undefined : AWAY),
      deadLetters,
      runs: tellsRuns ? runs : [],
    }
    if (!signal.aborted) log(sight)
    await sleep(PERIOD_MS, undefined, { signal, ref: false }).catch(() => {})
  }
}

/** A line on stderr, without secrets and whatever a terminal would obey. */
export function tellOn(output: Output): (line: string) => void {
  return (line) => {
    output.clearProgress()
    process.stderr.write(`${printable(maskSecrets(line, process.env), MAX_LINE)}\n`)
  }
}

/** A queue that does not answer is the ingester's problem first, which tells of it. */
async function countDeadLetters(session: Session): Promise<number | undefined> {
  const depth = await readDepth(session, session.deadLetterQueueUrl).catch(() => null)
  return depth ? depth.waiting + depth.in_flight : undefined
}

async function readRuns({ clickhouse }: Session, signal: AbortSignal): Promise<LoggedRun[] | undefined> {
  const abort_signal = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)])
  try {
    const answer = await clickhouse.query({ query: RUNS, format: 'JSONEachRow', abort_signal })
    return await answer.json<LoggedRun>()
  } catch {
    return undefined
  }
}
