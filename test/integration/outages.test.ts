import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { statfsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { sampleEstateDirectory, startClickHouse, startSqs } from '@polo/local'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import {
  BOTH_EVENTS,
  CollectReport,
  collect,
  countEvents,
  Failure,
  INVENTORY,
  INVENTORY_EVENTS,
  parseFailure,
  SLOT,
} from './polo-answers.ts'
import { cleanUp, makeDirectory, runPolo, startPolo, startUp, waitFor } from './polo-process.ts'

const RECORDED = ['--recording', sampleEstateDirectory, '--slot', SLOT]
const SAMPLE = [...INVENTORY, ...RECORDED]
const UnfinishedReport = CollectReport.extend(Failure.shape)
const NO_COLUMN =
  "Code: 47. DB::Exception: Unknown identifier 'dead_rows' in collector_attempts. (UNKNOWN_IDENTIFIER)"
const stops: (() => unknown)[] = []

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})
afterAll(cleanUp)

describe('a ClickHouse of one’s own', () => {
  test('that is not there is named before anything is collected, without its password', async () => {
    const server = await serve(() => ({ status: 200, body: '' }))
    const url = addressOf(server).replace('//', '//polo:hunter22@')
    await stops.pop()?.()
    const options = { dataDir: await makeDirectory(), env: { POLO_CLICKHOUSE_URL: url } }
    const result = await runPolo(['collect', '--json', ...SAMPLE], options)
    const { name, message } = parseFailure(result)
    expect(name).toBe('UnreachableError')
    expect(message).toMatch(/ClickHouse at \S+ does not answer.*ECONNREFUSED.*correct POLO_CLICKHOUSE_URL/s)
    expect(result.code).toBe(1)
    expect(result.stdout + result.stderr).not.toContain('hunter22')
  })

  test('that answers everything with 500 is named', async () => {
    const server = await serve(() => ({ status: 500, body: 'out of order' }))
    const options = { dataDir: await makeDirectory(), env: { POLO_CLICKHOUSE_URL: addressOf(server) } }
    const result = await runPolo(['collect', '--json', ...SAMPLE], options)
    expect(parseFailure(result).message).toMatch(/HTTP 500 out of order/)
    expect(result.code).toBe(1)
  })

  test('that refuses inserts loses nothing: what was collected waits in the queue until one takes it', async () => {
    const server = await serve((query) =>
      query.startsWith('SELECT 1') ? { status: 200, body: '1\n' } : { status: 500, body: 'out of order' },
    )
    const dataDir = await makeDirectory()
    const env = { POLO_CLICKHOUSE_URL: addressOf(server) }
    const collecting = startPolo(['collect', '--json', ...SAMPLE], { dataDir, env })
    await waitFor('it to say why', () => collecting.stderr().includes('did not take a block'))
    collecting.signalGroup('SIGINT')
    const interrupted = await collecting.ended
    expect(parseFailure(interrupted)).toMatchObject({
      name: 'InterruptedError',
      message: expect.stringContaining('waits in the queue'),
    })
    expect(interrupted.code).toBe(130)
    expect(interrupted.stderr).toMatch(/^polo: not stored yet: ClickHouse did not take a block: .*HTTP_500/m)
    const up = startPolo(['up', '--sample', '--account', '185106417252', '--slot', SLOT], { dataDir })
    await waitFor('the database to be up', () => up.stdout().includes('Ctrl-C stops it'))
    await waitFor('what waited', async () => (await countEvents({ dataDir })) === BOTH_EVENTS)
  })

  test('that cannot say what is stored costs the answer, not the report', async () => {
    const server = await serve((query) => {
      if (query.startsWith('SELECT 1')) return { status: 200, body: '1\n' }
      const isStatus = query.includes('collector_attempts')
      return isStatus ? { status: 404, body: NO_COLUMN } : { status: 500, body: 'out of order' }
    })
    const options = { dataDir: await makeDirectory(), env: { POLO_CLICKHOUSE_URL: addressOf(server) } }
    const result = await runPolo(['collect', '--json', ...SAMPLE], options)
    const { error, ...report } = UnfinishedReport.parse(JSON.parse(result.stdout))
    expect(result.stderr).toContain(error.message)
    expect(error.message).toContain('collector_attempts')
    expect(report.complete).toBe(false)
    expect(new Set(report.runs.map((run) => run.reconciliation))).toEqual(new Set(['pending']))
    expect(report.runs.reduce((sum, run) => sum + run.events, 0)).toBe(INVENTORY_EVENTS)
    expect(result.code).toBe(1)
  })

  test('without the database says to migrate', async () => {
    const server = await startClickHouse({ dataDir: await makeDirectory() })
    stops.push(() => server.stop())
    const options = { dataDir: await makeDirectory(), env: { POLO_CLICKHOUSE_URL: server.url } }
    const before = await runPolo(['collect', '--json', ...SAMPLE], options)
    expect(parseFailure(before).message).toMatch(/no database 'polo'.*polo migrate/)
    expect((await runPolo(['migrate', '--json'], options)).code).toBe(0)
    const { runs } = await collect(SAMPLE, options)
    expect(runs.reduce((sum, run) => sum + run.stored, 0)).toBe(INVENTORY_EVENTS)
    const deployed = { ...options, env: { ...options.env, ...(await missingQueue()) } }
    const failed = await runPolo(['collect', '--json', ...SAMPLE], deployed)
    expect(parseFailure(failed).message).toMatch(/SQS at \S+no-such-queue did not take a block/)
    expect(failed.code).toBe(1)
  })
})

