import { renderTable } from '../output/output.ts'
import { printable } from '../output/printable.ts'
import { type DeadLetterGroup, type DeadLetterSummary, keyOf, kindOf } from './dead-letters.ts'

/** What `polo dlq ls` found. */
export interface DeadLetterList {
  readonly groups: readonly DeadLetterGroup[]
  readonly messages: readonly DeadLetterSummary[]
  /** Messages that somebody else was reading all the while. */
  readonly hidden: number
}

const MAX_LISTED = 20

/** The groups, then the messages of each. */
export function renderDeadLetters({ groups, messages, hidden }: DeadLetterList, now: Date): string {
  const rest = hidden > 0 ? `\n${describeHidden(hidden)}` : ''
  if (groups.length === 0) return `There are no dead letters.${rest}`
  const members = Map.groupBy(messages, (letter) => keyOf(kindOf(letter, now)))
  const lists = groups.map((group) => renderGroup(group, members.get(keyOf(group)) ?? []))
  const next = `See one: polo dlq show MESSAGE_ID. Send them back: polo dlq redrive --all --dry-run${rest}`
  return [renderGroups(groups), ...lists, next].join('\n\n')
}

/** The groups as a table. */
export function renderGroups(groups: readonly DeadLetterGroup[]): string {
  return renderTable(
    ['reason', 'schema', 'collector', 'age', 'messages', 'rows', 'oldest'],
    groups.map((group) => [
      printable(group.reason),
      printable(group.schema),
      printable(group.collector),
      group.age,
      group.messages,
      group.rows,
      describeAge(group.oldest_age_seconds),
    ]),
  )
}

/** What to do about messages that could not be read. */
export function describeHidden(hidden: number): string {
  return `${hidden} more being read by somebody else at the moment: look again in half a minute.`
}

/** Seconds as people say them: `40 s`, `12 min`, `5 h`, `3 days`. */
export function describeAge(seconds: number): string {
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 2 * 86_400) return `${Math.floor(seconds / 3_600)} h`
  return `${Math.floor(seconds / 86_400)} days`
}

function renderGroup(group: DeadLetterGroup, letters: readonly DeadLetterSummary[]): string {
  const title = [group.reason, group.schema, group.collector, group.age]
    .filter(Boolean)
    .map((text) => printable(text))
  const lines = letters
    .slice(0, MAX_LISTED)
    .map(({ message_id, message }) => `  ${printable(message_id)}  ${printable(message, 100)}`.trimEnd())
  const more = letters.length - lines.length
  return [`${title.join(' ')}:`, ...lines, ...(more > 0 ? [`  ${more} more; all with --json`] : [])].join(
    '\n',
  )
}
