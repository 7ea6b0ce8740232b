import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createClient } from '@clickhouse/client'
import { createIngester, type IngesterDependencies, OutageError } from '@polo/ingester'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { batch, bodyOf, eventRow, eventRows, record } from './factories.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

let polo: Pipeline
const cleanups: (() => Promise<unknown>)[] = []
beforeAll(async () => {
  polo = await startPipeline()
})
afterAll(async () => {
  await polo?.stop()
})
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** An ingester whose ClickHouse is at `url`. */
function ingesterAt(url: string, options: Partial<IngesterDependencies> = {}) {
  const clickhouse = createClient({ url, database: polo.database, log: { level: 127 } })
  cleanups.push(() => clickhouse.close())
  return createIngester({ ...polo, clickhouse, ...options })
}

/** Stops the clock, and whatever goes by it, so that how fast this machine is does not matter. */
function stopTheClock() {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
  const alarms: { readonly at: number; ring(): void }[] = []
  vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
    const alarm = new AbortController()
    alarms.push({ at: Date.now() + ms, ring: () => alarm.abort() })
    return alarm.signal
  })
  return {
    goOn(ms: number) {
      vi.setSystemTime(Date.now() + ms)
      for (const { at, ring } of alarms) if (at <= Date.now()) ring()
    },
  }
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(async () => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
}

/** Answers for the first requests, or for requests by their token. */
type Answers = readonly Answer[] | ((token: string) => Answer | undefined)

/** Stands in front of ClickHouse, which answers what `answers` does not. */
async function ingesterBehind(answers: Answers, options: Partial<IngesterDependencies> = {}) {
  const tokens: string[] = []
  const answerTo = (token: string) =>
    typeof answers === 'function' ? answers(token) : answers[tokens.length - 1]
  const server = createServer(async (request, response) => {
    const { searchParams, search } = new URL(request.url ?? '/', 'http://clickhouse')
    const token = searchParams.get('insert_deduplication_token') ?? ''
    tokens.push(token)
    const answer = answerTo(token)
    const body = await Array.fromAsync(request)
    if (answer) return answer(request, response)
    const encoding = request.headers['content-encoding']
    const real = await fetch(`${polo.url}/${search}`, {
      method: 'POST',
      headers: encoding ? { 'Content-Encoding': encoding } : {},
      body: Buffer.concat(body),
    })
    response.writeHead(real.status, Object.fromEntries(real.headers)).end(await real.text())
  })
  return { ingest: ingesterAt(await listen(server), options), tokens, requests: () => tokens.length }
}

const reset: Answer = (request) => request.socket.resetAndDestroy()
const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (_, response) => {
    response.writeHead(code, headers).end('Code: 27. DB::Exception: not to be believed. (POISON)')
  }
const failure = (code: number): Answer => status(500, { 'X-ClickHouse-Exception-Code': String(code) })
const always = (answer: Answer): Answer[] => Array.from({ length: 40 }, () => answer)

async function outageOf(work: Promise<unknown>): Promise<OutageError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof OutageError)) throw new Error(`expected an OutageError, not ${String(error)}`)
  return error
}

it('throws when there is no ClickHouse: nothing is acknowledged, nothing buried', async () => {
  const ingest = ingesterAt('http://127.0.0.1:1')
  const event = batch(record(await bodyOf(eventRows('refused', 3))), record('poison'))
  expect(await outageOf(ingest(event))).toMatchObject({ code: 'ECONNREFUSED' })
  expect(await polo.takeDeadLetters()).toEqual([])
})

it('throws when the host of ClickHouse has no address', async () => {
  const error = await outageOf(
    ingesterAt('http://clickhouse.invalid:8123')(batch(record(await bodyOf([eventRow(1)])))),
  )
  expect(['ENOTFOUND', 'EAI_AGAIN']).toContain(error.code)
})

it('throws when a table is missing', async () => {
  const clickhouse = createClient({ url: polo.url, database: 'default', log: { level: 127 } })
  cleanups.push(() => clickhouse.close())
  const ingest = createIngester({ ...polo, clickhouse })
  expect(await outageOf(ingest(batch(record(await bodyOf([eventRow(1)])))))).toMatchObject({ code: '60' })
  expect(await polo.takeDeadLetters()).toEqual([])
})

