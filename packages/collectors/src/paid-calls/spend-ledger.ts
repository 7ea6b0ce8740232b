import { ConfigError } from '@polo/core'
import * as z from 'zod'
import { MemoryError } from '../errors.ts'
import type { ObjectStore } from '../object-store.ts'
import { statePrefix } from '../run/collector-state.ts'

const Look = z.object({
  /** What a look at the region costs. */
  usd: z.number(),
  /** When that was known. */
  plannedAt: z.iso.datetime(),
  /** The slot of the last look. */
  lookedAt: z.iso.datetime().optional(),
})
type Look = z.infer<typeof Look>
const Spend = z.object({
  v: z.literal(1),
  /** '2026-03' */
  month: z.string(),
  spentUsd: z.number(),
  /** By region. */
  looks: z.record(z.string(), Look),
})
type Spend = z.infer<typeof Spend>
export type Looks = Spend['looks']

const DAY_MS = 86_400_000
/** A region that has not been planned for so long is not read any more; one that is read is, in every slot. */
const FORGET_AFTER_MS = 7 * DAY_MS
const ROUNDING = 1e-9

/** What one run adds to what a collector has spent in an account. */
export interface SpendLedger {
  /** What the month's runs before this one have cost. */
  readonly spentBeforeUsd: number
  /** Each region's look before this run. */
  readonly looksBefore: Looks
  /** Each region's look as this run leaves it, to be written into. */
  readonly looks: Looks
  /**
   * Remembers what a call costs before it is made. `aheadUsd` is what is known to come, this call included, so that a look of
   * many calls is written down once. @throws MemoryError: the call must not be made then
   */
  pay(usd: number, aheadUsd: number): Promise<void>
  /** Remembers what the run has cost in the end, be it less than was written down. @throws what the store throws */
  close(costUsd: number): Promise<void>
}

/** Where it is kept what a collector has spent in an account; '*' for every account. */
export function ledgerKey(collectorName: string, accountId: string): string {
  return `${statePrefix(collectorName)}/${accountId}/spend.json`
}

export interface Standing {
  /** What the month's runs have cost. */
  readonly spentUsd: number
  /** What a look at all regions costs, 0 where that is not known. */
  readonly lookUsd: number
}

/** @throws what the store throws, and ConfigError where it cannot be understood */
export async function readStanding({ store, key, now }: LedgerPlace): Promise<Standing> {
  const { spentUsd, looks } = await readSpend(store, key, now.toISOString().slice(0, 7))
  const usd = Object.values(withoutForgotten(looks, now)).map((look) => look.usd)
  return { spentUsd, lookUsd: usd.reduce((total, one) => total + one, 0) }
}

export interface LedgerPlace {
  /** Undefined for a collector that pays for nothing. */
  readonly store: ObjectStore | undefined
  readonly key: string
  readonly now: Date
}

/** @throws what the store throws, and ConfigError where it cannot be understood: who does not know what was spent must not spend */
export async function openLedger({ store, key, now }: LedgerPlace): Promise<SpendLedger> {
  const month = now.toISOString().slice(0, 7)
  const before = await readSpend(store, key, month)
  const looks = withoutForgotten(before.looks, now)
  let storedUsd = 0
  let paidUsd = 0
  let isClosed = false
  let writing: Promise<void> | undefined
  const write = async (usd: number) => {
    if (!store) return
    // Read again: another run may have spent meanwhile, and if it is of a later month, what this one cost is history.
    const stored = await readSpend(store, key, month)
    const spend =
      stored.month > month
        ? { ...stored, looks: laterLooks(stored.looks, looks) }
        : { ...stored, spentUsd: stored.spentUsd + usd - storedUsd, looks }
    await store.write(key, JSON.stringify(spend satisfies Spend))
    storedUsd = usd
  }
  const writeOnce = (usd: number) => {
    writing ??= write(usd).finally(() => {
      writing = undefined
    })
    return writing
  }
  return {
    spentBeforeUsd: before.spentUsd,
    looksBefore: before.looks,
    looks,
    async pay(usd, aheadUsd) {
      if (isClosed)
        throw new MemoryError('the run has ended: a call that costs money came too late to be counted')
      paidUsd += usd
      try {
        while (store && paidUsd > storedUsd + ROUNDING) await writeOnce(Math.max(paidUsd, aheadUsd))
      } catch (error) {
        paidUsd -= usd
        throw error
      }
    },
    async close(costUsd) {
      isClosed = true
      await writing?.catch(() => {})
      if (Math.abs(costUsd - storedUsd) > ROUNDING || isNews(looks, before.looks)) await write(costUsd)
    },
  }
}

function withoutForgotten(looks: Looks, now: Date): Looks {
  const kept = Object.entries(looks).filter(
    ([, { plannedAt }]) => now.getTime() - Date.parse(plannedAt) < FORGET_AFTER_MS,
  )
  return Object.fromEntries(kept)
}

/** Of each region the look that is the later. */
function laterLooks(stored: Looks, own: Looks): Looks {
  const later = Object.entries(own).filter(([region, look]) => lookTime(look) > lookTime(stored[region]))
  return { ...stored, ...Object.fromEntries(later) }
}

function lookTime(look: Look | undefined): string {
  return look?.lookedAt ?? ''
}

/** That a region was planned for again is none for a day. */
function isNews(looks: Looks, before: Looks): boolean {
  const regions = new Set([...Object.keys(looks), ...Object.keys(before)])
  return [...regions].some((region) => {
    const [now, then] = [looks[region], before[region]]
    if (!now || !then || now.usd !== then.usd || now.lookedAt !== then.lookedAt) return true
    return Date.parse(now.plannedAt) - Date.parse(then.plannedAt) >= DAY_MS
  })
}

/** As of the month, or of the later one that it is already. */
async function readSpend(store: ObjectStore | undefined, key: string, month: string): Promise<Spend> {
  const body = await store?.read(key)
  if (body === undefined) return { v: 1, month, spentUsd: 0, looks: {} }
  const spend = parseSpend(body, key)
  return spend.month < month ? { ...spend, month, spentUsd: 0 } : spend
}

function parseSpend(body: string, key: string): Spend {
  try {
    return Spend.parse(JSON.parse(body))
  } catch (cause) {
    throw new ConfigError(
      `what was spent cannot be read in ${key}: delete the object to count from nothing`,
      { cause },
    )
  }
}
