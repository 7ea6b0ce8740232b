import { printable } from '../output/printable.ts'
import type { DeadLetterSummary } from './dead-letters.ts'
import { type LetterFilter, matchesFilter } from './letter-filter.ts'

/** Tells letters that are meant from the others, and remembers enough to say why none was meant. */
export interface Selection {
  /** Whether the letter is meant; to be asked once of each. */
  takes(letter: DeadLetterSummary): boolean
  readonly matched: number
  readonly others: number
  /** Ids that were asked for and not met. */
  missingIds(): string[]
  /** For people, when nothing was meant. */
  describeNone(): string
}

const MAX_NAMES = 20

export function createSelection(filter: LetterFilter): Selection {
  const met = new Set<string>()
  const present = {
    reason: new Map<string, number>(),
    schema: new Map<string, number>(),
    collector: new Map<string, number>(),
  }
  let others = 0
  let matched = 0
  return {
    takes(letter) {
      const isMeant = matchesFilter(letter, filter)
      if (isMeant) matched++
      else others++
      if (filter.ids?.includes(letter.message_id)) met.add(letter.message_id)
      count(present.reason, letter.reason)
      count(present.schema, letter.schema)
      count(present.collector, letter.collector)
      return isMeant
    },
    get matched() {
      return matched
    },
    get others() {
      return others
    },
    missingIds: () => (filter.ids ?? []).filter((id) => !met.has(id)),
    describeNone() {
      if (others === 0) return 'There are no dead letters.'
      const names = Object.entries(present).map(([name, counts]) => `  ${name}: ${describeCounts(counts)}`)
      return [`None of the ${others} dead letters matches. There are:`, ...names].join('\n')
    },
  }
}

function count(counts: Map<string, number>, name: string): void {
  // Names are the sender's: a hostile one makes up a new one for each message.
  if (counts.has(name) || counts.size < MAX_NAMES) counts.set(name, (counts.get(name) ?? 0) + 1)
}

function describeCounts(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .map(([name, messages]) => `${name === '' ? '(none)' : printable(name, 100)} ${messages}`)
    .join(', ')
}
