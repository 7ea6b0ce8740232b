import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { useClickHouse } from './harness.ts'

const clickHouse = useClickHouse()

/** Sends bytes as they are and says what came back. */
async function send(bytes: string | Buffer, { host = '127.0.0.1', endAfterMs = 0 } = {}): Promise<string> {
  const socket = connect(clickHouse.server.port, host)
  let answer = ''
  socket.setEncoding('latin1').on('data', (text) => {
    answer += text
  })
  socket.on('error', () => {})
  socket.setTimeout(3_000, () => socket.destroy())
  socket.write(bytes)
  if (endAfterMs > 0) setTimeout(() => socket.end(), endAfterMs)
  await new Promise((resolve) => socket.on('close', resolve))
  return answer
}

function get(path: string, headers: Record<string, string> = {}): Promise<string> {
  const lines = Object.entries({ Host: 'localhost', Connection: 'close', ...headers }).map(
    ([k, v]) => `${k}: ${v}\r\n`,
  )
  return send(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`)
}

test('keeps an idle connection as long as ClickHouse does', async () => {
  const answer = await send('GET /ping HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n', {
    endAfterMs: 200,
  })
  expect(answer).toMatch(/^Keep-Alive: timeout=30\b/m)
})

async function serves(): Promise<boolean> {
  return (await clickHouse.post({ query: 'SELECT 1' })).text === '1\n'
}

test('serves 127.0.0.1 and no other address of the machine', async () => {
  expect(new URL(clickHouse.server.url).hostname).toBe('127.0.0.1')
  const others = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  for (const { address, family, internal } of others) {
    if (family !== 'IPv4' || internal) continue
    const socket = connect(clickHouse.server.port, address)
    const outcome = await new Promise((resolve) => {
      socket.on('connect', () => resolve('connected')).on('error', () => resolve('refused'))
    })
    expect(outcome).toBe('refused')
    socket.destroy()
  }
})

test.each([
  ['a foreign Host', { Host: 'evil.example' }],
  ['a Host that only starts like ours', { Host: 'localhost.evil.example:8123' }],
  ['a foreign Origin', { Origin: 'https://evil.example' }],
  ['the Origin of a sandboxed page', { Origin: 'null' }],
  ['an image on a foreign page', { 'Sec-Fetch-Site': 'cross-site' }],
])('refuses what %s gives away', async (_, headers) => {
  expect(await get('/?query=SELECT+1', headers)).toMatch(/^HTTP\/1.1 403 /)
  expect(await get('/ping', headers)).toMatch(/^HTTP\/1.1 403 /)
})

test('takes requests of local tools and pages', async () => {
  const port = clickHouse.server.port
  for (const Host of ['localhost', `localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`]) {
    expect(await get('/?query=SELECT+1', { Host, Origin: 'http://localhost:5173' })).toMatch(
      /^HTTP\/1.1 200 /,
    )
  }
})

test('runs no statement that a form on a web page posts', async () => {
  await clickHouse.post({}, 'CREATE TABLE from_page (a Int8) ENGINE = Memory')
  const body = 'DROP TABLE from_page'
  const head = `POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://evil.example\r\nConnection: close\r\n`
  expect(await send(`${head}Content-Length: ${body.length}\r\n\r\n${body}`)).toMatch(/^HTTP\/1.1 403 /)
  expect(await clickHouse.post({}, 'EXISTS from_page')).toMatchObject({ text: '1\n' })
})

test.each([
  'DROP TABLE x',
  'INSERT INTO x VALUES (1)',
  'WITH 1 AS a INSERT INTO x SELECT a',
  'SET max_threads = 1',
  'CREATE TABLE x (a Int8)',
])('refuses %j by GET', async (query) => {
  const answer = await get(`/?query=${encodeURIComponent(query)}`)
  expect(answer).toMatch(/^HTTP\/1.1 500 /)
  expect(answer).toMatch(/X-ClickHouse-Exception-Code: 164\r\n/)
})

