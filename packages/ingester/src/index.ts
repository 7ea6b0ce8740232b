export * from './accounts/change-account-settings.ts'
export * from './accounts/read-accounts.ts'
export * from './breaker/breaker-state.ts'
export { checkStore, type StoreCheck } from './breaker/check-store.ts'
export { type Breaker, type BreakerOptions, createBreaker } from './breaker/create-breaker.ts'
export { lambdaEventSources } from './breaker/lambda-event-sources.ts'
export type { BreakerTiming } from './breaker/next-state.ts'
export * from './connect-clickhouse.ts'
export { InsertError, MappingBusyError, OutageError } from './errors.ts'
export {
  CLICKHOUSE_CODES,
  classify,
  NETWORK_CODES,
} from './ingest/classify.ts'
export {
  createIngester,
  type Ingester,
  type IngesterDependencies,
  type InvocationContext,
} from './ingest/ingest.ts'
export type { DeadReason } from './ingest/open-message.ts'
export type { MessageReport } from './ingest/settle-message.ts'
export { type SqsBatchResponse, SqsEvent, SqsRecord } from './ingest/sqs-event.ts'
export { createLoader, type LoaderOptions, type LoadSummary } from './load/create-loader.ts'
export { isExportFile } from './load/cur/export-files.ts'
export { INTERRUPTED_LOAD } from './load/describe-load-error.ts'
export { LoadError } from './load/load-error.ts'
export type { LoadKind } from './load/load-kind.ts'
export { loadKinds, loadSources } from './load/load-kinds.ts'
export type { LoadResult, LoadStatus } from './load/load-results.ts'
export { loadsBeside, STATUS_NOW, STILL_WANTED } from './load/loads-beside.ts'
export * from './load/standing-loads.ts'
export {
  type MigrateOptions,
  type MigrationResult,
  migrate,
  type RetentionChange,
} from './migrate/migrate.ts'
export * from './migrate/migration-error.ts'
export type { MigrationTarget } from './migrate/render-ddl.ts'
export * from './migrate/sync-hierarchy.ts'
export { readShorterRetention } from './migrate/sync-retention.ts'
export { readRows } from './read-rows.ts'
export { type CollectorSpend, readSpend, type Spend } from './read-spend.ts'
