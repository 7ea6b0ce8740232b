import type { BreakerState } from './breaker-state.ts'

/** How patient a breaker is, in milliseconds. */
export interface BreakerTiming {
  /** The longest wait for the first probe; doubles with each that fails, up to `lastProbeMs`. */
  readonly firstProbeMs: number
  readonly lastProbeMs: number
  /** How long it stays half-open before a probe that passes closes it. */
  readonly halfOpenMs: number
}

/** What a transition depends on besides the state. */
export interface Circumstances {
  readonly timing: BreakerTiming
  /** Milliseconds since the epoch. */
  readonly now: number
  /** From 0 to 1. */
  readonly random: number
}

const MINUTE_MS = 60_000
/** Longer than messages stay hidden, so that those which failed had their chance in between. */
const STABLE_MS = 10 * MINUTE_MS
/** From the second relapse on the probe is known to be wrong, and every attempt costs receives. */
const RELAPSES_FORGIVEN = 1
const FIRST_RELAPSE_MS = 5 * MINUTE_MS
const LAST_RELAPSE_MS = 360 * MINUTE_MS

/** After an outage: open. What is open stays as it is. `wasFooled`: a probe let messages through in vain. */
export function trip(
  before: BreakerState,
  reason: string,
  { wasFooled, ...circumstances }: Circumstances & { readonly wasFooled: boolean },
): BreakerState {
  if (before.state === 'open') return before
  const isSoon = circumstances.now - Date.parse(before.since) < STABLE_MS
  const failedProbes = isSoon ? before.failed_probes + 1 : 0
  const relapses = isSoon ? before.relapses + (wasFooled ? 1 : 0) : 0
  return {
    state: 'open',
    since: toIso(circumstances.now),
    reason,
    failed_probes: failedProbes,
    relapses,
    next_probe_at: toIso(circumstances.now + waitOf(failedProbes, relapses, circumstances)),
  }
}

/** After a probe that passed: a step towards closed. */
export function pass(before: BreakerState, { now, timing }: Circumstances): BreakerState {
  if (before.state === 'closed') return before
  const since = toIso(now)
  if (before.state === 'half_open') {
    return { ...before, state: 'closed', since, reason: '', next_probe_at: since }
  }
  return { ...before, state: 'half_open', since, next_probe_at: toIso(now + timing.halfOpenMs) }
}

/** After a probe that failed: open, and a longer wait. It saw what was wrong, so it may go on probing. */
export function fail(before: BreakerState, reason: string, circumstances: Circumstances): BreakerState {
  if (before.state !== 'open') return trip(before, reason, { ...circumstances, wasFooled: false })
  const failedProbes = before.failed_probes + 1
  const next = circumstances.now + waitOf(failedProbes, before.relapses, circumstances)
  return { ...before, failed_probes: failedProbes, next_probe_at: toIso(next) }
}

/** Full jitter, so that what failed together does not come back together. */
function waitOf(failedProbes: number, relapses: number, { timing, random }: Circumstances): number {
  const wait = random * Math.min(timing.lastProbeMs, timing.firstProbeMs * 2 ** failedProbes)
  if (relapses <= RELAPSES_FORGIVEN) return wait
  return wait + Math.min(LAST_RELAPSE_MS, FIRST_RELAPSE_MS * 4 ** (relapses - RELAPSES_FORGIVEN - 1))
}

function toIso(time: number): string {
  return new Date(time).toISOString()
}
