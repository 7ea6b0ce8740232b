import type { Collector } from '@polo/collectors'
import { intervalMs, slotAt } from '@polo/core'
import type { CollectFlags, CollectRequest } from '../collect/collect-request.ts'
import { UsageError } from '../errors.ts'
import type { CommandContext } from '../session/context.ts'
import type { Session } from '../session/session.ts'
import type { GlobalOptions } from '../session/settings.ts'
import { addressesOf, whatNext } from '../what-next.ts'
import { runSchedule } from './run-schedule.ts'
import { stayUp } from './stay-up.ts'

interface Up extends CommandContext {
  readonly session: Session
  readonly signal: AbortSignal
}

/** Collects by schedule until it is interrupted, or a part of the pipeline fails; either way it ends in order. */
export async function followSchedule(request: CollectRequest, flags: GlobalOptions, up: Up): Promise<void> {
  const { session, signal, output } = up
  const schedule = await runSchedule(request, up)
  try {
    if (output.isJson) output.json({ addresses: addressesOf(session) })
    else {
      output.data(whatNext(session, { ...flags, ...request.flags, endsNow: false }))
      output.data(describeSchedule(schedule.collectors, new Date()))
    }
    await stayUp(session, { output, tellsRuns: false, signal })
  } finally {
    output.progress('stopping: jobs end early and report')
    const { undone } = await schedule.stop()
    output.clearProgress()
    if (undone > 0) process.stderr.write(`${undone} ${undone === 1 ? 'job was' : 'jobs were'} left undone\n`)
  }
}

/** What is collected, and when something is next. */
function describeSchedule(collectors: readonly Collector[], now: Date): string {
  const firings = collectors.map(({ schedule }) => slotAt(schedule, now).getTime() + intervalMs(schedule))
  const next = new Date(Math.min(...firings)).toISOString()
  const names = collectors.map(({ name }) => name).join(', ')
  return `Collecting by schedule: ${names}. Next at ${next.slice(11, 16)} UTC; a line for each run, and polo status for the whole.`
}

/**
 * What a single collection is told, a schedule finds in the database and the configuration.
 * @throws UsageError
 */
export function checkSchedule({
  once,
  slot,
  account,
  region,
}: Pick<CollectFlags, 'slot' | 'account' | 'region'> & { readonly once?: boolean }): void {
  if (once) throw new UsageError('--schedule stays up, so --once excludes it')
  if (slot !== undefined)
    throw new UsageError('--schedule collects each slot as it comes, so --slot excludes it')
  if (account || region) {
    throw new UsageError(
      '--schedule collects from every active account, so --account and --region exclude it: ' +
        'see polo accounts pause, and regions in polo.config.ts',
    )
  }
}
