import type { Command } from 'commander'
import { addExport } from './dlq/export.ts'
import { addLs } from './dlq/ls.ts'
import { addPurge } from './dlq/purge.ts'
import { addRedrive } from './dlq/redrive.ts'
import { addShow } from './dlq/show.ts'

export function addDlq(program: Command): void {
  const dlq = program
    .command('dlq')
    .description('what could not be stored, and why: the dead-letter queue')
    .addHelpText('after', HELP)
  for (const add of [addLs, addShow, addRedrive, addExport, addPurge]) add(dlq)
}

const HELP = `
Reading leaves every message in the queue. It hides each for a few seconds from other readers (longer where a
queue takes long to read), and SQS counts it as received.

POLO_DEAD_LETTER_QUEUE_URL names the dead-letter queue of a deployed Polo; redrive sends to POLO_BACKFILL_QUEUE_URL
or else to POLO_QUEUE_URL. Without them, the local queues are meant.

Examples:
  polo dlq ls
  polo dlq show 6f1c2a34-5b6d-4e7f-8a90-b1c2d3e4f506
  polo dlq redrive --reason rejected_rows --patch '{"unit":"GiB"}' --dry-run
  polo dlq export --all --out letters.ndjson
`
