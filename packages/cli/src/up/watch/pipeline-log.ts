import type { CollectorRun } from '@polo/core'

/** The newest that a record of a run says, as far as a line tells it. */
export type LoggedRun = Pick<
  CollectorRun,
  'run_id' | 'collector' | 'slot' | 'aws_account_id' | 'status' | 'errors'
> & {
  readonly rows: number
}

/** What is seen of a pipeline at one moment; undefined is what could not be seen. */
export interface PipelineSight {
  /** What keeps the ingester from storing. */
  readonly problem: string | undefined
  readonly deadLetters: number | undefined
  readonly runs: readonly LoggedRun[] | undefined
}

/** Tells what is new in each sight of a pipeline, a line each; of the first, only what is wrong. */
export function createPipelineLog(tell: (line: string) => void): (sight: PipelineSight) => void {
  let problem: string | undefined
  let deadLetters: number | undefined
  let known: Set<string> | undefined
  return (sight) => {
    if (sight.problem !== problem) {
      tell(sight.problem === undefined ? 'rows are stored again' : `! not stored: ${sight.problem}`)
      problem = sight.problem
    }
    const more = (sight.deadLetters ?? 0) - (deadLetters ?? sight.deadLetters ?? 0)
    if (more > 0) tell(`! ${more} more dead ${more === 1 ? 'letter' : 'letters'}: see polo dlq ls`)
    deadLetters = sight.deadLetters ?? deadLetters
    if (!sight.runs) return
    const before = known
    if (before)
      for (const run of sight.runs.filter(({ run_id }) => !before.has(run_id))) tell(describeRun(run))
    known = new Set(sight.runs.map(({ run_id }) => run_id))
  }
}

/** `2026-03-01 10:00 111122223333 config_ec2 complete: 83 rows`, and why, if it is not complete. */
export function describeRun({
  slot,
  aws_account_id,
  collector,
  status,
  rows,
  errors,
}: Omit<LoggedRun, 'run_id'>): string {
  const [error] = errors
  const why = status === 'complete' || !error ? '' : ` (${error})`
  const time = slot.slice(0, 16).replace('T', ' ')
  return `${time} ${aws_account_id} ${collector} ${status}: ${rows.toLocaleString('en-US')} ${rows === 1 ? 'row' : 'rows'}${why}`
}
