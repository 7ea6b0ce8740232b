import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseConfig } from '@polo/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkPipeline } from '../../packages/cli/src/doctor/check-pipeline.ts'
import { UnreachableError } from '../../packages/cli/src/errors.ts'
import { openSession } from '../../packages/cli/src/session/session.ts'
import { readSettings } from '../../packages/cli/src/session/settings.ts'

let dataDir: string
/** Takes connections and never answers, as a database that hangs. */
const silent = createServer(() => {})

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'polo-hung-'))
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const address = silent.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const queueUrl = 'http://127.0.0.1:1/000000000000/polo-events'
  const runtime = {
    pid: process.pid,
    clickhouseUrl: `http://polo:hunter22@127.0.0.1:${port}`,
    database: 'polo',
    sqsEndpoint: 'http://127.0.0.1:1',
    queueUrl,
    deadLetterQueueUrl: `${queueUrl}-dlq`,
  }
  await writeFile(join(dataDir, 'runtime.json'), JSON.stringify(runtime))
})
afterAll(async () => {
  silent.close()
  silent.closeAllConnections()
  await rm(dataDir, { recursive: true, force: true })
})

test('a database that hangs is told as such, with the process to end, and not as one in use or gone', async () => {
  const settings = readSettings({ dataDir }, {})
  const [opening, [runtime]] = await Promise.all([
    openSession({ settings, config: parseConfig({}) }).catch((error: unknown) => error),
    checkPipeline(settings),
  ])
  expect(opening).toBeInstanceOf(UnreachableError)
  expect(String(opening)).toMatch(
    new RegExp(`as process ${process.pid}, and its database does not answer.*kill ${process.pid}`),
  )
  expect(String(opening)).not.toContain('hunter22')
  expect(runtime).toMatchObject({
    name: 'runtime',
    status: 'problem',
    found: expect.stringContaining('its database does not answer'),
    advice: expect.stringContaining(`kill ${process.pid}`),
  })
})
