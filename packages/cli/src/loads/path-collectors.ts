import type { BulkLoad } from '@polo/core'
import { type FindOptions, findCostExports } from './find-cost-exports.ts'
import { findFlowLogs } from './find-flow-logs.ts'

/** What is to be loaded from a directory. */
export interface DirectoryLoads {
  readonly loads: readonly BulkLoad[]
  /** What people should know of it, a line each. */
  readonly notes: readonly string[]
}

/** Collectors whose data is loaded from a directory with --path, by name. */
export const PATH_COLLECTORS: Readonly<
  Record<string, (directory: string, options: FindOptions) => Promise<DirectoryLoads>>
> = { cost_cur: findCostExports, flow_logs: findFlowLogs }
