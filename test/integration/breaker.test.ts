import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SendMessageCommand } from '@aws-sdk/client-sqs'
import { RuntimeAddresses, readLocalBreaker, sqsClient, startClickHouse } from '@polo/local'
import { afterAll, expect, test } from 'vitest'
import { bodyOf, eventRows } from '../ingester/factories.ts'
import { query, SLOT } from './polo-answers.ts'
import { cleanUp, makeDirectory, runPolo, startUp, waitFor } from './polo-process.ts'

const ROWS = 3

afterAll(cleanUp)

test('while ClickHouse is away the queues wait, whoever restarts; then both are stored', async () => {
  const dataDir = await makeDirectory()
  const storeDir = await makeDirectory()
  const store = await startClickHouse({ dataDir: storeDir })
  const options = { dataDir, env: { POLO_CLICKHOUSE_URL: store.url } }
  expect((await runPolo(['migrate'], options)).code).toBe(0)
  const up = await startUp(['--sample', '--account', '185106417252', '--slot', SLOT], options)
  expect((await readLocalBreaker(dataDir)).state).toBe('closed')

  await store.stop()
  const { sqsEndpoint, queueUrl, backfillQueueUrl } = await readAddresses(dataDir)
  await send(sqsEndpoint, queueUrl, 'first')
  await waitForBreaker(dataDir, 'open')
  const { since, reason } = await readLocalBreaker(dataDir)
  expect(reason).toMatch(/^ECONN/)
  await send(sqsEndpoint, queueUrl, 'live')
  await send(sqsEndpoint, backfillQueueUrl ?? '', 'backfill')

  const [ingester] = await childrenOf(up.pid, 'ingester-process')
  process.kill(ingester ?? 0, 'SIGKILL')
  await waitFor('another ingester', async () => {
    const [another] = await childrenOf(up.pid, 'ingester-process')
    return another !== undefined && another !== ingester
  })
  expect(await readLocalBreaker(dataDir)).toMatchObject({ state: 'open', since })

  const mended = await startClickHouse({ dataDir: storeDir, port: store.port })
  await waitForBreaker(dataDir, 'closed')
  await waitFor('what waited', async () => (await countRows(['live', 'backfill'], options)) === 2 * ROWS)
  up.signalGroup('SIGINT')
  await up.ended
  await mended.stop()
})

async function readAddresses(dataDir: string): Promise<RuntimeAddresses> {
  return RuntimeAddresses.parse(JSON.parse(await readFile(join(dataDir, 'runtime.json'), 'utf8')))
}

async function send(endpoint: string, QueueUrl: string, key: string): Promise<void> {
  const sqs = sqsClient(endpoint)
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: await bodyOf(eventRows(key, ROWS)) }))
  sqs.destroy()
}

function waitForBreaker(dataDir: string, state: string): Promise<void> {
  return waitFor(`the breaker to be ${state}`, async () => (await readLocalBreaker(dataDir)).state === state)
}

async function countRows(keys: string[], options: { dataDir: string }): Promise<number> {
  const any = keys.map((key) => `startsWith(resource_id, 'vol-${key}-')`).join(' OR ')
  const [row] = await query(`SELECT toUInt32(count()) AS n FROM resource_events WHERE ${any}`, options)
  return Number(row?.n)
}

/** Processes that `pid` started and whose command line names `what`. */
async function childrenOf(pid: number, what: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(
    pids.map(async (child) => {
      const command = await readFile(`/proc/${child}/cmdline`, 'utf8').catch(() => '')
      const status = await readFile(`/proc/${child}/status`, 'utf8').catch(() => '')
      return command.includes(what) && status.includes(`\nPPid:\t${pid}\n`) ? [Number(child)] : []
    }),
  )
  return found.flat()
}
