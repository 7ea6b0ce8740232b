import type { PoloConfig } from '@polo/core'
import { loadCur } from './cur/load-cur.ts'
import type { LoadSources } from './find-files.ts'
import { flowLogs } from './flow-logs/flow-log-load.ts'
import type { LoadKind } from './load-kind.ts'

/** Every kind of load there is. */
export function loadKinds(config: PoloConfig): readonly LoadKind[] {
  return [
    loadCur({ owners: config, exports: config.costExports.map(({ name }) => name) }),
    flowLogs({ keptDays: config.retentionDays.metric }),
  ]
}

/** The buckets of each kind that the configuration names. */
export function loadSources(config: PoloConfig): LoadSources {
  return { cur: config.costExports, flow_logs: config.flowLogs }
}
