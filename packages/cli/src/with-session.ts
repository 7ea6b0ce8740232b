import { type CommandContext, createContext } from './context.ts'
import { openExistingSession, type Session } from './session.ts'
import type { GlobalOptions } from './settings.ts'

/** Runs a command that reads what is there already. */
export async function withExistingSession(
  options: GlobalOptions,
  use: (session: Session, context: CommandContext) => Promise<void>,
): Promise<void> {
  const context = await createContext(options)
  const { output } = context
  const session = await openExistingSession({ ...context, onProgress: output.progress })
  output.clearProgress()
  try {
    await use(session, context)
  } finally {
    await session.close()
  }
}
