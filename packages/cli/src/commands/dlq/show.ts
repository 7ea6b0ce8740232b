import type { Command } from 'commander'
import { summarize } from '../../dead-letters/dead-letters.ts'
import { decodeDeadLetter } from '../../dead-letters/decode-dead-letter.ts'
import { type PeekedMessage, peekMessages } from '../../dead-letters/peek-messages.ts'
import { renderDeadLetter, toJson } from '../../dead-letters/render-dead-letter.ts'
import { describeHidden } from '../../dead-letters/render-dead-letters.ts'
import { type DeadLetterQueue, withDeadLetterQueue } from '../../dead-letters/with-dead-letter-queue.ts'
import { UsageError } from '../../errors.ts'
import { printable } from '../../output/printable.ts'
import type { GlobalOptions } from '../../session/settings.ts'

export function addShow(dlq: Command): void {
  dlq
    .command('show')
    .description('show a dead letter: its envelope, its rows, and what is wrong with them')
    .argument('<message id>', 'as polo dlq ls lists it')
    .action((id: string, options: GlobalOptions) => withDeadLetterQueue(options, (queue) => show(id, queue)))
}

async function show(id: string, queue: DeadLetterQueue): Promise<void> {
  const { output } = queue
  const message = await findMessage(id, queue)
  const detail = { summary: summarize(message), message, decoded: await decodeDeadLetter(message.body) }
  if (output.isJson) output.json(toJson(detail))
  else output.data(renderDeadLetter(detail, new Date()))
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
