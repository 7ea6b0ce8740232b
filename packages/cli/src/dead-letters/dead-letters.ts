import { readFields } from './decode-dead-letter.ts'
import type { PeekedMessage } from './peek-messages.ts'

/** What a dead letter is about, without its rows. */
export interface DeadLetterSummary {
  readonly message_id: string
  /** A `LetterReason`, or the word of an ingester of another release. */
  readonly reason: string
  readonly code: number
  readonly schema: string
  readonly collector: string
  /** Rows that it says it holds; 0 where it says nothing. */
  readonly rows: number
  readonly sent_at: string
  readonly receives: number
  readonly message: string
}

const AGES = [
  ['up to 1 hour', 3_600],
  ['up to 1 day', 86_400],
  ['up to 7 days', 7 * 86_400],
] as const
const OLDEST = 'over 7 days'

/** What letters of one group have in common. */
export interface LetterKind {
  readonly reason: string
  readonly schema: string
  readonly collector: string
  /** How long ago it was sent; SQS deletes it after 14 days. */
  readonly age: (typeof AGES)[number][0] | typeof OLDEST
}

/** Dead letters of one kind. */
export interface DeadLetterGroup extends LetterKind {
  readonly messages: number
  readonly rows: number
  readonly oldest_at: string
  readonly oldest_age_seconds: number
}

/** The attributes say it; where there was no room for them, or SQS moved the message, the body does. */
export function summarize({ id, body, attributes, sentAt, ...message }: PeekedMessage): DeadLetterSummary {
  const fields = readFields(body) ?? {}
  const text = (name: string) => attributes[name] ?? (typeof fields[name] === 'string' ? fields[name] : '')
  const moved = message.sourceQueueArn === undefined ? 'unknown' : 'received_too_often'
  const derived = Array.isArray(fields.errors) ? 'rejected_rows' : moved
  return {
    message_id: id,
    reason: attributes.reason ?? derived,
    code: Number(attributes.code ?? 0) || 0,
    schema: text('schema'),
    collector: text('collector'),
    rows: Number.isSafeInteger(fields.rows) ? Math.max(0, Number(fields.rows)) : 0,
    sent_at: sentAt.toISOString(),
    receives: message.receives,
    message: attributes.message ?? '',
  }
}

/** Groups by reason, schema, collector and age, the largest first. */
export function groupDeadLetters(letters: readonly DeadLetterSummary[], now: Date): DeadLetterGroup[] {
  const groups = [...Map.groupBy(letters, (letter) => keyOf(kindOf(letter, now))).values()]
  return groups
    .flatMap((group) => toGroup(group, now))
    .sort((a, b) => b.messages - a.messages || keyOf(a).localeCompare(keyOf(b)))
}

export function kindOf({ reason, schema, collector, sent_at }: DeadLetterSummary, now: Date): LetterKind {
  const seconds = ageInSeconds(sent_at, now)
  const [age = OLDEST] = AGES.find(([, limit]) => seconds <= limit) ?? []
  return { reason, schema, collector, age }
}

/** The same for all letters of a kind. */
export function keyOf({ reason, schema, collector, age }: LetterKind): string {
  return JSON.stringify([reason, schema, collector, age])
}

function toGroup(letters: readonly DeadLetterSummary[], now: Date): DeadLetterGroup[] {
  const [oldest] = letters.toSorted((a, b) => a.sent_at.localeCompare(b.sent_at))
  if (!oldest) return []
  return [
    {
      ...kindOf(oldest, now),
      messages: letters.length,
      rows: letters.reduce((sum, { rows }) => sum + rows, 0),
      oldest_at: oldest.sent_at,
      oldest_age_seconds: ageInSeconds(oldest.sent_at, now),
    },
  ]
}

function ageInSeconds(sentAt: string, now: Date): number {
  return Math.max(0, Math.round((now.getTime() - Date.parse(sentAt)) / 1000))
}
