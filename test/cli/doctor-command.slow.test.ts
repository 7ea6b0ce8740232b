import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PoloConfig } from '@polo/core'
import { type Runtime, startRuntime } from '@polo/local'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'

const POLO = fileURLToPath(new URL('../../packages/cli/bin/polo.mjs', import.meta.url))
const Report = z.object({
  healthy: z.boolean(),
  checks: z.array(z.object({ name: z.string(), status: z.string(), found: z.string() })),
})

let directory: string
let running: string
let runtime: Runtime
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'polo-doctor-'))
  running = join(directory, 'running')
  runtime = await startRuntime({ dataDir: running, config: PoloConfig.parse({}), shared: true })
})
afterAll(async () => {
  await runtime?.stop()
  await rm(directory, { recursive: true, force: true })
})

function polo(args: string[], env: Record<string, string> = {}) {
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const options = { cwd: directory, env: { PATH: process.env.PATH, HOME: directory, ...env } }
    const child = execFile(process.execPath, [POLO, 'doctor', ...args], options, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    )
  })
}

async function statuses(args: string[], env: Record<string, string> = {}) {
  const { code, stdout } = await polo([...args, '--json'], env)
  const { healthy, checks } = Report.parse(JSON.parse(stdout))
  return { code, healthy, of: Object.fromEntries(checks.map(({ name, status }) => [name, status])) }
}

it('finds no problem on a machine where nothing is up', async () => {
  const { code, healthy, of } = await statuses(['--data-dir', join(directory, 'fresh')])
  expect([code, healthy]).toEqual([0, true])
  expect(of).toMatchObject({ node: 'ok', engine: 'ok', 'data directory': 'ok', runtime: 'ok' })
})

it('finds the parts of a runtime that is up', async () => {
  const { code, of } = await statuses(['--data-dir', running])
  expect(code).toBe(0)
  expect(of).toMatchObject({
    runtime: 'ok',
    ClickHouse: 'ok',
    schema: 'ok',
    queue: 'ok',
    'dead letters': 'ok',
  })
})

it('finds a database without a schema', async () => {
  const env = { POLO_CLICKHOUSE_URL: runtime.addresses.clickhouseUrl, POLO_DATABASE: 'absent' }
  const { code, of } = await statuses(['--data-dir', join(directory, 'fresh')], env)
  expect(code).toBe(1)
  expect(of).toMatchObject({ ClickHouse: 'ok', schema: 'problem' })
})

it('warns of a runtime that ended without a word', async () => {
  const addresses = { ...runtime.addresses, pid: 2 ** 22 + 1 }
  await writeFile(join(directory, 'runtime.json'), JSON.stringify(addresses))
  expect((await statuses(['--data-dir', directory])).of.runtime).toBe('warning')
})

it('finds a data directory that is a file', async () => {
  const file = join(directory, 'file')
  await writeFile(file, '')
  expect((await statuses(['--data-dir', file])).of['data directory']).toBe('problem')
})

it('reports a broken configuration file among the other checks', async () => {
  const config = join(directory, 'broken.config.ts')
  await writeFile(config, 'export default {')
  const { code, of } = await statuses(['--config', config])
  expect(code).toBe(1)
  expect(of).toMatchObject({ configuration: 'problem', node: 'ok', runtime: 'ok' })
})

it('reports a server that does not answer, without its password', async () => {
  const { code, stdout } = await polo([], { POLO_CLICKHOUSE_URL: 'http://polo:hunter22@127.0.0.1:1' })
  expect(code).toBe(1)
  expect(stdout).toMatch(/^PROBLEM {2}ClickHouse .*http:\/\/polo:\*\*\*@127\.0\.0\.1:1/m)
  expect(stdout).not.toContain('hunter22')
})

it('asks AWS who the caller is, and shows no key', async () => {
  const sts = createServer((_, response) => {
    response.setHeader('content-type', 'text/xml')
    response.end(
      '<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>',
    )
  })
  const port = await new Promise<number>((resolve) => {
    sts.listen(0, '127.0.0.1', () => {
      const address = sts.address()
      resolve(typeof address === 'object' && address ? address.port : 0)
    })
  })
  const { code, stdout } = await polo(['--aws'], {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_ACCESS_KEY_ID: 'AKIAEXAMPLEKEYID',
    AWS_SECRET_ACCESS_KEY: 'hunter22-secret',
  })
  sts.close()
  expect(code).toBe(0)
  expect(stdout).toContain('account 111122223333')
  expect(stdout).not.toMatch(/AKIAEXAMPLEKEYID|hunter22/)
})
