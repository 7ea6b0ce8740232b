import type { KnownAccount } from './read-history.ts'
import type { LifecycleHistory } from './read-lifecycle.ts'

/** Whether lifecycle events arrive. It is told, and not judged: an account may have been at rest. */
export interface LifecycleState {
  /** When the newest that is stored happened; null where none did for weeks. */
  readonly last_event: string | null
  readonly last_day: number
  /** Active accounts of a deployed Polo of which none came for a week. */
  readonly silent_accounts: readonly string[]
}

export const SILENT_DAYS = 7
const SILENT_MS = SILENT_DAYS * 86_400_000

export interface LifecycleFacts {
  readonly now: Date
  readonly isDeployed: boolean
  readonly accounts: readonly KnownAccount[]
  readonly lifecycle: readonly LifecycleHistory[]
}

/** Sums up what lifecycle events came, and names who is silent. */
export function toLifecycleState({ now, isDeployed, accounts, lifecycle }: LifecycleFacts): LifecycleState {
  const heard = new Set(
    lifecycle
      .filter(({ last_event }) => now.getTime() - Date.parse(last_event) < SILENT_MS)
      .map(({ aws_account_id }) => aws_account_id),
  )
  const silent = accounts.filter(
    ({ aws_account_id, polo_status, source }) =>
      polo_status === 'active' && source !== 'recording' && !heard.has(aws_account_id),
  )
  return {
    last_event:
      lifecycle
        .map(({ last_event }) => last_event)
        .sort()
        .at(-1) ?? null,
    last_day: lifecycle.reduce((sum, { last_day }) => sum + last_day, 0),
    // On one machine nothing forwards events.
    silent_accounts: isDeployed ? silent.map(({ aws_account_id }) => aws_account_id).sort() : [],
  }
}
