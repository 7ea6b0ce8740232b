import { failures } from './finding.ts'
import type { Job, JobResult } from './run-jobs.ts'
import type { ScheduleReport } from './run-schedule.ts'
import { SABOTAGES, type Sabotage } from './sabotage.ts'

/** One with many blocks, messages that come twice, and poison. */
const SEED = 1

/** What must be found of each sabotaged ingester. */
const SYMPTOMS: Readonly<Record<Sabotage, (report: ScheduleReport) => boolean>> = {
  none: () => true,
  forget_blocks: ({ lost }) => lost > 0,
  random_token: ({ doubled }) => doubled > 0,
  forget_dead_letters: ({ findings }) =>
    failures(findings).some(({ check }) => check.startsWith('poison rows in the DLQ that are missing')),
}

/** Schedules with ingesters that have known faults. */
export const SELF_CHECKS: readonly Job[] = SABOTAGES.filter((sabotage) => sabotage !== 'none').map(
  (sabotage) => ({ seed: SEED, sabotage }),
)

/** Whether the fault of a sabotaged ingester was found; a schedule that breaks off proves nothing. */
export function isFoundOut({ job, report }: JobResult): boolean {
  return !(report instanceof Error) && SYMPTOMS[job.sabotage](report)
}