it('throws when a database is missing', async () => {
  const clickhouse = createClient({ url: polo.url, database: 'missing', log: { level: 127 } })
  cleanups.push(() => clickhouse.close())
  const ingest = createIngester({ ...polo, clickhouse })
  expect(await outageOf(ingest(batch(record(await bodyOf([eventRow(1)])))))).toMatchObject({ code: '81' })
})

it.each([
  ['bad credentials', status(403, { 'X-ClickHouse-Exception-Code': '516' }), '516'],
  ['a read-only table', failure(242), '242'],
  ['a keeper that is gone', failure(999), '999'],
  ['a code that is not in the table', failure(49), '49'],
  ['HTTP 500 without a code', status(500), 'HTTP_500'],
  ['HTTP 502 without a code', status(502), 'HTTP_502'],
  ['a 200 that is not ClickHouse', (_: unknown, response: ServerResponse) => void response.end(), 'HTTP_200'],
  ['a 200 with an exception', status(200, { 'X-ClickHouse-Exception-Code': '242' }), '242'],
])('throws at once on %s', async (name, answer, code) => {
  const { ingest, requests } = await ingesterBehind(always(answer))
  expect(await outageOf(ingest(batch(record(await bodyOf(eventRows(`once-${name}`, 2))))))).toMatchObject({
    code,
  })
  expect(requests()).toBe(1)
  expect(await polo.takeDeadLetters()).toEqual([])
})

it.each([
  ['a reset connection', [reset], 1],
  ['code 209', [failure(209)], 1],
  ['two failures in a row', [failure(210), failure(319)], 2],
  ['HTTP 503', [status(503)], 1],
  ['HTTP 429', [status(429), status(429)], 2],
  ['too many parts', [failure(252)], 1],
  ['too many queries', [failure(202), failure(202)], 2],
])('tries again after %s, with the same token', async (name, answers, retries) => {
  const { ingest, tokens } = await ingesterBehind(answers)
  const prefix = `retried-${name.replaceAll(' ', '-')}`
  expect(await ingest(batch(record(await bodyOf(eventRows(prefix, 2)))))).toEqual({ batchItemFailures: [] })
  const block = tokens.slice(0, retries + 1)
  expect(new Set(block).size).toBe(1)
  expect(await polo.countRaw(prefix)).toBe(2)
})

it('stores a block once whose acknowledgement was lost', async () => {
  const body = await bodyOf(eventRows('unacknowledged', 20))
  await polo.ingest(batch(record(body)))
  const { ingest } = await ingesterBehind([reset])
  await ingest(batch(record(body)))
  expect(await polo.countRaw('unacknowledged')).toBe(20)
})

it('throws when resets do not end', async () => {
  const { ingest, requests } = await ingesterBehind(always(reset))
  expect(await outageOf(ingest(batch(record(await bodyOf([eventRow(1)])))))).toMatchObject({
    code: 'ECONNRESET',
  })
  expect(requests()).toBe(3)
})

it('throws when an overload outlasts the invocation', async () => {
  const clock = stopTheClock()
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
  const { ingest, requests } = await ingesterBehind(() => (...exchange) => {
    clock.goOn(700)
    status(503)(...exchange)
  })
  const started = Date.now()
  const work = ingest(batch(record(await bodyOf([eventRow(1)]))), { getRemainingTimeInMillis: () => 3_000 })
  expect(await outageOf(work)).toMatchObject({ code: 'HTTP_503' })
  expect(requests()).toBe(3)
  expect(Date.now() - started).toBeLessThan(3_000)
})

it('throws when ClickHouse does not answer in time', async () => {
  const { ingest } = await ingesterBehind(always(() => {}))
  const work = ingest(batch(record(await bodyOf([eventRow(1)]))), { getRemainingTimeInMillis: () => 2_500 })
  expect(await outageOf(work)).toMatchObject({ code: 'NO_CODE' })
})

/** What an invocation has, and what it has of that for inserts of blocks. */
const INVOCATION_MS = 60_000
const INSERTING_MS = 58_000
const invocation = { getRemainingTimeInMillis: () => INVOCATION_MS }

