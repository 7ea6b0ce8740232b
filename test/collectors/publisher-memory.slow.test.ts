import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { z } from 'zod'

const run = promisify(execFile)
/** Otherwise the peak is that of the garbage, which V8 leaves lying for as long as there is room. */
const SMALL_HEAP = ['--max-old-space-size=96', '--max-semi-space-size=4']
const Result = z.object({ rows: z.number(), peakMegabytes: z.number() })

async function publish(events: number) {
  const script = fileURLToPath(new URL('./publish-many.ts', import.meta.url))
  const { stdout } = await run(process.execPath, [...SMALL_HEAP, script, String(events)])
  return Result.parse(JSON.parse(stdout))
}

test('a million events raise the peak memory by less than 100 MB over ten thousand', {
  timeout: 180_000,
}, async () => {
  const few = await publish(10_000)
  const many = await publish(1_000_000)
  expect(many.rows).toBe(1_000_000)
  expect(many.peakMegabytes - few.peakMegabytes).toBeLessThan(100)
})