test('answers health checks, unknown paths and GET queries as ClickHouse does', async () => {
  expect(await get('/')).toMatch(/^HTTP\/1.1 200 [\s\S]*Ok\.\n$/)
  expect(await get('/replicas_status')).toMatch(/^HTTP\/1.1 200 [\s\S]*Ok\.\n$/)
  expect(await get('/nowhere')).toMatch(/^HTTP\/1.1 404 /)
  const answer = await get('/?query=SELECT+1+AS+x&default_format=JSONEachRow&query_id=q1', {
    Authorization: 'Basic ZGVmYXVsdDo=',
  })
  expect(answer).toMatch(/^HTTP\/1.1 200 [\s\S]*\{"x":1\}\n$/)
  expect(answer).toMatch(/X-ClickHouse-Query-Id: q1\r\n/)
  expect(answer).toMatch(/X-ClickHouse-Format: JSONEachRow\r\n/)
  expect(answer).toMatch(/X-ClickHouse-Timezone: \S+\r\n/)
  expect(answer).toMatch(/Content-Type: application\/x-ndjson/)
})

test('joins the query parameter and the body with a line break', async () => {
  expect(await clickHouse.post({ query: 'SELECT 1' }, '+ 1 AS x FORMAT JSONEachRow')).toMatchObject({
    text: '{"x":2}\n',
  })
  expect(await clickHouse.post({ query: 'SEL' }, 'ECT 1')).toMatchObject({ code: 62 })
  const table = await clickHouse.table()
  const query = `INSERT INTO ${table} FORMAT CSV 1,"x"`
  expect(await clickHouse.post({ query }, '2,"y"\n')).toMatchObject({ status: 200 })
  expect(await clickHouse.post({ query: `INSERT INTO ${table}` }, "VALUES (3, 'z')")).toMatchObject({
    status: 200,
  })
  expect(await clickHouse.rows(`SELECT * FROM ${table} ORDER BY a`)).toEqual([
    [1, 'x'],
    [2, 'y'],
    [3, 'z'],
  ])
})

test('survives bytes that are no HTTP', async () => {
  for (const bytes of [
    randomBytes(4_096),
    Buffer.from('\x16\x03\x01\x02\x00'),
    Buffer.from('GET\r\n\r\n'),
    Buffer.alloc(0),
  ]) {
    await send(bytes, { endAfterMs: 20 })
  }
  expect(await serves()).toBe(true)
})

test('survives absurd headers, paths and lengths', async () => {
  const host = 'Host: localhost\r\n'
  expect(await send(`GET /?x=${'y'.repeat(2_000_000)} HTTP/1.1\r\n${host}\r\n`)).toMatch(
    /^(HTTP\/1.1 4\d\d |$)/,
  )
  expect(await send(`POST / HTTP/1.1\r\n${host}Content-Length: -5\r\n\r\n`)).toMatch(/^HTTP\/1.1 400 /)
  expect(await get('//[')).toMatch(/^HTTP\/1.1 4\d\d /)
  expect(await get('http://[/?query=SELECT+1')).toMatch(/^HTTP\/1.1 [45]\d\d /)
  expect(await get('/?query=SELECT+1&session_id=a&session_timeout=1e99')).toMatch(
    /X-ClickHouse-Exception-Code: 36\r\n/,
  )
  const huge = `POST /?query=SELECT+1 HTTP/1.1\r\n${host}Content-Length: 99999999999999\r\n\r\nabc`
  expect(await send(huge, { endAfterMs: 50 })).toMatch(/^(HTTP\/1.1 400 |$)/)
  expect(await serves()).toBe(true)
})

