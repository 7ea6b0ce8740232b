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
