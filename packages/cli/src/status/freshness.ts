import { COLLECTORS } from '@polo/collectors'
import { intervalMs } from '@polo/core'
import type { KnownAccount, RunHistory } from './read-history.ts'

/** How old what is known of an account is, by one collector. */
export interface Freshness {
  /** When the newest attempt started. */
  readonly last_attempt_at: string
  /** The newest slot that was complete and reconciled; null where none of the latest was. */
  readonly last_success_slot: string | null
  /** Since that slot; null where there is none. */
  readonly age_seconds: number | null
  /** Between two slots of its schedule; null for a collector that this Polo does not have. */
  readonly interval_seconds: number | null
  /** Something runs it by its schedule, so that a slot may be missed. */
  readonly scheduled: boolean
  /** It is scheduled, and its last success older than two intervals. */
  readonly stale: boolean
}

export interface FreshnessContext {
  readonly now: Date
  readonly account: KnownAccount | undefined
  /** A deployed Polo runs everything by its schedule. */
  readonly isDeployed: boolean
}

const STALE_AFTER_INTERVALS = 2
/** So many slots on time within so many intervals show that a machine's own scheduler is at work, not a person. */
const RHYTHM = { slots: 3, intervals: 10 }

/** What a collector's history in an account says of its freshness. */
export function toFreshness(history: RunHistory, { now, account, isDeployed }: FreshnessContext): Freshness {
  const interval = intervalOf(history.collector)
  const { last_success_slot } = history
  const ageMs = last_success_slot === null ? null : now.getTime() - Date.parse(last_success_slot)
  const scheduled =
    interval !== null && isLive(account) && (isDeployed || hasRhythm(history.on_time_slots, interval))
  return {
    last_attempt_at: history.last_attempt_at,
    last_success_slot,
    age_seconds: ageMs === null ? null : Math.max(0, Math.round(ageMs / 1000)),
    interval_seconds: interval === null ? null : interval / 1000,
    scheduled,
    stale: scheduled && ageMs !== null && ageMs > STALE_AFTER_INTERVALS * interval,
  }
}

/** Milliseconds between two slots of a collector; null for one that this Polo does not have. */
function intervalOf(name: string): number | null {
  const collector = COLLECTORS.find((candidate) => candidate.name === name)
  return collector ? intervalMs(collector.schedule) : null
}

/** Recordings are replayed when somebody asks; accounts that operators paused are not looked at. */
export function isLive(account: KnownAccount | undefined): boolean {
  return account === undefined || (account.source !== 'recording' && account.polo_status === 'active')
}

function hasRhythm(slots: readonly string[], interval: number): boolean {
  const times = slots.map((slot) => Date.parse(slot))
  const oldest = Math.max(...times) - RHYTHM.intervals * interval
  return times.filter((time) => time > oldest).length >= RHYTHM.slots
}
