import * as z from 'zod'
import type { Context } from './ask-cost-explorer.ts'
import type { Day } from './days.ts'

const DayText = z.string().regex(/^\d{4}-\d\d-\d\d$/)

/** What a run leaves for those after it. */
const Remembered = z.object({
  v: z.literal(1),
  /** The last look at the days that AWS may still change, how many they were, and what that took. */
  look: z.object({
    on: DayText,
    days: z.int().positive(),
    queries: z.int().positive(),
    requests: z.int().positive(),
  }),
  /** By the first day of each month that has ended: when it was last read whole. */
  months: z.record(DayText, DayText),
  /** By account: when its usage types were last read. */
  usageTypes: z.record(z.string(), DayText),
})
export type Remembered = z.infer<typeof Remembered>

/** With these months read on that day. */
export function readOn(months: Remembered['months'], read: readonly Day[], day: Day): Remembered['months'] {
  return { ...months, ...Object.fromEntries(read.map((month) => [month, day])) }
}

/**
 * Undefined at first, and where another release left what this one cannot read. Of a slot that is made up for, what later ones
 * left tells as well what there is to pay for.
 */
export async function remember({
  state,
  note,
}: Pick<Context, 'state' | 'note'>): Promise<Remembered | undefined> {
  const left = (await state.read()) ?? (await state.readLater())
  if (left === undefined) return undefined
  const parsed = Remembered.safeParse(left)
  if (!parsed.success) note('what an earlier run left cannot be read: all months are read anew')
  return parsed.data
}