describe('a full disk', () => {
  test('is said, and nothing is lost once there is room', async ({ skip }) => {
    const dataDir = await makeDirectory()
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', dataDir], { stdio: 'ignore' })
    } catch {
      skip('only root can mount a small file system')
    }
    stops.push(() => execFileSync('umount', ['-l', dataDir]))
    const up = await startUp(['--sample', '--account', '185106417252', '--slot', SLOT], { dataDir })
    const { bavail, bsize } = statfsSync(dataDir)
    const ballast = join(dataDir, 'ballast')
    await writeFile(ballast, Buffer.alloc(bavail * bsize))
    const full = await runPolo(['collect', '--json', ...SAMPLE], { dataDir })
    expect(parseFailure(full).message).toMatch(/did not take a block: database or disk is full/)
    expect(full.code).toBe(1)
    up.signalGroup('SIGKILL')
    await up.ended
    const stillFull = await runPolo(['collect', '--json', ...SAMPLE], { dataDir })
    expect(parseFailure(stillFull).message).toContain('its disk is full')
    await rm(ballast)
    await collect(SAMPLE, { dataDir })
    expect(await countEvents({ dataDir })).toBe(BOTH_EVENTS)
  })
})

/** Something that is not quite ClickHouse. */
async function serve(answer: (query: string) => { status: number; body: string }): Promise<Server> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(Buffer.from(chunk))
    const { status, body } = answer(Buffer.concat(chunks).toString('latin1'))
    response.writeHead(status, status === 200 ? { 'x-clickhouse-format': 'TSV' } : {}).end(body)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  stops.push(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return server
}

function addressOf(server: Server): string {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return `http://127.0.0.1:${address.port}`
}

/** Where a deployed queue was, in a region whose SQS answers on this machine. */
async function missingQueue(): Promise<Record<string, string>> {
  const sqs = await startSqs({ dataDir: await makeDirectory(), queues: [] })
  stops.push(() => sqs.stop())
  return {
    POLO_QUEUE_URL: `${sqs.endpoint}/000000000000/no-such-queue`,
    AWS_ENDPOINT_URL_SQS: sqs.endpoint,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'none',
    AWS_SECRET_ACCESS_KEY: 'none',
  }
}