test('stores nothing of a body that is cut off', async () => {
  const table = await clickHouse.table()
  const path = `/?query=${encodeURIComponent(`INSERT INTO ${table} FORMAT JSONEachRow`)}`
  const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\n`
  await send(`${head}Content-Length: 1000\r\n\r\n{"a":1}\n`, { endAfterMs: 50 })
  await send(`${head}Transfer-Encoding: chunked\r\n\r\n8\r\n{"a":1}\n\r\n`, { endAfterMs: 50 })
  expect(await clickHouse.rows(`SELECT count() FROM ${table}`)).toEqual([[0]])
})

test('gives compressed rubbish an error of its own', async () => {
  const table = await clickHouse.table()
  const rows = '{"a":1,"b":"x"}\n'.repeat(1_000)
  for (const inUrl of [true, false]) {
    const query = `INSERT INTO ${table} FORMAT JSONEachRow`
    const text = inUrl ? rows : `${query}\n${rows}`
    const search: Record<string, string> = inUrl ? { query } : {}
    const bodies: [encoding: string, body: Uint8Array<ArrayBuffer>][] = [
      ['gzip', Buffer.from(text)],
      ['zstd', Buffer.from(text)],
      ['br', Buffer.from(text)],
      ['gzip', gzipSync(text).subarray(0, -20)],
      ['zstd', Buffer.concat([zstdCompressSync(text), randomBytes(50)])],
      ['br', brotliCompressSync(text).subarray(0, -20)],
      ['nonsense', Buffer.from(text)],
    ]
    for (const [encoding, body] of bodies) {
      const answer = await clickHouse.post(search, body, { 'Content-Encoding': encoding })
      expect(answer.status, `${encoding} ${inUrl}`).toBeGreaterThanOrEqual(400)
      expect(answer.text).toMatch(/^Code: \d+\. DB::Exception: /)
    }
  }
  expect(await serves()).toBe(true)
})

test('loses no row of a body of several compressed frames', async () => {
  const table = await clickHouse.table()
  const query = `INSERT INTO ${table} FORMAT JSONEachRow`
  const frames = (compress: (text: string) => Uint8Array, head: string) =>
    Buffer.concat([compress(`${head}{"a":1}\n`), compress('{"a":2}\n')])
  for (const [encoding, compress] of [
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ] as const) {
    const headers = { 'Content-Encoding': encoding }
    expect(await clickHouse.post({ query }, frames(compress, ''), headers)).toMatchObject({ status: 200 })
    const inBody = await clickHouse.post({}, frames(compress, `${query}\n`), headers)
    expect(inBody.code).toBe(encoding === 'gzip' ? null : 271)
  }
  expect(await clickHouse.rows(`SELECT a, count() FROM ${table} GROUP BY a ORDER BY a`)).toEqual([
    [1, 3],
    [2, 3],
  ])
})

test.each([
  ['(SELECT 1 AS x) UNION ALL (SELECT 1) SETTINGS max_threads = 1', '1\n1\n'],
  ['(SELECT 1 AS x) SETTINGS max_threads = 1 FORMAT JSONEachRow', '{"x":1}\n'],
  ['(SELECT 1 AS x) FORMAT JSONEachRow SETTINGS max_threads = 1', '{"x":1}\n'],
  ['WITH 1 AS x SELECT x FORMAT JSONEachRow -- the end', '{"x":1}\n'],
  ['FROM numbers(2) SELECT number', '0\n1\n'],
  ['SELECT 1 FORMAT Null', ''],
  ["SELECT 'ü', 'FORMAT CSV' AS `format` FORMAT CSV", '"ü","FORMAT CSV"\n'],
  ['EXPLAIN AST SELECT 1', /^SelectWithUnionQuery/],
  ['SHOW DATABASES FORMAT JSONEachRow', /^\{"name":/],
  ['EXISTS TABLE system.one', '1\n'],
  ['DESCRIBE TABLE system.one', /^dummy\tUInt8/],
])('answers %j', async (query, text) => {
  for (const answer of [await clickHouse.post({ query }), await clickHouse.post({}, query)]) {
    expect(answer.status).toBe(200)
    if (typeof text === 'string') expect(answer.text).toBe(text)
    else expect(answer.text).toMatch(text)
  }
})
