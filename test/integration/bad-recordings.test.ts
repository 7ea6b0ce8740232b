import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { collect, parseFailure, query, SLOT } from './polo-answers.ts'
import { cleanUp, makeDirectory, runPolo, startUp } from './polo-process.ts'
import { ACCOUNT, REGION, volume, volumes, writeRecording } from './write-recording.ts'

const VOLUMES = 'ec2.DescribeVolumes_1.json'
const options = { dataDir: '' }

beforeAll(async () => {
  options.dataDir = await makeDirectory()
  await startUp([], options)
})
afterAll(cleanUp)

/** Collects the volumes of a recording into the pipeline that is up. */
async function collectVolumes(directory: string) {
  const { code, runs } = await collect(['config_ebs', '--recording', directory, '--slot', SLOT], options)
  const [run] = runs
  if (!run || runs.length > 1) throw new Error(`expected one run: ${JSON.stringify(runs)}`)
  return { code, run }
}

function storedVolumes(prefix: string) {
  return query(
    `SELECT resource_id, properties FROM resource_events FINAL WHERE startsWith(resource_id, '${prefix}') ORDER BY 1`,
    options,
  )
}

describe('a recording that is not usable fails its run and names the file', () => {
  test.each([
    ['is a directory', 'cannot be read'],
    ['is half-written', 'is not valid JSON (half-written?)'],
    ['is not a response', 'is not a recorded response'],
    ['is missing', 'nothing was recorded for ec2.DescribeVolumes'],
  ])('that %s', async (kind, words) => {
    const files = {
      'is half-written': { [VOLUMES]: '{"status_code": 200, "data": {"Volumes": [' },
      'is not a response': { [VOLUMES]: { Volumes: [] } },
    }[kind]
    const directory = await writeRecording(files ?? { 'ec2.DescribeInstances_1.json': {} })
    if (kind === 'is a directory') await mkdir(join(directory, ACCOUNT, REGION, VOLUMES))
    const { code, run } = await collectVolumes(directory)
    expect({ code, outcome: run.outcome, events: run.events }).toEqual({
      code: 2,
      outcome: 'failed',
      events: 0,
    })
    expect(run.errors.join()).toContain(VOLUMES)
    expect(run.errors.join()).toContain(words)
  })

  test.each([
    ['is not there', '/nowhere/at/all', 'cannot be read'],
    ['has no account in it', '', 'there is no account in the recording'],
  ])('that %s', async (_, path, words) => {
    const directory = path || (await makeDirectory())
    const result = await runPolo(['collect', '--json', '--recording', directory], options)
    expect(result.code).toBe(1)
    expect(parseFailure(result).message).toContain(words)
  })
})

describe('an answer with odd items', () => {
  test('lets the good ones through, counts and names those without an id, and is not complete', async () => {
    const directory = await writeRecording({
      [VOLUMES]: volumes(volume('vol-odd-1'), { VolumeType: 'gp3', Size: 9 }, volume('vol-odd-2')),
    })
    const { code, run } = await collectVolumes(directory)
    expect(run).toMatchObject({ outcome: 'partial', events: 2, rejected: 1, stored: 2, dead_lettered: 0 })
    expect(run.errors.join()).toContain('ebs:volume')
    expect(code).toBe(2)
  })

  test('takes null fields, unknown values and a megabyte of tags', async () => {
    const many = Array.from({ length: 1_000 }, (_, n) => ({ Key: `key-${n}`, Value: `${n}`.repeat(300) }))
    const directory = await writeRecording({
      [VOLUMES]: volumes(
        volume('vol-null', { Size: null, Tags: null, Attachments: null, Encrypted: null }),
        volume('vol-unknown', { VolumeType: 'gp9', State: 'levitating', NewField: { a: [1] } }),
        volume('vol-tagged', { Tags: many }),
      ),
    })
    const { code, run } = await collectVolumes(directory)
    expect({ code, stored: run.stored, errors: run.errors }).toEqual({ code: 0, stored: 3, errors: [] })
    const [unknown] = await storedVolumes('vol-unknown')
    expect(unknown?.properties).toMatchObject({ volume_type: 'gp9', state: 'levitating' })
    const [tagged] = await storedVolumes('vol-tagged')
    expect(tagged?.properties).toMatchObject({ 'tag:key-999': '999'.repeat(300) })
  })

  test('stores all but an event that no message can carry, which it names', async () => {
    const noise = Array.from({ length: 8 }, (_, n) => ({
      Key: `noise-${n}`,
      Value: randomBytes(192 * 1024).toString('base64'),
    }))
    const directory = await writeRecording({
      [VOLUMES]: volumes(volume('vol-fits-1'), volume('vol-huge', { Tags: noise }), volume('vol-fits-2')),
    })
    const { code, run } = await collectVolumes(directory)
    expect(run).toMatchObject({ outcome: 'partial', events: 2, rejected: 1, stored: 2, dead_lettered: 0 })
    expect(run.errors.join()).toMatch(/volume\/vol-huge.*was not published/)
    expect(code).toBe(2)
    expect(await storedVolumes('vol-fits')).toHaveLength(2)
  })
})
