import { MigrationError } from './migration-error.ts'

/** Where the DDL runs: what differs is engine names, `ON CLUSTER` and which deduplication window counts. */
export type MigrationTarget =
  | { readonly kind: 'embedded' }
  | { readonly kind: 'cloud' }
  | { readonly kind: 'cluster'; readonly cluster: string }

const DEDUPLICATION_BLOCKS = 100_000
const DEDUPLICATION_SECONDS = 7 * 86_400
const PLACEHOLDER = /\{\{(\w*)\}\}/g

/**
 * A statement with its placeholders filled in for a target.
 * @throws MigrationError for a placeholder that does not exist
 */
export function renderDdl(statement: string, target: MigrationTarget): string {
  return statement.replace(PLACEHOLDER, (placeholder, name: string) => {
    if (name === 'on_cluster') return onCluster(target)
    if (name === 'replicated') return target.kind === 'cluster' ? 'Replicated' : ''
    if (name === 'deduplication') return deduplication(target)
    throw new MigrationError(`there is no placeholder ${placeholder}`)
  })
}

/** Refreshable views need Atomic; ClickHouse Cloud decides by itself. */
export function createDatabaseDdl(database: string, target: MigrationTarget): string {
  const engine = target.kind === 'cloud' ? '' : 'ENGINE = Atomic'
  return `CREATE DATABASE IF NOT EXISTS \`${escapeQuotes(database)}\` ${onCluster(target)} ${engine}`
}

function onCluster(target: MigrationTarget): string {
  return target.kind === 'cluster' ? `ON CLUSTER '${escapeQuotes(target.cluster)}'` : ''
}

function deduplication(target: MigrationTarget): string {
  if (target.kind === 'embedded') return `non_replicated_deduplication_window = ${DEDUPLICATION_BLOCKS}`
  return (
    `replicated_deduplication_window = ${DEDUPLICATION_BLOCKS}, ` +
    `replicated_deduplication_window_seconds = ${DEDUPLICATION_SECONDS}`
  )
}

function escapeQuotes(name: string): string {
  return name.replace(/[\\'`]/g, '\\$&')
}
