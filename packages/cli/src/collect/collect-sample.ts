import { readRows } from '@polo/ingester'
import { recordedAws, sampleEstateBefore } from '@polo/local'
import type { Session } from '../session/session.ts'
import { chooseCollectors } from './choose-collectors.ts'
import { joinReports } from './collect-report.ts'
import type { CollectRequest } from './collect-request.ts'
import { collectSampleEvents } from './files/collect-sample-events.ts'
import { type CollectResult, type RunCollectOptions, runCollect } from './run-collect.ts'

const QUARTER_MS = 15 * 60_000

/** The whole sample estate: at first what tags it had before, then what AWS answers, and what happened in it. */
export async function collectSample(
  request: CollectRequest,
  options: RunCollectOptions,
): Promise<CollectResult> {
  const looks = [() => runCollect(request, options), () => collectSampleEvents(request, options)]
  // Tags are remembered from then on.
  if (await isFirst(options.session)) looks.unshift(() => runCollect(lookBefore(request), options))
  const results: CollectResult[] = []
  for (const look of looks) {
    const result = await look()
    results.push(result)
    if (result.error !== undefined || options.signal.aborted) break
  }
  const report = results.map((result) => result.report).reduce(joinReports)
  return { report, error: results.at(-1)?.error }
}

/** Whether no look at the sample estate has come to its end yet; one that was killed remembers nothing. */
export async function isFirst({ clickhouse }: Pick<Session, 'clickhouse'>): Promise<boolean> {
  const query = `SELECT 1 FROM collector_runs
    WHERE collector IN {collectors: Array(String)} AND status = 'complete' LIMIT 1`
  const found = await readRows(clickhouse, query, { collectors: sampleEstateBefore.collectors })
  return found.length === 0
}

/** A quarter of an hour earlier, so that changes are told when the same is looked at now. */
function lookBefore(request: CollectRequest): CollectRequest {
  const now = request.slot?.getTime() ?? Date.now()
  return {
    ...request,
    collectors: chooseCollectors(sampleEstateBefore.collectors),
    aws: recordedAws(sampleEstateBefore),
    slot: new Date((Math.floor(now / QUARTER_MS) - 1) * QUARTER_MS),
  }
}
