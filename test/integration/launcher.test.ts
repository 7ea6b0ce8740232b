import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { cleanUp, makeDirectory, waitFor } from './polo-process.ts'

const BIN = fileURLToPath(new URL('../../packages/cli/bin/polo.mjs', import.meta.url))
/** What starts Polo's own Node, as it does on a machine with an older one. */
const AS_NODE_20 = "Object.defineProperty(process.versions, 'node', { value: '20.0.0' })"

afterAll(cleanUp)

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s to the process that starts Polo alone ends Polo in order',
  async (signal) => {
    const dataDir = await makeDirectory()
    const args = ['up', '--sample', '--account', '185106417252', '--data-dir', dataDir]
    const launcher = spawn(process.execPath, [
      '--import',
      `data:text/javascript,${encodeURIComponent(AS_NODE_20)}`,
      BIN,
      ...args,
    ])
    const closed = once(launcher, 'close')
    let stdout = ''
    launcher.stdout.on('data', (text: Buffer) => {
      stdout += text.toString()
    })
    try {
      await waitFor('polo up to be up', () => stdout.includes('Ctrl-C stops it'))
      launcher.kill(signal)
      expect(await closed).toEqual([0, null])
    } finally {
      launcher.kill('SIGKILL')
    }
  },
)