it('lets a block come back that ClickHouse was too slow for, while it stored another', async () => {
  const clock = stopTheClock()
  const slow = await bodyOf([eventRow('slow-1')])
  const { ingest } = await ingesterBehind(
    (token) => (token === tokenOf(slow) ? () => clock.goOn(INSERTING_MS) : undefined),
    // The other is stored when the slow one is begun.
    { concurrency: 1 },
  )
  const messages = [record(await bodyOf([eventRow('quick-1')])), record(slow)] as const
  const answer = await ingest(batch(...messages), invocation)
  expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: messages[1].messageId }] })
  expect(await polo.countRaw('quick')).toBe(1)
})

it('does not take it for a death that ClickHouse was too slow for a message that is tried alone', async () => {
  const clock = stopTheClock()
  const slow = await bodyOf([eventRow('slow-2')])
  const { ingest } = await ingesterBehind((token) =>
    token === tokenOf(slow) ? () => clock.goOn(INSERTING_MS) : undefined,
  )
  const work = ingest(batch(record(slow, { receives: 4 })), invocation)
  await outageOf(work)
  expect(
    await polo.select('SELECT countIf(ended = 0) AS starts, countIf(ended = 1) AS ends FROM ingest_attempts'),
  ).toEqual([{ starts: 1, ends: 1 }])
})

it('lets inserts that are under way finish before it throws, and starts no more', async () => {
  const failing = await bodyOf([eventRow('failing')])
  const { ingest } = await ingesterBehind((token) => (token === tokenOf(failing) ? failure(242) : undefined))
  const others = await Promise.all(
    ['a', 'b', 'c', 'd', 'e'].map((key) => bodyOf([eventRow(`underway-${key}`)])),
  )
  const work = ingest(batch(...[failing, ...others].map((body) => record(body))))
  expect(await outageOf(work)).toMatchObject({ code: '242' })
  const stored = await polo.countRaw('underway')
  expect(stored).toBeGreaterThanOrEqual(3)
  expect(stored).toBeLessThan(5)
})

it('throws when the ledger cannot be written', async () => {
  const body = await bodyOf([eventRow('unledgered')])
  const { ingest } = await ingesterBehind((token) => (token === tokenOf(body) ? undefined : failure(60)))
  expect(await outageOf(ingest(batch(record(body))))).toMatchObject({ code: '60' })
})

it('lets a block that fails alone come back by itself, and buries it when that goes on', async () => {
  const toxic = await bodyOf([eventRow('toxic')])
  const { ingest } = await ingesterBehind((token) => (token === tokenOf(toxic) ? failure(49) : undefined))
  const often = batch(record(toxic, { receives: 9 }))
  expect(await outageOf(ingest(often))).toMatchObject({ code: '49' })
  const first = record(toxic, { receives: 2 })
  await ingest(batch(record(await bodyOf([eventRow('wholesome-1')]))))
  const neighbour = record(await bodyOf([eventRow('wholesome-2')]))
  expect(await ingest(batch(neighbour, first))).toEqual({
    batchItemFailures: [{ itemIdentifier: first.messageId }],
  })
  expect(await polo.countRaw('wholesome')).toBe(2)
  expect(await polo.takeDeadLetters()).toEqual([])
  expect(await ingest(often)).toEqual({ batchItemFailures: [] })
  const letters = await polo.takeDeadLetters()
  expect(letters.map(({ MessageAttributes: about }) => about?.code?.StringValue)).toEqual(['49'])
})

it('takes it for an outage when several blocks fail and none is stored between', async () => {
  const toxic = await Promise.all(['a', 'b'].map((key) => bodyOf([eventRow(`several-${key}`)])))
  const { ingest } = await ingesterBehind((token) =>
    toxic.some((body) => token === tokenOf(body)) ? failure(49) : undefined,
  )
  await ingest(batch(record(await bodyOf([eventRow('several-good')]))))
  expect(await outageOf(ingest(batch(...toxic.map((body) => record(body)))))).toMatchObject({ code: '49' })
})

it('spends its retries once for all blocks, not once for each', async () => {
  const { ingest, requests } = await ingesterBehind(() => reset)
  const bodies = await Promise.all(
    Array.from({ length: 10 }, (_, key) => bodyOf([eventRow(`budget-${key}`)])),
  )
  for (const body of bodies.concat(bodies)) await outageOf(ingest(batch(record(body))))
  expect(requests()).toBe(20 + 20)
})

function tokenOf(body: string): string {
  return JSON.parse(body).block_id
}
