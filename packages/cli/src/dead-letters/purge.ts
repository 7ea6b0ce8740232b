import { describeError } from '../output/describe-error.ts'
import { type DeadLetterSummary, summarize } from './dead-letters.ts'
import type { LetterFilter } from './letter-filter.ts'
import { peekMessages } from './peek-messages.ts'
import { createSelection, type Selection } from './selection.ts'
import type { DeadLetterQueue } from './with-dead-letter-queue.ts'

/** What a purge would delete. */
export interface PurgeCandidates {
  readonly letters: readonly DeadLetterSummary[]
  readonly hidden: number
  readonly selection: Selection
}

export interface PurgeReport {
  readonly matched: number
  readonly purged: number
  readonly rows: number
  /** Letters that were shown and could not be deleted. */
  readonly failed: readonly { readonly message_id: string; readonly why: string }[]
  /** Letters that were shown and not met again: somebody else took them, or holds them. */
  readonly not_met: readonly string[]
  readonly hidden: number
  readonly missing_ids: readonly string[]
}

const HIDDEN_SECONDS = 20

export async function findPurgeCandidates(
  queue: DeadLetterQueue,
  filter: LetterFilter,
): Promise<PurgeCandidates> {
  const selection = createSelection(filter)
  const letters: DeadLetterSummary[] = []
  const hidden = await peekMessages(queue, (message) => {
    const summary = summarize(message)
    if (selection.takes(summary)) letters.push(summary)
    queue.output.progress(`reading dead letters: ${selection.matched + selection.others}`)
    return false
  })
  return { letters, hidden, selection }
}

/** Deletes the very letters that were shown; what came or changed since stays. */
export async function purge(
  queue: DeadLetterQueue,
  { letters, hidden, selection }: PurgeCandidates,
): Promise<PurgeReport> {
  const { deleted, failed, not_met } = await deleteShown(queue, letters)
  return {
    matched: letters.length,
    purged: deleted.length,
    rows: deleted.reduce((sum, { rows }) => sum + rows, 0),
    failed,
    not_met,
    hidden,
    missing_ids: selection.missingIds(),
  }
}

/** What became of the messages that were to be deleted. */
export interface Deletion<Shown = unknown> extends Pick<PurgeReport, 'failed' | 'not_met'> {
  readonly deleted: readonly Shown[]
}

/** Deletes messages that were shown, and no others. */
export async function deleteShown<Shown extends { readonly message_id: string }>(
  queue: DeadLetterQueue,
  shown: readonly Shown[],
): Promise<Deletion<Shown>> {
  const wanted = new Map(shown.map((letter) => [letter.message_id, letter]))
  const failed: { message_id: string; why: string }[] = []
  const deleted: Shown[] = []
  await peekMessages({ ...queue, hiddenSeconds: HIDDEN_SECONDS }, async (message, hold) => {
    const letter = wanted.get(message.id)
    if (!letter) return wanted.size === 0
    wanted.delete(message.id)
    try {
      await hold.remove()
      deleted.push(letter)
    } catch (error) {
      failed.push({ message_id: message.id, why: describeError(error) })
    }
    queue.output.progress(`purged: ${deleted.length} dead letters`)
    return wanted.size === 0
  })
  return { deleted, failed, not_met: [...wanted.keys()] }
}
