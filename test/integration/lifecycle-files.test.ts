import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { type CollectReport, collect, parseFailure, query, SLOT } from './polo-answers.ts'
import { cleanUp, makeDirectory, runPolo } from './polo-process.ts'
import { readStatus } from './status-answer.ts'

const ACCOUNT = '123837392027'
const FIXTURES = new URL('../fixtures/cloudtrail-invictus/', import.meta.url)
const TRAIL = [
  '218007301253_CloudTrail_us-east-1_20230710T1220Z_WMiHxZgr5Hdd6UDc.json',
  '218007301253_CloudTrail_us-east-1_20230710T1220Z_sM25jC0Ku0QcGkDa.json',
]
const HAPPENED = SLOT.replace('.000', '')
const Records = z.object({ Records: z.array(z.record(z.string(), z.unknown())) })
const STORED = `SELECT event_id, event_action, resource_id, actor_name, toString(event_time) AS time
  FROM resource_events FINAL WHERE event_type = 'lifecycle' ORDER BY event_action, resource_id`

const options = { dataDir: '' }
let trail: string
let first: CollectReport & { code: number | null }
beforeAll(async () => {
  options.dataDir = await makeDirectory()
  trail = await makeTrail()
  first = await collect(['lifecycle', '--events', trail], options)
})
afterAll(cleanUp)

/** A trail's files as they lie in its bucket, of a time that is not too old to be kept. */
async function makeTrail(): Promise<string> {
  const root = await makeDirectory('polo-trail-')
  const folder = join(root, 'AWSLogs', ACCOUNT, 'CloudTrail/us-east-1/2026/01/15')
  await mkdir(folder, { recursive: true })
  for (const name of TRAIL) {
    const { Records: records } = Records.parse(
      JSON.parse(await readFile(new URL(`trail/${name}`, FIXTURES), 'utf8')),
    )
    const recent = records.map((record) => ({ ...record, eventTime: HAPPENED }))
    await writeFile(join(folder, `${name}.gz`), gzipSync(JSON.stringify({ Records: recent })))
  }
  return root
}

test('stores the lifecycle events of a trail’s directory, and accounts for all that it read', async () => {
  expect(first).toMatchObject({
    code: 0,
    complete: true,
    source: trail,
    files: { files: 2, records: 23, events: 2, left_out: 21, expired: 0, unreadable: 0 },
    runs: [
      {
        collector: 'lifecycle',
        account: ACCOUNT,
        outcome: 'complete',
        reconciliation: 'reconciled',
        published: 2,
        stored: 2,
      },
    ],
  })
  expect(await query(STORED, options)).toMatchObject([
    { event_action: 'CreateNetworkInterface', actor_name: 'AWSServiceRoleForRDS/SLRManagement' },
    { event_action: 'CreateVolume', resource_id: 'vol-0fc2e34e74650e145', actor_name: 'bert-jan' },
  ])
})

test('stores nothing twice, says what it could not read, and is not done then', async () => {
  const stored = await query(STORED, options)
  const bad = join(trail, 'bad.json')
  await writeFile(bad, '{"Records":[{"eventName":"RunInst')
  const again = await collect(['lifecycle', '--events', trail], options)
  expect(again).toMatchObject({
    code: 2,
    files: { files: 3, unreadable: 1, problems: [expect.stringContaining('bad.json: line 1')] },
    runs: [{ outcome: 'partial', stored: 2, errors: [expect.stringContaining('bad.json: line 1')] }],
  })
  expect(await query(STORED, options)).toEqual(stored)
})

test('tells in polo status which lifecycle events there are, and which files were not read', async () => {
  const { jobs, lifecycle, green } = await readStatus(options)
  expect(green).toBe(false)
  expect(jobs).toMatchObject([{ collector: 'lifecycle', aws_account_id: ACCOUNT, outcome: 'partial' }])
  expect(lifecycle).toMatchObject({ last_event: SLOT, silent_accounts: [] })
})

test('names a file that is missing, before anything is started', async () => {
  const dataDir = join(await makeDirectory(), 'data')
  const result = await runPolo(['collect', 'lifecycle', '--events', '/nowhere.json', '--json'], { dataDir })
  expect(parseFailure(result)).toEqual({
    name: 'MissingFileError',
    message: '/nowhere.json: there is no such file or directory',
  })
  expect(result.code).toBe(1)
})
