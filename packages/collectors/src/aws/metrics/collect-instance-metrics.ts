import type { Observation } from '../../collector.ts'
import { costOfMetrics, metricsFor } from '../../paid-calls/paid-calls.ts'
import type { LookPlan } from '../../paid-calls/plan-looks.ts'
import type { Context } from './clients.ts'
import { findMetrics, SHOWN_MS } from './find-metrics.ts'
import { type LookWindow, lookWindow, nextStart, withinReach } from './look-window.ts'
import { type Memory, mergeEnded, readMemory } from './memory.ts'
import { readDatapoints } from './read-datapoints.ts'
import { type Instances, readInstances } from './read-instances.ts'

const MINUTE_MS = 60_000
/** Of a region whose metrics are not known yet. */
const LEAST_USD = costOfMetrics({ metrics: 1, listRequests: 1 })
/** Between looks, so that none has gone from EC2's answers meanwhile. */
const WATCH_MS = 30 * MINUTE_MS
/** Where no look fits the budget: what one costs changes with the instances. */
const RELIST_MS = 24 * 60 * MINUTE_MS
/** How far a region without instances may be behind: as far as a first look goes back. */
const IDLE_MS = 180 * MINUTE_MS

/** Looks where it is the slot's turn, and says by a note where it is not: nothing is then known to be absent. */
export async function* collectInstanceMetrics(context: Context): AsyncGenerator<Observation> {
  const { budget, slot } = context
  const memory = await readMemory(context)
  const plan = memory.lookUsd > 0 ? budget.plan(memory.lookUsd) : undefined
  if (plan && !plan.isDue && !isListingDue(context, memory, plan)) return await watch(context, memory)
  const window = lookWindow(slot, memory.until ? new Date(memory.until) : undefined)
  const instances = await readInstances(context, window.start)
  if (mayHaveMetrics(context, instances, memory)) yield* look(context, { instances, window, memory })
  else rest(context, window, memory)
}

/** What a look costs is asked again where none fits the budget: it may be less by now. */
function isListingDue(context: Context, { listedAt }: Memory, { intervalMs }: LookPlan): boolean {
  return intervalMs === undefined && isSince(context, listedAt, RELIST_MS) && canList(context)
}

function canList({ budget }: Context): boolean {
  return budget.spentUsd() + LEAST_USD <= budget.monthlyUsd
}

function isSince({ slot }: Context, time: string | undefined, ms: number): boolean {
  return time === undefined || slot.getTime() - Date.parse(time) >= ms
}

/** Between looks: remembers the instances that end, since by the next look neither EC2 nor CloudWatch may name them. */
async function watch(context: Context, memory: Memory): Promise<void> {
  const { budget, slot, state } = context
  if (!memory.until || budget.monthlyUsd === 0 || !isSince(context, memory.seenAt, WATCH_MS)) return
  const { start } = lookWindow(slot, new Date(memory.until))
  const { ended } = await readInstances(context, start)
  const all = mergeEnded(slot, start, memory.ended, ended)
  state.write({ ...memory, seenAt: slot.toISOString(), ended: all } satisfies Memory)
}

/** Where EC2 was not asked for long, there may have been instances that have come and gone since. */
function mayHaveMetrics(
  context: Context,
  { subjects }: Instances,
  { lookUsd, seenAt, ended }: Memory,
): boolean {
  return subjects.size > 0 || ended.length > 0 || (lookUsd > 0 && isSince(context, seenAt, SHOWN_MS))
}

/** Of a region without instances. What would be remembered each time is not worth what storing it costs. */
function rest({ budget, state }: Context, { end }: LookWindow, { lookUsd, until }: Memory): void {
  if (lookUsd > 0) budget.plan(0)
  const isKnown = lookUsd === 0 && until !== undefined
  if (isKnown && end.getTime() - Date.parse(until) < IDLE_MS) return
  state.write({ until: end.toISOString(), lookUsd: 0, ended: [], timesUp: 0 } satisfies Memory)
}

interface Look {
  readonly instances: Instances
  readonly window: LookWindow
  readonly memory: Memory
}

async function* look(context: Context, { instances, window, memory }: Look): AsyncGenerator<Observation> {
  const { budget, signal, slot, state } = context
  if (!canList(context)) {
    budget.plan(Math.max(memory.lookUsd, LEAST_USD))
    return
  }
  const ended = mergeEnded(slot, window.start, memory.ended, instances.ended)
  const { series, requests } = await findMetrics(context, { instances, ended, window })
  const lookUsd = costOfMetrics({ metrics: series.length, listRequests: requests })
  const at = slot.toISOString()
  const listed = { lookUsd, listedAt: at, seenAt: at }
  const left: Memory = { ...memory, ...listed, ended }
  // Also where the look then fails: the next slots must know what they plan for.
  state.write(left)
  if (!budget.plan(lookUsd).isDue) return
  const metrics = Math.max(series.length, metricsFor(budget.dueUsd()))
  const within = withinReach(window, { metrics, timesUp: memory.timesUp })
  if (memory.until && within.start > window.start) context.note(describeGap(window, within))
  // Stands where the time is up, since nothing comes after that.
  state.write({ ...left, timesUp: memory.timesUp + 1 } satisfies Memory)
  let isWhole = false
  try {
    isWhole = (yield* readDatapoints(context, series, within)) && instances.isWhole
  } finally {
    if (!signal.aborted) state.write(isWhole ? afterLook(context, window, left) : left)
  }
}

function afterLook({ slot }: Context, window: LookWindow, left: Memory): Memory {
  const ended = mergeEnded(slot, nextStart(window), left.ended)
  return { ...left, until: window.end.toISOString(), ended, timesUp: 0 }
}

function describeGap(window: LookWindow, within: LookWindow): string {
  const [from, to] = [window.start.toISOString(), within.start.toISOString()]
  return `datapoints from ${from} to ${to} were not read: with them there are more than one run can read`
}
