import { LOAD_COLLECTORS } from '@polo/collectors'
import type { CollectRequest } from '../collect/collect-request.ts'
import { type CollectResult, type RunCollectOptions, runCollect } from '../collect/run-collect.ts'
import { loadOnce } from './load-configured.ts'

/** Collectors that only ask for loads. */
const ASKING = Object.values(LOAD_COLLECTORS)

/** As `runCollect`, and what was asked to be loaded is then loaded here, unless a deployed loader does it. */
export async function collectAndLoad(
  request: CollectRequest,
  options: RunCollectOptions,
): Promise<CollectResult> {
  const result = await runCollect(request, options)
  const asks = request.collectors.some(({ name }) => ASKING.includes(name))
  if (!asks || result.error !== undefined) return result
  const loads = await loadOnce(options, options.signal)
  if (!loads) return result
  const { report } = result
  const complete = report.complete && loads.failed + loads.given_up === 0
  return { report: { ...report, loads, complete } }
}
