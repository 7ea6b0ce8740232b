import process from 'node:process'
import { EXIT } from './exit-code.ts'
import { createProgram } from './program.ts'
import { reportError } from './report-error.ts'

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader has seen enough: `polo query … | head`.
  if (error.code === 'EPIPE') process.exit(EXIT.done)
  throw error
})

try {
  await createProgram().parseAsync()
} catch (error) {
  const { argv, env: environment, stdout, stderr } = process
  process.exitCode = reportError(error, { isJson: argv.includes('--json'), environment, stdout, stderr })
}
