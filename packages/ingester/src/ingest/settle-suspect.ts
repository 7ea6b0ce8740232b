import { EnvelopeError, type ParsedEnvelope, UnknownEnvelopeError } from '@polo/core'
import { letterOfMessage } from '../dead-letters/dead-letter.ts'
import type { Attempts } from './attempts.ts'
import { entriesOfWhole, writeLedger } from './ledger.ts'
import { parseWithinBounds } from './open-message.ts'
import type { MessageReport, SettleContext } from './settle-message.ts'
import { bury, type SettleTogetherOptions, settleTogether } from './settle-together.ts'
import type { SqsRecord } from './sqs-event.ts'

/** An outage costs a message no more receives than this; what comes back oftener may be what ends the process. */
const UNSUSPICIOUS_RECEIVES = 3
/** One death may be a deploy, and two an accident. */
const MAX_DEATHS = 3
const REASON = 'kills_the_ingester'
const MESSAGE = `the ingester's process ended ${MAX_DEATHS} times while it worked on this message alone`

/** Whether a message came back so often that it must be tried alone. One that waits for a later release is known to be harmless. */
export function isSuspect({ attributes, body }: SqsRecord): boolean {
  return Number(attributes.ApproximateReceiveCount ?? 1) > UNSUSPICIOUS_RECEIVES && !waitsForRelease(body)
}

/**
 * Settles a message alone, between two marks in the database, so that it is known which message a process died of.
 * @throws OutageError
 */
export async function settleSuspect(
  record: SqsRecord,
  options: SettleTogetherOptions & { readonly attempts: Attempts },
  context: SettleContext,
): Promise<MessageReport> {
  const { attempts } = options
  if ((await attempts.countDeaths(record.body, context)) >= MAX_DEATHS)
    return await convict(record, options, context)
  const [report] = await attempts.during(record.body, context, () =>
    settleTogether([record], options, context),
  )
  if (!report) throw new Error('a message was settled without a report')
  return report
}

/** The body goes as it came: whatever reads its rows may be what kills. */
async function convict(
  record: SqsRecord,
  options: SettleTogetherOptions,
  context: SettleContext,
): Promise<MessageReport> {
  const parsing = parseIfPossible(record.body)
  const parsed = parsing === 'not_yet' ? undefined : parsing
  const letter = letterOfMessage(record, { reason: REASON, message: MESSAGE, parsed })
  const { report, entries } = await bury(
    {
      report: {
        messageId: record.messageId,
        outcome: 'dead',
        reason: REASON,
        code: 0,
        schema: letter.schema,
        collector: letter.collector,
        blockId: parsed?.block.blockId ?? '',
        createdAt: parsed?.envelope.created_at ?? '',
        rowsStored: 0,
        rowsDead: parsed?.block.rows ?? 0,
      },
      letters: [letter],
      entries: parsed ? entriesOfWhole(parsed.envelope, { reason: REASON, code: 0, message: MESSAGE }) : [],
    },
    options,
  )
  await writeLedger(entries, { ...context, deadline: context.lastMoment })
  options.onMessage?.(report)
  return report
}

function waitsForRelease(body: string): boolean {
  return parseIfPossible(body) === 'not_yet'
}

function parseIfPossible(body: string): ParsedEnvelope | 'not_yet' | undefined {
  try {
    return parseWithinBounds(body)
  } catch (error) {
    if (error instanceof UnknownEnvelopeError) return 'not_yet'
    if (error instanceof EnvelopeError) return undefined
    throw error
  }
}
