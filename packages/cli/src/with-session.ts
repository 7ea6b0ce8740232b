import { type CommandContext, createContext } from './context.ts'
import { onInterruption, orInterrupted } from './interruption.ts'
import { openExistingSession, openUnlessInterrupted, type Session } from './session.ts'
import type { GlobalOptions } from './settings.ts'

/** What a command that reads gets besides the session. */
export interface ReadingContext extends CommandContext {
  /** Fires when the command is to end early. */
  readonly signal: AbortSignal
}

/**
 * Runs a command that reads what is there already.
 * @throws InterruptedError at Ctrl-C, when what the command had started is stopped
 */
export async function withExistingSession(
  options: GlobalOptions,
  use: (session: Session, context: ReadingContext) => Promise<void>,
): Promise<void> {
  const context = await createContext(options)
  const { output } = context
  const signal = onInterruption()
  const session = await openUnlessInterrupted(signal, () =>
    openExistingSession({ ...context, onProgress: output.progress }),
  )
  output.clearProgress()
  try {
    await orInterrupted(signal, use(session, { ...context, signal }))
  } finally {
    await session.close()
  }
}
