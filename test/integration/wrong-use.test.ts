import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseFailure, query } from './polo-answers.ts'
import { cleanUp, makeDirectory, runPolo } from './polo-process.ts'

const SAMPLE = ['collect', '--sample']

afterAll(cleanUp)

describe('what cannot be is refused with a message that says what to write, before anything is started', () => {
  test.each([
    [
      'an unknown collector',
      ['collect', 'config_s4', '--sample'],
      ["no collector 'config_s4'", 'config_ec2'],
    ],
    ['a collector that is told', ['collect', 'lifecycle'], ['is told what happens', '--events']],
    [
      "files of another's",
      ['collect', 'config_ec2', '--events', '.'],
      ['--events names files for lifecycle, which config_ec2 does not read'],
    ],
    ['files and AWS', ['collect', '--events', '.', '--profile', 'x'], ['leave --profile out']],
    ['a bad slot', [...SAMPLE, '--slot', 'yesterday'], ['--slot yesterday', '2026-01-15T00:00:00Z']],
    ['two sources', [...SAMPLE, '--recording', '.'], ['exclude each other']],
    ['a time limit of nothing', [...SAMPLE, '--timeout', '0'], ['--timeout 0', 'minutes']],
    ['a port that is none', ['up', '--clickhouse-port', '99999'], ["'99999' is not a port"]],
    ['an unknown option', ['collect', '--wrong'], ["unknown option '--wrong'"]],
    ['an unknown command', ['colect'], ["unknown command 'colect'"]],
    ['a query that is missing', ['query'], ["missing required argument 'sql'"]],
    ['a database that has nothing yet', ['query', 'SELECT 1'], ['there is no data', 'polo collect --sample']],
    ['a cluster without a name', ['migrate', '--target', 'cluster'], ['--cluster NAME']],
  ])('%s', async (_, args, words) => {
    const options = { dataDir: join(await makeDirectory(), 'data') }
    const result = await runPolo([...args, '--json'], options)
    const { name, message } = parseFailure(result)
    expect(name).toBe('UsageError')
    for (const word of words) expect(message).toContain(word)
    expect(result.code).toBe(1)
    expect(result.stderr).not.toMatch(/^ {4}at /m)
  })

  test.each([
    ['/proc/polo', 'cannot be used'],
    ['/etc/hostname', 'not a directory'],
    ['/etc/hostname/below', 'cannot be used'],
  ])('the data directory %s', async (dataDir, words) => {
    const result = await runPolo([...SAMPLE, '--json'], { dataDir })
    expect(parseFailure(result).message).toContain(words)
    expect(result.code).toBe(1)
  })
})

describe('what the source or the retention does not allow', () => {
  const options = { dataDir: '' }
  beforeAll(async () => {
    options.dataDir = await makeDirectory()
  })

  test.each([
    ['an unknown account', ['--account', '999999999999'], ['999999999999', '185106417252']],
    [
      'a slot older than the retention',
      ['--slot', '2019-01-01T00:00:00Z'],
      ['2019-01-01', '800 days', 'retentionDays.config'],
    ],
    ['a slot still to come', ['--slot', '2999-01-01T00:00:00Z'], ['2999-01-01', 'still to come']],
  ])('%s is refused', async (_, flags, words) => {
    const result = await runPolo([...SAMPLE, ...flags, '--json'], options)
    const { name, message } = parseFailure(result)
    expect(name).toBe('ConfigError')
    for (const word of words) expect(message).toContain(word)
    expect(result.code).toBe(1)
  })

  test('leaves no job behind that would count as failed', async () => {
    expect(await query('SELECT count() AS jobs FROM collector_runs', options)).toEqual([{ jobs: 0 }])
  })
})

describe('a configuration file', () => {
  test.each([
    ["export default { tags: { marqo_color: ['x'] } }", 'marqo_color'],
    ['export default { retentionDays: { config: -1 } }', 'retentionDays.config'],
    ['export default {\n  regions: [],\n  foo bar\n}', 'polo.config.ts:3)'],
  ])('that says %s is refused, and the place is named', async (text, words) => {
    const cwd = await makeDirectory()
    await writeFile(join(cwd, 'polo.config.ts'), text)
    const result = await runPolo([...SAMPLE, '--json'], { cwd, dataDir: join(cwd, 'data') })
    expect(parseFailure(result)).toMatchObject({
      name: 'ConfigError',
      message: expect.stringContaining(words),
    })
    expect(result.code).toBe(1)
  })

  test('that is named must be there', async () => {
    const result = await runPolo([...SAMPLE, '--json', '--config', '/nowhere/polo.config.ts'], {
      dataDir: await makeDirectory(),
    })
    expect(parseFailure(result).message).toContain('/nowhere/polo.config.ts')
    expect(result.code).toBe(1)
  })
})

describe('the environment', () => {
  test.each([
    ['POLO_CLICKHOUSE_URL', 'someone:hunter22@host', 'POLO_CLICKHOUSE_URL'],
    ['POLO_CLICKHOUSE_URL', 'ftp://someone:hunter22@host', 'POLO_CLICKHOUSE_URL'],
    ['POLO_DATABASE', 'a-b', 'POLO_DATABASE'],
    ['POLO_QUEUE_URL', 'https://sqs.eu-west-1.amazonaws.com/1/q', 'POLO_CLICKHOUSE_URL'],
  ])('with %s=%s is refused without its secrets', async (name, value, words) => {
    const dataDir = await makeDirectory()
    const result = await runPolo([...SAMPLE, '--json'], { dataDir, env: { [name]: value } })
    expect(parseFailure(result).message).toContain(words)
    expect(result.stdout + result.stderr).not.toContain('hunter22')
    expect(result.code).toBe(1)
  })
})

describe('help', () => {
  test.each(['up', 'collect', 'status', 'query', 'collectors', 'migrate', 'dlq', 'doctor'])(
    'polo %s --help explains itself on stdout and ends with 0',
    async (command) => {
      const { code, stdout, stderr } = await runPolo([command, '--help'])
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toContain(`Usage: polo ${command}`)
    },
  )
})
