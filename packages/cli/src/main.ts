import process from 'node:process'
import { CommanderError } from 'commander'
import { EXIT } from './exit-code.ts'
import { createProgram } from './program.ts'

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader has seen enough: `polo query … | head`.
  if (error.code === 'EPIPE') process.exit(EXIT.done)
  throw error
})

try {
  await createProgram().parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.error
  else {
    process.exitCode = EXIT.error
    reportError(error)
  }
}

function reportError(error: unknown): void {
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) }
  process.stderr.write(`polo: ${message}\n`)
  if (error instanceof Error && process.env.POLO_DEBUG) process.stderr.write(`${error.stack}\n`)
  if (process.argv.includes('--json'))
    process.stdout.write(`${JSON.stringify({ error: { name, message } })}\n`)
}
