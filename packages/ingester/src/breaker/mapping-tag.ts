import * as z from 'zod'
import { BreakerState } from './breaker-state.ts'

/** The tag on an event source mapping that remembers what the breaker did to it. */
export const MAPPING_TAG = 'polo:breaker'

/** The breaker's state as applied to one mapping, and what to bring that mapping back to. */
export const MappingMemory = BreakerState.extend({
  /** False where an operator had disabled it before: it is none of the breaker's business then. */
  enabled: z.boolean(),
  /** Its own maximum concurrency; null where it has none. */
  concurrency: z.int().nullable(),
})
export type MappingMemory = z.infer<typeof MappingMemory>

/** What a failure's code may hold besides, a tag may not. */
const NOT_IN_TAGS = /[^\w.:/=+@-]/g
const MAX_REASON = 40

const TagFields = MappingMemory.extend({
  failed_probes: z.coerce.number().pipe(z.int().nonnegative()),
  relapses: z.coerce.number().pipe(z.int().nonnegative()),
  enabled: z.stringbool(),
  concurrency: z.union([z.literal('').transform(() => null), z.coerce.number().pipe(z.int())]),
})

/** As `name=value` pairs with a space in between: tags hold 256 characters, and neither commas nor quotes. */
export function formatTag(memory: MappingMemory): string {
  const reason = memory.reason.replace(NOT_IN_TAGS, '_').slice(0, MAX_REASON)
  return Object.entries({ ...memory, reason, concurrency: memory.concurrency ?? '' })
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
}

/** Undefined where there is no tag of ours, or one that makes no sense. */
export function parseTag(tag: string | undefined): MappingMemory | undefined {
  if (tag === undefined) return undefined
  const pairs = tag.split(' ').map((pair): [string, string] => {
    const end = pair.indexOf('=')
    return [pair.slice(0, end), pair.slice(end + 1)]
  })
  return TagFields.safeParse(Object.fromEntries(pairs)).data
}
