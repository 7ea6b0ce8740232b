import type { Random } from './random.ts'

/** What may become of one request on its way; `after_commit` faults let the server do its work first. */
export const FAULT_KINDS = [
  'delay',
  'reset_before',
  'reset_midway',
  'reset_after_commit',
  'status_500',
  'status_429',
  'status_502_after_commit',
  'truncated_response',
  'half_open',
  'half_open_after_commit',
] as const
export type FaultKind = (typeof FAULT_KINDS)[number]

export interface Fault {
  readonly kind: FaultKind
  /** Of a delay, or until a half-open connection breaks. */
  readonly ms: number
  /** How much of a request or response passes before it is cut; under 1. */
  readonly fraction: number
}

/** The fault of the nth request through a proxy. */
export type FaultPlan = (ordinal: number) => Fault | undefined

export interface Weather {
  /** Of requests that meet a fault. */
  readonly rate: number
  readonly maxDelayMs: number
  readonly halfOpenMs: number
}

/** The same request number always meets the same fault; which request has that number is up to the processes. */
export function planFaults(random: Random, { rate, maxDelayMs, halfOpenMs }: Weather): FaultPlan {
  return (ordinal) => {
    const own = random.fork(String(ordinal))
    if (!own.chance(rate)) return undefined
    const kind = own.pick(FAULT_KINDS)
    const ms = kind === 'delay' ? own.int(1, maxDelayMs) : halfOpenMs
    return { kind, ms, fraction: own.next() }
  }
}

export type FaultCounts = Record<FaultKind, number>

export function noFaults(): FaultCounts {
  return {
    delay: 0,
    reset_before: 0,
    reset_midway: 0,
    reset_after_commit: 0,
    status_500: 0,
    status_429: 0,
    status_502_after_commit: 0,
    truncated_response: 0,
    half_open: 0,
    half_open_after_commit: 0,
  }
}
