import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import { confirmPurge } from '../../packages/cli/src/dead-letters/confirm-purge.ts'

async function answer(text: string | undefined, signal = new AbortController().signal): Promise<string> {
  const input = new PassThrough()
  const output = new PassThrough()
  input.end(text)
  await confirmPurge(12, { input, output, signal })
  return String(output.read())
}

it('asks, and takes yes or the number for an answer', async () => {
  expect(await answer('yes\n')).toBe('Type yes, or 12, to delete these 12: ')
  await expect(answer(' 12 \n')).resolves.toBeDefined()
})

it.each(['no\n', '\n', 'y\n', '11\n', undefined])('deletes nothing at the answer %j', async (text) => {
  await expect(answer(text)).rejects.toThrow('nothing was deleted')
})

it('ends when it is interrupted', async () => {
  await expect(answer(undefined, AbortSignal.abort())).rejects.toThrow()
})
