import type { MergePatch } from './merge-patch.ts'

interface KeyColumns {
  /** Tells one row of the table from another by itself. */
  readonly identity: string
  /** What the table sorts by besides: rows that agree in all of it replace each other. */
  readonly others: readonly string[]
}

export const KEY_COLUMNS: Readonly<Record<string, KeyColumns>> = {
  'resource_event/1': {
    identity: 'event_id',
    others: ['event_type', 'collector', 'aws_account_id', 'aws_region', 'resource_id', 'event_time'],
  },
  'collector_run/1': { identity: 'run_id', others: ['collector', 'aws_account_id', 'slot'] },
  'bulk_load/1': { identity: 'load_id', others: ['kind', 'source'] },
  'aws_account/1': { identity: 'aws_account_id', others: ['unknown'] },
  'cost_coverage/1': {
    identity: 'event_time',
    others: ['collector', 'aws_account_id', 'linked_account_id'],
  },
  'resource_relationship/1': {
    identity: 'from_id',
    others: ['collector', 'aws_account_id', 'aws_region', 'relation', 'from_type', 'to_type', 'to_id'],
  },
}

/** The column by which a patch would make one row of many, as it gives all of them the same value. */
export function findPatchedIdentity(patch: MergePatch, schema: string): string | undefined {
  const identity = KEY_COLUMNS[schema]?.identity
  return identity !== undefined && Object.hasOwn(patch, identity) ? identity : undefined
}

/** Patched columns that the row's place in its table depends on: under another key, a row replaces no earlier one. */
export function findPatchedKeys(patch: MergePatch): string[] {
  const keys = new Set(Object.values(KEY_COLUMNS).flatMap(({ others }) => others))
  return Object.keys(patch).filter((column) => keys.has(column))
}
