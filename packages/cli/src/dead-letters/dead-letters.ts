import { readFields } from './decode-dead-letter.ts'
import type { PeekedMessage } from './peek-messages.ts'

/** What a dead letter is about, without its rows. */
export interface DeadLetterSummary {
  readonly message_id: string
  /** Why it is dead: the ingester's word, `received_too_often` where SQS moved it, or `unknown`. */
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

/** Dead letters of one kind. */
export interface DeadLetterGroup {
  readonly reason: string
  readonly schema: string
  readonly collector: string
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

/** Groups by reason, schema and collector, the largest first. */
export function groupDeadLetters(letters: readonly DeadLetterSummary[], now: Date): DeadLetterGroup[] {
  const groups = Object.values(Object.groupBy(letters, keyOf)).flatMap((group) =>
    group ? [toGroup(group, now)] : [],
  )
  return groups.sort((a, b) => b.messages - a.messages || keyOf(a).localeCompare(keyOf(b)))
}

/** The same for all letters of a group. */
export function keyOf({
  reason,
  schema,
  collector,
}: Pick<DeadLetterGroup, 'reason' | 'schema' | 'collector'>): string {
  return JSON.stringify([reason, schema, collector])
}

function toGroup(letters: readonly DeadLetterSummary[], now: Date): DeadLetterGroup {
  const oldest = letters.reduce((a, b) => (a.sent_at <= b.sent_at ? a : b))
  return {
    reason: oldest.reason,
    schema: oldest.schema,
    collector: oldest.collector,
    messages: letters.length,
    rows: letters.reduce((sum, { rows }) => sum + rows, 0),
    oldest_at: oldest.sent_at,
    oldest_age_seconds: Math.max(0, Math.round((now.getTime() - Date.parse(oldest.sent_at)) / 1000)),
  }
}
