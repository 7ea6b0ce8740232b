import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { RuntimeAddresses, sampleEstateDirectory } from '@polo/local'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  BOTH_EVENTS,
  collect,
  countEvents,
  INVENTORY,
  INVENTORY_EVENTS,
  ONE_ACCOUNT_EVENTS,
  parseFailure,
  SLOT,
} from './polo-answers.ts'
import {
  cleanUp,
  isGroupAlive,
  makeDirectory,
  type PoloProcess,
  runPolo,
  startPolo,
  startUp,
  waitFor,
} from './polo-process.ts'

const ONE_ACCOUNT = ['--sample', '--account', '185106417252', '--slot', SLOT]
/** What "at once" means to who waits at a terminal. */
const PROMPT_MS = 10_000

afterAll(cleanUp)

async function readAddresses(dataDir: string): Promise<RuntimeAddresses> {
  return RuntimeAddresses.parse(JSON.parse(await readFile(join(dataDir, 'runtime.json'), 'utf8')))
}

async function endsPromptly(group: PoloProcess): Promise<void> {
  await waitFor('every process of the group to end', () => !isGroupAlive(group.pid), PROMPT_MS)
}

describe('polo up', () => {
  const options = { dataDir: '' }
  let up: PoloProcess
  let addresses: RuntimeAddresses

  beforeAll(async () => {
    options.dataDir = await makeDirectory()
    up = await startUp(ONE_ACCOUNT, options)
    addresses = await readAddresses(options.dataDir)
  })

  test('is joined by collect, query and status', async () => {
    const { runs } = await collect(
      [...INVENTORY, '--recording', sampleEstateDirectory, '--slot', SLOT],
      options,
    )
    expect(runs.reduce((sum, run) => sum + run.stored, 0)).toBe(INVENTORY_EVENTS)
    expect(await countEvents(options)).toBe(BOTH_EVENTS)
    const status = await runPolo(['status', '--json'], options)
    expect(JSON.parse(status.stdout)).toMatchObject({ green: false, dead_letters: 0, queue: { waiting: 0 } })
    expect(status.code).toBe(2)
    expect(await readAddresses(options.dataDir)).toEqual(addresses)
  })

  test('tells of the runs that others made', async () => {
    const line = /^\S+ \S+ 185106417252 config_ec2 complete: \d+ rows$/m
    await waitFor('the line of one of the runs', () => line.test(up.stderr()))
  })

  test('refuses a second one on the same data directory, and says which has it', async () => {
    const second = await runPolo(['up', '--json', ...ONE_ACCOUNT], options)
    expect(parseFailure(second).message).toMatch(/Polo is up already on .*another --data-dir/)
    expect(second.code).toBe(1)
  })

  test.each([
    ['POLO_CLICKHOUSE_URL', 'http://127.0.0.1:8123', 'another ClickHouse than POLO_CLICKHOUSE_URL'],
    ['POLO_DATABASE', 'other', 'the database polo, which is not POLO_DATABASE'],
  ])('is not joined for another database than the one that was asked for: %s', async (name, value, words) => {
    const env = { [name]: value }
    const result = await runPolo(['collect', '--sample', '--json'], { ...options, env })
    expect(parseFailure(result)).toMatchObject({
      name: 'UsageError',
      message: expect.stringContaining(words),
    })
    expect(result.code).toBe(1)
  })

  test.each(['--clickhouse-port', '--sqs-port'])('names a port that is taken: %s', async (flag) => {
    const taken = new URL(flag === '--sqs-port' ? addresses.sqsEndpoint : addresses.clickhouseUrl).port
    const result = await runPolo(['up', '--json', flag, taken, ...ONE_ACCOUNT], {
      dataDir: await makeDirectory(),
    })
    expect(parseFailure(result)).toMatchObject({
      name: 'PortInUseError',
      message: expect.stringContaining(`Port ${taken}`),
    })
    expect(result.code).toBe(1)
  })

  test('serves on loopback only', async () => {
    const others = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .filter(({ internal }) => !internal)
      .map(({ address, scopeid }) => (scopeid ? undefined : address))
      .filter((address) => address !== undefined)
    for (const url of [addresses.clickhouseUrl, addresses.sqsEndpoint]) {
      const port = Number(new URL(url).port)
      expect(await accepts('127.0.0.1', port)).toBe(true)
      for (const address of others)
        expect({ address, open: await accepts(address, port) }).toEqual({ address, open: false })
    }
  })

  test('ends in order and promptly at Ctrl-C, and leaves no process', async () => {
    up.signalGroup('SIGINT')
    expect(await up.ended).toMatchObject({ code: 0, stderr: expect.not.stringContaining('!') })
    await endsPromptly(up)
    await expect(readAddresses(options.dataDir)).rejects.toThrow('ENOENT')
    expect(await countEvents(options)).toBe(BOTH_EVENTS)
  })
})

