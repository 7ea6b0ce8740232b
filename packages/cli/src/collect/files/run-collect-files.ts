import { collectFiles } from '@polo/collectors'
import type { PoloConfig } from '@polo/core'
import type { Output } from '../../output/output.ts'
import type { Session } from '../../session/session.ts'
import { awaitRows } from '../await-rows.ts'
import { chooseSink } from '../choose-sink.ts'
import { toReport } from '../collect-report.ts'
import type { CollectResult } from '../run-collect.ts'
import { describeFiles } from './describe-files.ts'
import type { FilesRequest } from './files-request.ts'

export interface RunCollectFilesOptions {
  readonly session: Session
  readonly config: PoloConfig
  readonly output: Output
  /** Ends the reading early; the runs report what they have. */
  readonly signal: AbortSignal
}

/** Reads files, waits until everything published is accounted for, and reports; on an error while waiting, too. */
export async function runCollectFiles(
  request: FilesRequest,
  { session, config, output, signal }: RunCollectFilesOptions,
): Promise<CollectResult> {
  try {
    const { runs, summary } = await collectFiles({
      ...request,
      config,
      signal,
      sink: chooseSink(session, request.to),
      onProgress: (soFar) => output.progress(`reading: ${describeFiles(soFar)}`),
    })
    const { statuses, error } = await awaitRows(runs, { session, output, signal })
    return { report: { ...toReport(request.paths.join(', '), runs, statuses), files: summary }, error }
  } finally {
    output.clearProgress()
  }
}
