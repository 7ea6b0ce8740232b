import { EXIT } from '../exit-code.ts'
import type { Output } from '../output/output.ts'
import { describeFailure } from '../output/report-error.ts'
import { type CollectReport, renderReport } from './collect-report.ts'

/** Tells what was collected though nobody knows yet that all of it is stored, and why; returns the exit code. */
export function reportUnfinished(report: CollectReport, error: unknown, output: Output): number {
  const failure = describeFailure(error, process.env)
  if (output.isJson) output.json({ ...report, error: failure })
  else output.data(renderReport(report))
  process.stderr.write(`polo: ${failure.message}\n`)
  return EXIT.error
}
