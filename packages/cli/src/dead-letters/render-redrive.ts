import { printable } from '../output/printable.ts'
import type { PatchedRow } from './patch-letter.ts'
import type { LeftLetter, RedriveReport } from './redrive.ts'
import { describeHidden } from './render-dead-letters.ts'

const MAX_IDS = 3

/** The report for people. */
export function renderRedrive(report: RedriveReport): string {
  const { dry_run, redriven, rows, messages_sent, stray_rows, left, hidden, missing_ids, unfinished } = report
  const did = dry_run ? 'Would redrive' : 'Redriven:'
  const parts = messages_sent > redriven ? `, in ${count(messages_sent, 'message')}` : ''
  return [
    `${did} ${count(redriven, 'dead letter')} with ${count(rows, 'row')}${parts}.`,
    ...report.samples.map(renderSample),
    ...(stray_rows > 0
      ? [
          `The patch changes ${count(stray_rows, 'row')} in a column that was not at fault: is it meant for them?`,
        ]
      : []),
    ...(left.length > 0 ? [renderLeft(left, dry_run)] : []),
    ...missing_ids.map((id) => `There is no dead letter '${printable(id, 100)}'.`),
    ...(hidden > 0 ? [describeHidden(hidden)] : []),
    ...(unfinished
      ? ['Ended early. What was not redriven is still a dead letter: run the same command again.']
      : []),
    ...(dry_run ? ['Nothing was sent.'] : []),
  ].join('\n')
}

/** The columns that the patch changes, in one row. */
function renderSample({ row, before, after }: PatchedRow): string {
  const columns = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  const changes = columns
    .map((column) => ({ column, old: toText(before[column]), now: toText(after[column]) }))
    .filter(({ old, now }) => old !== now)
    .map(({ column, old, now }) => `    ${printable(column, 100)}: ${old} -> ${now}`)
  return [`  Row ${row} of its block:`, ...changes].join('\n')
}

function renderLeft(left: readonly LeftLetter[], isDryRun: boolean): string {
  const groups = Map.groupBy(left, ({ reason, why }) => JSON.stringify([reason, why]))
  const lines = [...groups.values()].flatMap((letters) => {
    const [first] = letters
    const ids = letters.slice(0, MAX_IDS).map(({ message_id }) => printable(message_id, 100))
    const more = letters.length > MAX_IDS ? ', …' : ''
    return first
      ? [`  ${letters.length} ${hint(first)}: ${printable(first.why)} (${ids.join(', ')}${more})`]
      : []
  })
  const verb = isDryRun ? 'would stay' : 'stayed'
  return [`${count(left.length, 'dead letter')} that matched ${verb}:`, ...lines].join('\n')
}

const HINTS: Readonly<Record<LeftLetter['reason'], string>> = {
  needs_force: 'not sent without --force',
  still_wrong: 'wrong after the patch, not sent without --force',
  cannot_be_patched: 'cannot be patched',
  patch_changes_nothing: 'not sent',
  refused_again: 'back again',
  sent_since: 'not sent',
  send_failed: 'not taken by the events queue',
  delete_failed: 'sent and still here; sent again, they are stored once',
}

function hint({ reason }: LeftLetter): string {
  return HINTS[reason]
}

function toText(value: unknown): string {
  return value === undefined ? '(none)' : printable(JSON.stringify(value))
}

function count(amount: number, noun: string): string {
  return `${amount.toLocaleString('en-US')} ${noun}${amount === 1 ? '' : 's'}`
}