describe('a pipeline whose command was killed', () => {
  const options = { dataDir: '' }

  test('leaves no orphan, and its stale addresses do no harm to the next', async () => {
    options.dataDir = await makeDirectory()
    const up = await startUp(ONE_ACCOUNT, options)
    up.signalParent('SIGKILL')
    await endsPromptly(up)
    const stale = await readAddresses(options.dataDir)
    expect(await countEvents(options)).toBe(ONE_ACCOUNT_EVENTS)
    const next = await startUp(ONE_ACCOUNT, options)
    expect((await readAddresses(options.dataDir)).pid).not.toBe(stale.pid)
    expect(await countEvents(options)).toBe(ONE_ACCOUNT_EVENTS)
    next.signalGroup('SIGKILL')
    await endsPromptly(next)
  })

  test('is not taken for alive when another program has its port and a living process its id', async () => {
    const { clickhouseUrl } = await readAddresses(options.dataDir)
    const squatter = createServer((socket) =>
      socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n'),
    )
    await new Promise<void>((resolve) =>
      squatter.listen(Number(new URL(clickhouseUrl).port), '127.0.0.1', resolve),
    )
    try {
      expect(await countEvents(options)).toBe(ONE_ACCOUNT_EVENTS)
    } finally {
      squatter.close()
    }
  })
})

describe('Ctrl-C', () => {
  test('ends a query promptly with 130, and nobody has joined it meanwhile', async () => {
    const options = { dataDir: await makeDirectory() }
    await collect(ONE_ACCOUNT, options)
    const query = startPolo(
      [
        'query',
        '--json',
        'SELECT sum(sleepEachRow(1)) FROM numbers(60) SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0',
      ],
      options,
    )
    await waitFor('the query’s ClickHouse to serve', () =>
      existsSync(join(options.dataDir, 'clickhouse', 'polo-tmp')),
    )
    const second = await runPolo(['query', '--json', 'SELECT 1'], options)
    expect(parseFailure(second)).toMatchObject({
      name: 'DataDirectoryInUseError',
      message: expect.stringMatching(/\(process \d+\).*Wait.*polo up/),
    })
    query.signalGroup('SIGINT')
    await endsPromptly(query)
    const result = await query.ended
    expect(parseFailure(result)).toMatchObject({ name: 'InterruptedError' })
    expect(result.code).toBe(130)
  })

  test.each([900, 1_800])(
    'after %i ms ends a collection promptly, and the next one completes it',
    async (delay) => {
      const options = { dataDir: await makeDirectory() }
      const collecting = startPolo(['collect', '--json', ...ONE_ACCOUNT], options)
      await new Promise((resolve) => setTimeout(resolve, delay))
      collecting.signalGroup('SIGINT')
      await endsPromptly(collecting)
      expect([0, 130, null]).toContain((await collecting.ended).code)
      expect((await collect(ONE_ACCOUNT, options)).complete).toBe(true)
      expect(await countEvents(options)).toBe(ONE_ACCOUNT_EVENTS)
    },
  )
})

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2_000 })
    const settle = (open: boolean) => {
      socket.destroy()
      resolve(open)
    }
    socket.on('connect', () => settle(true))
    socket.on('error', () => settle(false))
    socket.on('timeout', () => settle(false))
  })
}
