import { setTimeout as sleep } from 'node:timers/promises'
import pLimit from 'p-limit'
import { OutageError } from '../errors.ts'
import { classify } from '../ingest/classify.ts'
import type { Ingester } from '../ingest/ingest.ts'
import type { SqsRecord } from '../ingest/sqs-event.ts'
import { type BreakerState, type EventSources, SETTLING_MS } from './breaker-state.ts'
import type { StoreCheck } from './check-store.ts'
import { type BreakerTiming, fail, pass, trip } from './next-state.ts'

export interface BreakerOptions {
  readonly sources: EventSources
  readonly check: StoreCheck
  readonly timing?: BreakerTiming
  /** Told of every state that it comes into. */
  readonly onChange?: (state: BreakerState) => void
  /** Told what keeps it from opening, or why a probe failed; the work goes on. */
  readonly onProblem?: (error: unknown) => void
  readonly now?: () => number
  readonly random?: () => number
}

/** Keeps an outage of the store from using up the receives of the messages that wait for it. */
export interface Breaker {
  /** The same ingester, which opens the breaker on an `OutageError` before it throws it on. */
  guard(ingester: Ingester): Ingester
  /** For a schedule: when one is due, probes the store and half-opens, closes or opens again. Resolves to the state. */
  probe(options?: { readonly evenIfNotDue?: boolean }): Promise<BreakerState>
}

/** As deployed, where a schedule probes once a minute. */
const DEPLOYED_TIMING: BreakerTiming = { firstProbeMs: 60_000, lastProbeMs: 300_000, halfOpenMs: 180_000 }
/** A batch that failed must come back even if the breaker cannot be opened, and before its time is up. */
const OPENING_MS = 10_000
const RESERVE_MS = 500
/** Messages that are shown to the check, and how often: after that, only letting some through can tell more. */
const MAX_REFUSED = 10
const MAX_TRIALS = 100

export function createBreaker(options: BreakerOptions): Breaker {
  const { sources, check, timing = DEPLOYED_TIMING, onChange, onProblem, now = Date.now } = options
  const inTurn = pLimit(1)
  let openedAt = Number.NEGATIVE_INFINITY
  let storedAt = Number.NEGATIVE_INFINITY
  const refused = new Map<string, SqsRecord>()

  const circumstances = () => ({ timing, now: now(), random: (options.random ?? Math.random)() })
  const change = async (before: BreakerState, after: BreakerState) => {
    await sources.apply(after)
    if (after.state !== before.state) onChange?.(after)
    return after
  }

  /** What fails for the first time has lost nothing yet, and a store that took something meanwhile does work. */
  const wasFooled = ({ state, since }: BreakerState, records: readonly SqsRecord[]) => {
    const tookSome = storedAt > openedAt && (state === 'closed' || storedAt >= Date.parse(since))
    return !tookSome && records.some(cameBack)
  }

  /** Many batches fail at once: those that began before it opened have nothing to add. */
  const open = (reason: string, beganAt: number, records: readonly SqsRecord[]) =>
    inTurn(async () => {
      if (beganAt <= openedAt) return
      const before = await sources.read()
      const isOld = before.state !== 'open' && Date.parse(before.since) > beganAt
      if (isOld) return
      const after = trip(before, reason, { ...circumstances(), wasFooled: wasFooled(before, records) })
      await change(before, after)
      openedAt = now()
    })

  const conclude = (probed: BreakerState, failure: string | undefined) =>
    inTurn(async () => {
      const before = await sources.read()
      const isOvertaken = before.state !== probed.state || before.since !== probed.since
      if (isOvertaken) return before
      const after =
        failure === undefined ? pass(before, circumstances()) : fail(before, failure, circumstances())
      if (after.state === 'closed') refused.clear()
      return await change(before, after)
    })

  const remember = (records: readonly SqsRecord[]) => {
    for (const record of records) {
      if (refused.size < MAX_REFUSED) refused.set(record.messageId, record)
    }
  }

  const failureIn = async ({ failed_probes, reason }: BreakerState): Promise<string | undefined> => {
    try {
      await check(failed_probes < MAX_TRIALS ? [...refused.values()] : [], reason)
      return undefined
    } catch (error) {
      onProblem?.(error)
      return codeOf(error)
    }
  }

  return {
    guard: (ingester) => async (event, invocation) => {
      const beganAt = now()
      try {
        const answer = await ingester(event, invocation)
        if (answer.batchItemFailures.length < event.Records.length) storedAt = now()
        return answer
      } catch (error) {
        if (error instanceof OutageError) {
          remember(event.Records)
          const opened = open(error.code, beganAt, event.Records).catch((problem: unknown) =>
            onProblem?.(problem),
          )
          const left = (invocation?.getRemainingTimeInMillis() ?? OPENING_MS) - RESERVE_MS
          await Promise.race([
            opened,
            sleep(Math.min(OPENING_MS, Math.max(left, 0)), undefined, { ref: false }),
          ])
        }
        throw error
      }
    },
    async probe({ evenIfNotDue = false } = {}) {
      const before = await sources.read()
      if (before.state === 'closed') {
        const isSettling = now() - Date.parse(before.since) < SETTLING_MS
        if (isSettling) await inTurn(() => sources.apply(before))
        return before
      }
      if (evenIfNotDue || Date.parse(before.next_probe_at) <= now()) {
        return await conclude(before, await failureIn(before))
      }
      // What was applied in part, or undone from outside, is put right.
      return await inTurn(async () => {
        const current = await sources.read()
        return await change(current, current)
      })
    },
  }
}

function cameBack({ attributes }: SqsRecord): boolean {
  return Number(attributes.ApproximateReceiveCount ?? 1) > 1
}

function codeOf(error: unknown): string {
  return error instanceof OutageError ? error.code : classify(error).code
}
