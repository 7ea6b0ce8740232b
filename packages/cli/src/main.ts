import process from 'node:process'
import { EXIT } from './exit-code.ts'
import { reportError } from './output/report-error.ts'
import { createProgram } from './program.ts'

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader has seen enough: `polo query … | head`.
  if (error.code === 'EPIPE') process.exit(EXIT.done)
  throw error
})

/** A query may begin with a comment, which is no option: `polo query "-- why"`. */
const words = process.argv.map((word) => word.replace(/^--(?=\s)/, ' --'))

try {
  await createProgram().parseAsync(words)
} catch (error) {
  const { argv, env: environment, stdout, stderr } = process
  process.exitCode = reportError(error, { isJson: argv.includes('--json'), environment, stdout, stderr })
}
