import { CommanderError } from 'commander'
import { describeError } from './check.ts'
import { InterruptedError } from './errors.ts'
import { EXIT } from './exit-code.ts'
import { maskSecrets } from './mask-secrets.ts'

export interface ReportOptions {
  readonly isJson: boolean
  readonly environment: NodeJS.ProcessEnv
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
}

/** Tells what ended a command, once for people and with `--json` once for programs; returns the exit code. */
export function reportError(error: unknown, options: ReportOptions): number {
  const { isJson, environment, stdout, stderr } = options
  // The parser has printed its own errors, and the help that was asked for.
  const isParser = error instanceof CommanderError
  if (isParser && error.exitCode === 0) return EXIT.done
  const { name, message } = describe(error)
  const text = maskSecrets(message, environment)
  if (!isParser) stderr.write(`polo: ${text}\n`)
  if (environment.POLO_DEBUG && error instanceof Error) {
    stderr.write(`${maskSecrets(error.stack ?? '', environment)}\n`)
  }
  if (isJson) stdout.write(`${JSON.stringify({ error: { name, message: text } })}\n`)
  return error instanceof InterruptedError ? EXIT.interrupted : EXIT.error
}

function describe(error: unknown): { name: string; message: string } {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) }
  if (error instanceof CommanderError) {
    return { name: 'UsageError', message: error.message.replace(/^error: /, '') }
  }
  return { name: error.name, message: describeError(error) }
}
