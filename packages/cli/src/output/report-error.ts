import { CommanderError } from 'commander'
import { InterruptedError } from '../errors.ts'
import { EXIT } from '../exit-code.ts'
import { describeError } from './describe-error.ts'
import { maskSecrets } from './mask-secrets.ts'
import { printableJson } from './printable.ts'

export interface ReportOptions {
  readonly isJson: boolean
  readonly environment: NodeJS.ProcessEnv
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
}

export interface Failure {
  readonly name: string
  readonly message: string
}

/** Tells what ended a command, once for people and with `--json` once for programs; returns the exit code. */
export function reportError(error: unknown, options: ReportOptions): number {
  const { isJson, environment, stdout, stderr } = options
  // The parser has printed its own errors, and the help that was asked for.
  const isParser = error instanceof CommanderError
  if (isParser && error.exitCode === 0) return EXIT.done
  const failure = describeFailure(error, environment)
  if (!isParser) stderr.write(`polo: ${failure.message}\n`)
  if (environment.POLO_DEBUG && error instanceof Error) {
    stderr.write(`${maskSecrets(error.stack ?? '', environment)}\n`)
  }
  if (isJson) stdout.write(`${printableJson({ error: failure })}\n`)
  return error instanceof InterruptedError ? EXIT.interrupted : EXIT.error
}

/** What an error is called and says, without secrets. */
export function describeFailure(error: unknown, environment: NodeJS.ProcessEnv): Failure {
  const { name, message } = describe(error)
  return { name, message: maskSecrets(message, environment) }
}

function describe(error: unknown): Failure {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) }
  if (error instanceof CommanderError) {
    return { name: 'UsageError', message: error.message.replace(/^error: /, '') }
  }
  return { name: error.name, message: describeError(error) }
}
