import type { BulkLoad, PoloConfig } from '@polo/core'
import {
  connectClickHouse,
  createLoader,
  type LoadResult,
  type LoadSummary,
  loadKinds,
  loadSources,
} from '@polo/ingester'

export interface LocalLoaderOptions {
  readonly clickhouseUrl: string
  readonly database: string
  readonly config: PoloConfig
  /** Absolute paths that files are read from. */
  readonly directories?: readonly string[]
  readonly onResult?: (load: BulkLoad, result: LoadResult) => void
}

/** The loader of this machine, with a connection of its own, whose statements may take long. */
export interface LocalLoader {
  run(options: { readonly signal: AbortSignal }): Promise<LoadSummary>
  close(): Promise<void>
}

const LONGEST_STATEMENT_MS = 6 * 3_600_000

export function localLoader(options: LocalLoaderOptions): LocalLoader {
  const { clickhouseUrl, database, config, directories = [], onResult } = options
  const clickhouse = connectClickHouse({
    url: clickhouseUrl,
    database,
    requestTimeoutMs: LONGEST_STATEMENT_MS,
  })
  const loader = createLoader({
    clickhouse,
    target: { kind: 'embedded' },
    kinds: loadKinds(config),
    sources: loadSources(config),
    directories,
    name: `local ${process.pid}`,
    ...(onResult && { onResult }),
  })
  return { run: (run) => loader.run(run), close: () => clickhouse.close() }
}

/** Whether the configuration names anything that is loaded in bulk. */
export function hasLoadSources(config: PoloConfig): boolean {
  return Object.values(loadSources(config)).some((sources) => sources.length > 0)
}
