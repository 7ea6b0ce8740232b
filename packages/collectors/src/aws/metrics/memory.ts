import * as z from 'zod'
import type { Context } from './clients.ts'

/** An instance that ended since the last look, and whose last datapoints are still to be read. */
const EndedInstance = z.object({
  id: z.string(),
  tags: z.record(z.string(), z.string()),
  platform: z.enum(['linux', 'windows']),
  /** When it ended, or was first seen to have. */
  at: z.iso.datetime(),
})
export type EndedInstance = z.infer<typeof EndedInstance>

/** What a slot leaves for the next one. */
const Memory = z.object({
  /** Up to where every datapoint was read. */
  until: z.iso.datetime().optional(),
  /** What the look cost, so that the next one need not list anything to know that it is not its turn. */
  lookUsd: z.number(),
  /** The slot in which metrics were last listed, which tells what a look costs. */
  listedAt: z.iso.datetime().optional(),
  /** The slot in which EC2 was last asked for instances. */
  seenAt: z.iso.datetime().optional(),
  ended: z.array(EndedInstance).default([]),
  /** Looks in a row whose time was up before they had read everything. */
  timesUp: z.int().nonnegative().default(0),
})
export type Memory = z.infer<typeof Memory>

const NOTHING: Memory = { lookUsd: 0, ended: [], timesUp: 0 }
/** CloudWatch lists no metric that had no datapoint for two weeks. */
const LISTED_MS = 14 * 86_400_000

export async function readMemory({ note, state }: Context): Promise<Memory> {
  const left = await state.read()
  if (left === undefined) return NOTHING
  const { data } = Memory.safeParse(left)
  if (!data) note('what the last look left cannot be read, so this one reads the last 3 hours')
  return data ?? NOTHING
}

/** All that ended, once each, without those that ended before `since` or that CloudWatch has forgotten. */
export function mergeEnded(
  slot: Date,
  since: Date,
  ...lists: readonly (readonly EndedInstance[])[]
): EndedInstance[] {
  const oldest = Math.max(since.getTime(), slot.getTime() - LISTED_MS)
  const newest = new Map(lists.flat().map((ended) => [ended.id, ended]))
  return [...newest.values()].filter(({ at }) => Date.parse(at) >= oldest)
}
