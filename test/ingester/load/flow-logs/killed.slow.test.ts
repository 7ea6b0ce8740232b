import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { useFlowLogs } from './flow-log-stage.ts'
import { awsKey, type FlowRecord, flowRecord, logOf } from './records.ts'

const flowLogs = useFlowLogs()
const PROCESS = fileURLToPath(new URL('./killable-loader-process.ts', import.meta.url))
const STATUS = "SELECT status FROM bulk_load_status WHERE loader = 'killed' OR attempt > 1"

function object(hash: string, record: FlowRecord): Promise<string> {
  return flowLogs.write(awsKey({ hash }).replace('.gz', ''), logOf(flowRecord(record)))
}

async function bytes(): Promise<unknown> {
  const [row] = await flowLogs.events('sum(value) AS bytes', "AND event_action = 'bytes'")
  return row?.bytes
}

it.each([
  ['its traffic is stored, and does not count yet', 'INSERT INTO flow_log_traffic', 1_000],
  ['its object is named as loaded', 'INSERT INTO flow_log_objects', 300],
  ['its events are written, and its end is not', 'INSERT INTO resource_events', 300],
])('counts each record once when a loader is killed after %s', async (_, lastStatement, bytesMeanwhile) => {
  await flowLogs.load(await object('a1', { bytes: 1_000 }))
  await flowLogs.ask(await object('a1', { bytes: 300 }))
  const { url, database, directory } = flowLogs.place()
  const child = fork(PROCESS, [url, database, directory, lastStatement])
  expect(await once(child, 'exit')).toEqual([null, 'SIGKILL'])

  await flowLogs.load(await object('a2', { bytes: 20 }))
  expect(await flowLogs.select(STATUS)).toEqual([{ status: 'loading' }])
  expect(await bytes()).toBe(bytesMeanwhile + 20)

  await flowLogs.command(
    `INSERT INTO bulk_load_results
     SELECT * REPLACE(now64(3) - INTERVAL 1 SECOND AS lease_until, now64(3) AS recorded_at)
     FROM bulk_load_results FINAL WHERE status = 'loading'`,
  )
  await flowLogs.load()
  expect(await flowLogs.select(STATUS)).toEqual([{ status: 'loaded' }])
  expect(await bytes()).toBe(320)
})

it('counts each record once when two loaders load the same objects at the same time', async () => {
  const keys = await Promise.all([1, 2, 3].map((n) => object(`a${n}`, { bytes: 10 ** n })))
  await flowLogs.ask(...keys)
  await Promise.all([flowLogs.load(), flowLogs.load()])
  expect(await flowLogs.select('SELECT DISTINCT status FROM bulk_load_status')).toEqual([
    { status: 'loaded' },
  ])
  expect(await bytes()).toBe(1_110)
  expect(await flowLogs.traffic('sum(bytes) AS bytes')).toEqual([{ bytes: 1_110 }])
})
