import { summarize } from './dead-letters.ts'
import { readFields } from './decode-dead-letter.ts'
import type { LetterFilter } from './letter-filter.ts'
import type { MergePatch } from './merge-patch.ts'
import type { MessageHold } from './message-holds.ts'
import { createMover, type MoveCounts, type Mover } from './move-letter.ts'
import type { PatchedRow } from './patch-letter.ts'
import { type PeekedMessage, peekMessages } from './peek-messages.ts'
import { planRedrive, type SkipReason } from './plan-redrive.ts'
import { createSelection, type Selection } from './selection.ts'
import type { DeadLetterQueue } from './with-dead-letter-queue.ts'

export interface RedriveOptions {
  readonly filter: LetterFilter
  readonly patch: MergePatch | undefined
  readonly force: boolean
  readonly isDryRun: boolean
  /** Messages a second. */
  readonly rate: number
  /** A queue that the ingester drains. */
  readonly targetUrl: string
}

/** A letter that stayed in the dead-letter queue. */
export interface LeftLetter {
  readonly message_id: string
  readonly reason: SkipReason | 'refused_again' | 'sent_since' | 'send_failed' | 'delete_failed'
  readonly why: string
}

/** What a redrive did, or with a dry run would have done. */
export interface RedriveReport extends MoveCounts {
  readonly dry_run: boolean
  readonly matched: number
  readonly left: readonly LeftLetter[]
  /** Letters that somebody else was reading all the while. */
  readonly hidden: number
  readonly not_matching: number
  readonly missing_ids: readonly string[]
  /** The command was ended early, or gave up. */
  readonly unfinished: boolean
  /** Some of the rows that the patch changes. */
  readonly samples: readonly PatchedRow[]
}

interface Run {
  readonly queue: DeadLetterQueue
  readonly options: RedriveOptions
  readonly startedAt: number
  readonly selection: Selection
  readonly mover: Mover
  readonly left: LeftLetter[]
  readonly samples: PatchedRow[]
}

/** So soon a letter comes back when the command is killed; a redrive that runs again waits for it. */
const HIDDEN_SECONDS = 20
const MAX_SAMPLES = 3
/** By how much the clocks of this machine and of SQS may differ. */
const MAX_SKEW_MS = 300_000

/**
 * Sends the letters that are meant back to the events queue, and deletes each when that queue has taken it.
 * Killed at any point and run again, it sends at most the same bytes again, which are stored once.
 */
export async function redrive(
  queue: DeadLetterQueue,
  options: RedriveOptions,
): Promise<{ report: RedriveReport; selection: Selection }> {
  const selection = createSelection(options.filter)
  const mover = createMover(queue, options)
  const run: Run = { queue, options, startedAt: Date.now(), selection, mover, left: [], samples: [] }
  const hidden = await peekMessages({ ...queue, hiddenSeconds: HIDDEN_SECONDS }, (message, hold) =>
    visit(run, message, hold),
  ).catch((error: unknown) => {
    if (queue.signal.aborted) return 0
    throw error
  })
  const report = {
    dry_run: options.isDryRun,
    matched: selection.matched,
    ...mover.counts(),
    left: run.left,
    hidden,
    not_matching: selection.others,
    missing_ids: selection.missingIds(),
    unfinished: queue.signal.aborted || mover.hasGivenUp(),
    samples: run.samples,
  }
  return { report, selection }
}

/** @returns true when the redrive is over */
async function visit(run: Run, message: PeekedMessage, hold: MessageHold): Promise<boolean> {
  const { queue, selection, mover, options } = run
  if (queue.signal.aborted || mover.hasGivenUp()) return true
  const summary = summarize(message)
  if (!selection.takes(summary)) return false
  const leave = ({ reason, why }: Omit<LeftLetter, 'message_id'>) => {
    run.left.push({ message_id: message.id, reason, why })
    return false
  }
  const obstacle = findObstacle(run, message)
  if (obstacle) return leave(obstacle)
  const plan = await planRedrive({ body: message.body, summary }, options)
  if (plan.kind === 'skip') return leave(plan)
  if (plan.sample && run.samples.length < MAX_SAMPLES) run.samples.push(plan.sample)
  const failure = await mover.move(plan, hold)
  const isInterrupted = queue.signal.aborted && failure?.reason === 'send_failed'
  if (failure && !isInterrupted) leave(failure)
  queue.output.progress(
    `${options.isDryRun ? 'checked' : 'redriven'}: ${mover.counts().redriven} dead letters`,
  )
  return queue.signal.aborted || mover.hasGivenUp()
}

/** What this very redrive sent may be back already; to send it again would never end. */
function findObstacle(
  { mover, startedAt }: Run,
  { sentAt, body }: PeekedMessage,
): Omit<LeftLetter, 'message_id'> | undefined {
  const parent = readFields(body)?.parent_block_id
  const isRecent = sentAt.getTime() > startedAt - MAX_SKEW_MS
  if (isRecent && typeof parent === 'string' && mover.hasSent(parent)) {
    return { reason: 'refused_again', why: 'the ingester has refused these rows again' }
  }
  if (sentAt.getTime() <= startedAt) return undefined
  return { reason: 'sent_since', why: 'it came when the redrive had begun' }
}
