import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { FIXTURES } from '../ingester/load/cur-loads.ts'
import { query } from './polo-answers.ts'
import { cleanUp, makeDirectory, runPolo, startUp } from './polo-process.ts'

const CUR = join(FIXTURES, 'keboola-cur')
const LEGACY = join(FIXTURES, 'focus-converters-cur')
const DATA = 'data/BILLING_PERIOD=2024-09/MockTestReportV2-00001.csv.gz'
const Report = z.object({
  notes: z.array(z.string()),
  complete: z.boolean(),
  loads: z.array(
    z.looseObject({
      source: z.string(),
      target: z.string(),
      load_id: z.string(),
      status: z.string(),
      rows: z.int(),
      error: z.string(),
    }),
  ),
})
const LINES = 'SELECT export_name, count() AS lines FROM cost_line_items GROUP BY 1 ORDER BY 1'

afterAll(cleanUp)

async function collectPath(path: string, args: readonly string[], options: { dataDir: string; cwd: string }) {
  const { stdout, stderr, code } = await runPolo(
    ['collect', 'cost_cur', '--path', path, '--json', ...args],
    options,
  )
  return { code, stderr, report: code === 1 ? undefined : Report.parse(JSON.parse(stdout)) }
}

describe('polo collect cost_cur --path', () => {
  const options = { dataDir: '', cwd: '' }
  beforeAll(async () => {
    options.cwd = await makeDirectory()
    options.dataDir = join(options.cwd, 'data')
    // Samples do not grow younger.
    const config = 'export default { retentionDays: { cost_line_items: 36_500 } }'
    await writeFile(join(options.cwd, 'polo.config.ts'), config)
    // Every command joins it; the directories are theirs alone.
    await startUp([], options)
  })

  test('loads what the manifests of a directory name, and says what came of it', async () => {
    const { code, report } = await collectPath(CUR, [], options)
    expect(code).toBe(0)
    expect(report).toMatchObject({
      notes: [],
      complete: true,
      loads: [{ source: 'MockTestReportV2', target: 'MockTestReportV2/2024-09', status: 'loaded', rows: 4 }],
    })
  })

  test('loads a directory of files without a manifest under a name of its own, and says so', async () => {
    const { code, report } = await collectPath(LEGACY, ['--export', 'org', '--direct'], options)
    expect(code).toBe(0)
    expect(report?.notes).toEqual([expect.stringContaining('there is no manifest')])
    expect(report?.loads).toMatchObject([{ source: 'org', status: 'loaded', rows: 627 }])
    expect(await query(LINES, options)).toEqual([
      { export_name: 'MockTestReportV2', lines: 4 },
      { export_name: 'org', lines: 627 },
    ])
  })

  test('ends with 2 where a file is missing, keeps what there was, and loads it when it is asked for again', async () => {
    const directory = await makeDirectory('polo-export-')
    await cp(CUR, directory, { recursive: true })
    await rm(join(directory, DATA))
    const missing = await collectPath(directory, [], options)
    expect(missing).toMatchObject({
      code: 2,
      report: { complete: false, loads: [{ status: 'failed', error: expect.stringContaining('not there') }] },
    })
    const status = await runPolo(['status'], options)
    expect(status.stdout).toMatch(
      /Loads: 1 failed \(polo loads ls\)\.\n! cost_cur MockTestReportV2\/2024-09 failed, mend it and run the command again/,
    )
    expect(await query(LINES, options)).toMatchObject([{ lines: 4 }, { lines: 627 }])

    await cp(join(CUR, DATA), join(directory, DATA))
    expect(await collectPath(directory, [], options)).toMatchObject({ code: 0 })
  })

  test('names the file that cannot be read', async () => {
    const broken = await makeDirectory('polo-export-')
    await cp(CUR, broken, { recursive: true })
    await writeFile(join(broken, DATA), 'not gzip')
    expect(await collectPath(broken, ['--export', 'broken'], options)).toMatchObject({
      code: 2,
      report: {
        loads: [{ status: 'given_up', error: expect.stringContaining(`${DATA} cannot be read`) }],
      },
    })
  })

  test('refuses two exports that would take the place of each other', async () => {
    const both = await makeDirectory('polo-export-')
    for (const payer of ['one', 'two']) await cp(CUR, join(both, payer), { recursive: true })
    expect(await collectPath(both, [], options)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('holds two exports of 2024-09 that would both be MockTestReportV2'),
    })
  })

  test('does not promise to load again what only the command itself reads', async () => {
    const listed = await runPolo(['loads', 'ls', '--all', '--json'], options)
    const { loads } = z
      .object({ loads: z.array(z.looseObject({ load_id: z.string(), status: z.string() })) })
      .parse(JSON.parse(listed.stdout))
    const [first] = loads
    const retried = await runPolo(['loads', 'retry', first?.load_id.slice(0, 8) ?? ''], options)
    expect(retried).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('polo collect cost_cur --path /'),
    })
    const after = await runPolo(['loads', 'ls', '--all', '--json'], options)
    expect(JSON.parse(after.stdout)).toEqual(JSON.parse(listed.stdout))
    expect(await runPolo(['loads', 'retry'], options)).toMatchObject({ code: 1 })
    expect(await runPolo(['loads', 'retry', 'nothing'], options)).toMatchObject({ code: 1 })
  })

  test('says nothing more of what failed once it is dismissed', async () => {
    const directory = await makeDirectory('polo-export-')
    await cp(CUR, directory, { recursive: true })
    await rm(join(directory, DATA))
    const { report } = await collectPath(directory, ['--export', 'gone'], options)
    const id = report?.loads[0]?.load_id ?? ''
    expect((await runPolo(['loads', 'ls'], options)).stdout).toContain('gone/2024-09')

    const dismissed = await runPolo(['loads', 'dismiss', id, '--json'], options)
    expect(dismissed.code).toBe(0)
    expect(JSON.parse(dismissed.stdout)).toEqual({ dismissed: [id] })
    expect((await runPolo(['loads', 'ls'], options)).stdout).not.toContain('gone/2024-09')
    const again = await runPolo(['loads', 'dismiss', id], options)
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('is superseded') })

    await collectPath(directory, ['--export', 'gone'], options)
    expect(await runPolo(['loads', 'dismiss'], options)).toMatchObject({ code: 1 })
    expect(await runPolo(['loads', 'dismiss', '--all'], options)).toMatchObject({ code: 0 })
    expect((await runPolo(['loads', 'ls'], options)).stdout).toBe(
      'Everything that was asked for is loaded.\n',
    )
  })

  test('has the database leave hidden files alone', async () => {
    const directory = await makeDirectory('polo-export-')
    await cp(LEGACY, directory, { recursive: true })
    await writeFile(join(directory, '._sample-anonymous-aws-export-dataset.csv.gz'), 'of macOS')
    expect(await collectPath(directory, ['--export', 'visible'], options)).toMatchObject({
      code: 0,
      report: { loads: [{ status: 'loaded', rows: 627 }] },
    })
  })

  test.each([
    [['loads', 'dismiss', 'nothing'], 'there is no load nothing'],
    [['collect', 'config_ec2', '--path', CUR], '--path is for one of these collectors: cost_cur, flow_logs'],
    [['collect', 'cost_cur', '--path', '/not/there'], 'there is no such directory'],
    [
      ['collect', 'cost_cur', '--path', join(FIXTURES, 'aws-cli-docs')],
      'neither the manifest of a cost export',
    ],
    [['collect', 'cost_cur', '--path', CUR, '--profile', 'x'], 'leave --profile out'],
    [['collect', 'cost_cur', '--export', 'x'], 'give --path'],
    [['collect', 'cost_cur', '--path', CUR, '--export', 'a b'], 'expected a name'],
    [['collect', 'cost_cur', '--path', CUR, '--direct', '--backfill'], 'excludes'],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await runPolo(args, options)
    expect(code).toBe(1)
    expect(stderr).toContain(message)
  })

  test('refuses a directory whose name the database would take for a pattern', async () => {
    const odd = join(await makeDirectory('polo-odd-'), 'a{b,c}')
    await mkdir(odd)
    expect(await collectPath(odd, [], options)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('pattern'),
    })
  })
})
