import { COLLECTORS } from '@polo/collectors'
import { renderTable } from '../output/output.ts'
import { printable } from '../output/printable.ts'
import type { DeadJobLetter } from './dead-job-letter.ts'
import { describeHidden } from './render-dead-letters.ts'

/** What `polo jobs ls` found. */
export interface DeadJobList {
  readonly jobs: readonly DeadJobLetter[]
  /** Messages that somebody else was reading all the while. */
  readonly hidden: number
}

const MAX_ERROR = 200

/** What was given up, and how to make up for it. */
export function renderDeadJobs({ jobs, hidden }: DeadJobList): string {
  const rest = hidden > 0 ? [describeHidden(hidden)] : []
  if (jobs.length === 0) return ['No job was given up.', ...rest].join('\n')
  const commands = [...new Set(jobs.flatMap(commandsFor))]
  const advice =
    commands.length === 0
      ? []
      : [
          'To make up for them, as long as AWS still answers for the time (an inventory is always of now):',
          ...commands,
        ]
  const purge = 'Nothing here is tried again by itself. When it is dealt with: polo jobs purge'
  return [renderDeadJobTable(jobs), '', ...advice, purge, ...rest].join('\n')
}

/** A line for each. */
export function renderDeadJobTable(jobs: readonly DeadJobLetter[]): string {
  const rows = jobs.map((job) => [
    toMinute(job.given_up_at),
    printable(job.collector || job.function || '?', 80),
    printable(describeTarget(job), 60),
    toMinute(job.slot) || '?',
    printable(job.error, MAX_ERROR),
  ])
  return renderTable(['given up', 'collector', 'account', 'slot', 'error'], rows)
}

/** The account, or what there is instead of one. */
export function describeTarget({
  kind,
  aws_account_id,
}: Pick<DeadJobLetter, 'kind' | 'aws_account_id'>): string {
  if (kind === 'firing') return 'the whole firing'
  return kind === 'function' ? '' : aws_account_id || '?'
}

/** `2026-03-01 10:15` */
export function toMinute(time: string): string {
  return time.slice(0, 16).replace('T', ' ')
}

/** What comes from a message goes into a command only if it is what it should be. */
function commandsFor({ kind, collector: name, aws_account_id, slot }: DeadJobLetter): string[] {
  const collector = COLLECTORS.find((known) => known.name === name)
  if (!collector || slot === '') return []
  const at = `--slot ${slot.replace('.000Z', 'Z')}`
  if (collector.scope !== 'account') return [`  polo collect ${name} ${at}  (as the account that it reads)`]
  if (kind === 'firing') return [`  polo collect ${name} --all-accounts ${at}`]
  if (!/^\d{12}$/.test(aws_account_id)) return []
  return [`  polo collect ${name} --all-accounts --account ${aws_account_id} ${at}`]
}
