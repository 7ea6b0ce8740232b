import type { Command } from 'commander'
import { type DeadLetterSummary, groupDeadLetters, summarize } from '../../dead-letters/dead-letters.ts'
import { addFilterOptions, type FilterFlags, readFilter } from '../../dead-letters/letter-filter.ts'
import { peekMessages } from '../../dead-letters/peek-messages.ts'
import { renderDeadLetters } from '../../dead-letters/render-dead-letters.ts'
import { createSelection } from '../../dead-letters/selection.ts'
import { type DeadLetterQueue, withDeadLetterQueue } from '../../dead-letters/with-dead-letter-queue.ts'
import type { GlobalOptions } from '../../session/settings.ts'

export function addLs(dlq: Command): void {
  addFilterOptions(
    dlq.command('ls').description('list the dead letters by reason, schema, collector and age'),
  )
    .addHelpText('after', HELP)
    .action((flags: FilterFlags & GlobalOptions) => withDeadLetterQueue(flags, (queue) => list(queue, flags)))
}

async function list(queue: DeadLetterQueue, flags: FilterFlags): Promise<void> {
  const { output } = queue
  const now = new Date()
  const selection = createSelection(readFilter(flags, now))
  const messages: DeadLetterSummary[] = []
  const hidden = await peekMessages(queue, (message) => {
    const summary = summarize(message)
    if (selection.takes(summary)) messages.push(summary)
    output.progress(`reading dead letters: ${selection.matched + selection.others}`)
    return false
  })
  messages.sort((a, b) => a.sent_at.localeCompare(b.sent_at))
  const report = { groups: groupDeadLetters(messages, now), messages, hidden, not_matching: selection.others }
  if (output.isJson) output.json(report)
  else if (messages.length === 0 && selection.others > 0) output.data(selection.describeNone())
  else output.data(renderDeadLetters(report, now))
}

const HELP = `
Examples:
  polo dlq ls
  polo dlq ls --reason rejected_rows undecided_rows --since 24h
  polo dlq ls --json | jq -r '.messages[] | select(.rows > 100).message_id'
`
