import { createInterface } from 'node:readline/promises'
import { UsageError } from '../errors.ts'

export interface Terminal {
  readonly input: NodeJS.ReadableStream
  readonly output: NodeJS.WritableStream
  readonly signal: AbortSignal
}

/**
 * Asks whether so many letters are to be deleted.
 * @throws UsageError when the answer is no
 */
export async function confirmPurge(letters: number, { input, output, signal }: Terminal): Promise<void> {
  const terminal = createInterface({ input, output })
  const { promise: ended, resolve: end } = Promise.withResolvers<string>()
  terminal.once('close', () => end(''))
  try {
    const question = `Type yes, or ${letters}, to delete ${letters === 1 ? 'it' : `these ${letters}`}: `
    const answer = await Promise.race([terminal.question(question, { signal }), ended])
    if (!['yes', String(letters)].includes(answer.trim())) throw new UsageError('nothing was deleted')
  } finally {
    terminal.close()
  }
}
