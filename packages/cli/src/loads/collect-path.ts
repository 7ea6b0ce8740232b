import { EXIT } from '../exit-code.ts'
import { requireRetention } from '../session/check-retention.ts'
import { createContext } from '../session/context.ts'
import { onInterruption } from '../session/interruption.ts'
import { openSession, openUnlessInterrupted } from '../session/session.ts'
import type { GlobalOptions } from '../session/settings.ts'
import type { PathRequest } from './path-request.ts'
import { renderPathReport } from './render-loads.ts'
import { runCollectPath } from './run-collect-path.ts'

/** Loads the files of a directory, says what came of it, and sets the exit code: 0 where everything is loaded, else 2. */
export async function collectPath(request: PathRequest, flags: GlobalOptions): Promise<void> {
  const context = await createContext(flags)
  const { output } = context
  const signal = onInterruption()
  const session = await openUnlessInterrupted(signal, () =>
    openSession({ ...context, onProgress: output.progress }),
  )
  try {
    // What is loaded of cost exports is kept until somebody deletes it.
    if (request.collector === 'flow_logs') await requireRetention({ ...context, session }, ['metric'])
    const report = await runCollectPath(request, { ...context, session, signal })
    if (output.isJson) output.json(report)
    else output.data(renderPathReport(report))
    process.exitCode = signal.aborted ? EXIT.interrupted : report.complete ? EXIT.done : EXIT.incomplete
  } finally {
    await session.close()
  }
}
