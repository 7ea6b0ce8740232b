import type { Command } from 'commander'
import { type DeadLetterSummary, groupDeadLetters, summarize } from '../dead-letters/dead-letters.ts'
import { decodeDeadLetter } from '../dead-letters/decode-dead-letter.ts'
import { type PeekedMessage, peekMessages } from '../dead-letters/peek-messages.ts'
import { renderDeadLetter, toJson } from '../dead-letters/render-dead-letter.ts'
import { describeHidden, renderDeadLetters } from '../dead-letters/render-dead-letters.ts'
import { type DeadLetterQueue, withDeadLetterQueue } from '../dead-letters/with-dead-letter-queue.ts'
import { UsageError } from '../errors.ts'
import { printable, printableJson } from '../printable.ts'
import type { GlobalOptions } from '../settings.ts'

export function addDlq(program: Command): void {
  const dlq = program
    .command('dlq')
    .description('what could not be stored, and why: the dead-letter queue')
    .addHelpText('after', HELP)
  dlq
    .command('ls')
    .description('list the dead letters by reason, schema and collector')
    .addHelpText('after', HELP)
    .action((options: GlobalOptions) => withDeadLetterQueue(options, list))
  dlq
    .command('show')
    .description('show a dead letter: its envelope, its rows, and what is wrong with them')
    .argument('<message id>', 'as polo dlq ls lists it')
    .addHelpText('after', HELP)
    .action((id: string, options: GlobalOptions) => withDeadLetterQueue(options, (queue) => show(id, queue)))
}

async function list(queue: DeadLetterQueue): Promise<void> {
  const { output } = queue
  const messages: DeadLetterSummary[] = []
  const hidden = await peekMessages(queue, (message) => {
    messages.push(summarize(message))
    output.progress(`reading dead letters: ${messages.length}`)
    return false
  })
  messages.sort((a, b) => a.sent_at.localeCompare(b.sent_at))
  const report = { groups: groupDeadLetters(messages, new Date()), messages, hidden }
  output.data(output.isJson ? printableJson(report) : renderDeadLetters(report))
}

async function show(id: string, queue: DeadLetterQueue): Promise<void> {
  const { output } = queue
  const message = await findMessage(id, queue)
  const detail = { summary: summarize(message), message, decoded: await decodeDeadLetter(message.body) }
  output.data(output.isJson ? printableJson(toJson(detail)) : renderDeadLetter(detail, new Date()))
}

async function findMessage(id: string, queue: DeadLetterQueue): Promise<PeekedMessage> {
  let found: PeekedMessage | undefined
  let others = 0
  const hidden = await peekMessages(queue, (message) => {
    if (message.id === id) found = message
    else others++
    queue.output.progress(`reading dead letters: ${others}`)
    return found !== undefined
  })
  queue.output.clearProgress()
  if (found) return found
  const why = hidden > 0 ? describeHidden(hidden) : 'List what is there: polo dlq ls'
  throw new UsageError(
    `there is no dead letter '${printable(id, 100)}' among the ${others} in the queue. ${why}`,
  )
}

const HELP = `
Looking leaves every message in the queue. It hides each for a few seconds from other readers (longer where a
queue takes long to read), and SQS counts it as received.

POLO_DEAD_LETTER_QUEUE_URL names the dead-letter queue of a deployed Polo; without it, the local one is read.

Examples:
  polo dlq ls
  polo dlq ls --json | jq -r '.messages[] | select(.reason == "rejected_rows").message_id'
  polo dlq show 6f1c2a34-5b6d-4e7f-8a90-b1c2d3e4f506
`
