/** EC2's basic monitoring; what is published every minute is read as five minutes. */
export const PERIOD_MS = 300_000
/** By then most datapoints of a period are published. */
const SETTLE_MS = 5 * 60_000
/** Read again by the next look: datapoints still change, and CloudWatch lists a new metric up to 15 minutes after its first one. */
const OVERLAP_MS = 15 * 60_000
/** What `RecentlyActive` looks back on, so that a first look says something, at the price of any other. */
const FIRST_LOOK_MS = 3 * 3_600_000
/** CloudWatch keeps datapoints of five minutes for 63 days, the last of which is too near to their end. */
export const KEPT_DAYS = 62
const KEPT_MS = KEPT_DAYS * 86_400_000
/** What one run can store in its time, with room: its function has a third of a core, which ten million would keep busy. */
const MAX_DATAPOINTS = 4_000_000
/** However often the time was up. */
const LEAST_REACH_MS = 3_600_000

/** The datapoints of a look: those from `start` on and before `end`. */
export interface LookWindow {
  readonly start: Date
  readonly end: Date
}

/**
 * From where the last look ended to what is settled by the slot. It depends on the slot and not on the clock, so that a retry
 * reads the same.
 */
export function lookWindow(slot: Date, until: Date | undefined): LookWindow {
  const end = floorToPeriod(slot.getTime()) - SETTLE_MS
  const start = until ? Math.min(until.getTime(), end) - OVERLAP_MS : end - FIRST_LOOK_MS
  return { start: new Date(floorToPeriod(start)), end: new Date(end) }
}

/** Where the look begins that comes after one of this window. */
export function nextStart({ end }: LookWindow): Date {
  return new Date(end.getTime() - OVERLAP_MS)
}

export interface Load {
  /** Metrics that the run reads, those of other regions included. */
  readonly metrics: number
  /** Looks in a row whose time was up: what was too much for them is too much for the next one. */
  readonly timesUp?: number
}

/** The part of a window that a run can read: after a long time the latest, for the price of all of it. */
export function withinReach({ start, end }: LookWindow, { metrics, timesUp = 0 }: Load): LookWindow {
  const periods = Math.floor(MAX_DATAPOINTS / 2 ** timesUp / Math.max(1, metrics))
  const reachMs = Math.min(KEPT_MS, Math.max(LEAST_REACH_MS, periods * PERIOD_MS))
  return { start: new Date(Math.max(start.getTime(), end.getTime() - reachMs)), end }
}

/** Datapoints that a metric may have in the window. */
export function countPeriods({ start, end }: LookWindow): number {
  return (end.getTime() - start.getTime()) / PERIOD_MS
}

function floorToPeriod(ms: number): number {
  return Math.floor(ms / PERIOD_MS) * PERIOD_MS
}
