import { SendMessageCommand } from '@aws-sdk/client-sqs'
import { describeError } from '../output/describe-error.ts'
import { readFields } from './decode-dead-letter.ts'
import type { MessageHold } from './message-holds.ts'
import type { SendPlan } from './plan-redrive.ts'
import { createRateLimit } from './rate-limit.ts'
import type { DeadLetterQueue } from './with-dead-letter-queue.ts'

export interface MoverOptions {
  readonly targetUrl: string
  /** Messages a second. */
  readonly rate: number
  /** Counts only. */
  readonly isDryRun: boolean
}

export interface MoveFailure {
  readonly reason: 'send_failed' | 'delete_failed'
  readonly why: string
}

export interface MoveCounts {
  /** Letters that the events queue took and that are out of the dead-letter queue. */
  readonly redriven: number
  readonly rows: number
  /** Rows that the patch changed in a column that was not at fault. */
  readonly stray_rows: number
  /** More than `redriven` where a patched letter outgrew a message. */
  readonly messages_sent: number
}

/** Moves letters from the dead-letter queue to the events queue, and counts them. */
export interface Mover {
  /** Sends, then deletes; what it resolves to says why the letter is still there. */
  move(plan: SendPlan, hold: MessageHold): Promise<MoveFailure | undefined>
  /** Whether this block was sent. */
  hasSent(blockId: string): boolean
  /** True when one letter after the other failed: the rest would, too. */
  hasGivenUp(): boolean
  counts(): MoveCounts
}

/** A letter must not come back to others between being sent and being deleted. */
const HIDDEN_WHILE_MOVED_SECONDS = 20
const HIDDEN_WHILE_DELETED_SECONDS = 5
const MAX_FAILURES_IN_A_ROW = 5

export function createMover({ sqs, signal }: DeadLetterQueue, options: MoverOptions): Mover {
  const takeTurn = createRateLimit(options.rate)
  const sent = new Set<unknown>()
  const counts = { redriven: 0, rows: 0, stray_rows: 0, messages_sent: 0 }
  let failuresInARow = 0

  async function send(body: string, hold: MessageHold): Promise<void> {
    await takeTurn(signal)
    await hold.keep(HIDDEN_WHILE_MOVED_SECONDS)
    sent.add(readFields(body)?.block_id)
    await sqs.send(new SendMessageCommand({ QueueUrl: options.targetUrl, MessageBody: body }))
    counts.messages_sent++
  }

  async function attempt({ bodies }: SendPlan, hold: MessageHold): Promise<MoveFailure | undefined> {
    try {
      for (const body of bodies) await send(body, hold)
    } catch (error) {
      return { reason: 'send_failed', why: describeError(error) }
    }
    try {
      // By a hold that has run out, SQS says that it deletes, and may not.
      await hold.keep(HIDDEN_WHILE_DELETED_SECONDS)
      await hold.remove()
      return undefined
    } catch (error) {
      const why = `it was sent, but could not be deleted: ${describeError(error)}`
      return { reason: 'delete_failed', why }
    }
  }

  return {
    async move(plan, hold) {
      const failure = options.isDryRun ? undefined : await attempt(plan, hold)
      failuresInARow = failure ? failuresInARow + 1 : 0
      if (failure) return failure
      counts.redriven++
      counts.rows += plan.rows
      counts.stray_rows += plan.strayRows
      if (options.isDryRun) counts.messages_sent += plan.bodies.length
      return undefined
    },
    hasSent: (blockId) => sent.has(blockId),
    hasGivenUp: () => failuresInARow >= MAX_FAILURES_IN_A_ROW,
    counts: () => ({ ...counts }),
  }
}
