import { type CommandContext, createContext } from './context.ts'
import { onInterruption, orInterrupted } from './interruption.ts'
import {
  openExistingSession,
  openSession,
  openUnlessInterrupted,
  type Session,
  type SessionOptions,
} from './session.ts'
import type { GlobalOptions } from './settings.ts'

/** What a command that reads gets besides the session. */
export interface ReadingContext extends CommandContext {
  /** Fires when the command is to end early. */
  readonly signal: AbortSignal
}

type Use = (session: Session, context: ReadingContext) => Promise<void>

/**
 * Runs a command that reads what is there already.
 * @throws InterruptedError at Ctrl-C, when what the command had started is stopped
 */
export function withExistingSession(options: GlobalOptions, use: Use): Promise<void> {
  return within(options, openExistingSession, use)
}

/** As `withExistingSession`, for commands that may be the first ones. */
export function withSession(options: GlobalOptions, use: Use): Promise<void> {
  return within(options, openSession, use)
}

async function within(
  options: GlobalOptions,
  open: (options: SessionOptions) => Promise<Session>,
  use: Use,
): Promise<void> {
  const context = await createContext(options)
  const { output } = context
  const signal = onInterruption()
  const session = await openUnlessInterrupted(signal, () => open({ ...context, onProgress: output.progress }))
  output.clearProgress()
  try {
    await orInterrupted(signal, use(session, { ...context, signal }))
  } finally {
    await session.close()
  }
}
