import type { CollectorRun } from '@polo/core'
import type { DispatchReport } from './dispatch.ts'

/** Jobs that nobody took, all others having been handed over; the report names them. */
export class DispatchError extends Error {
  override name = 'DispatchError'
  readonly report: DispatchReport
  constructor(report: DispatchReport, message: string) {
    super(message)
    this.report = report
  }
}

/** An attempt that failed or was throttled, and that has been told in its run. */
export class JobFailedError extends Error {
  override name = 'JobFailedError'
  readonly run: CollectorRun
  constructor(run: CollectorRun) {
    const { collector, aws_account_id, slot, status, errors, region_errors } = run
    const [why = 'it did not say why'] = [...errors, ...Object.values(region_errors)]
    super(
      `${collector} in account ${aws_account_id} for ${slot} ${status === 'failed' ? 'failed' : `was ${status}`}: ${why}`,
    )
    this.run = run
  }
}
