import { stat } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { useClickHouse } from './harness.ts'

const PASSWORD = 'correct-horse_battery'
const clickHouse = useClickHouse({ password: PASSWORD })

function basic(user: string, password: string) {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }
}

async function ask(path: string, headers: Record<string, string> = {}) {
  const { origin } = new URL(clickHouse.server.url)
  const response = await fetch(`${origin}${path}`, { headers })
  return { status: response.status, text: await response.text() }
}

const SELECT = '/?query=SELECT%201'

test('takes the password in each of its places, with any user name', async () => {
  const answers = [
    ask(SELECT, basic('polo', PASSWORD)),
    ask(SELECT, basic('', PASSWORD)),
    ask(SELECT, { 'X-ClickHouse-User': 'someone', 'X-ClickHouse-Key': PASSWORD }),
    ask(`${SELECT}&user=someone&password=${PASSWORD}`),
  ]
  for (const answer of answers) expect(await answer).toEqual({ status: 200, text: '1\n' })
})

test('refuses a request whose password is wrong or missing, in the words of ClickHouse', async () => {
  const answers = [
    ask(SELECT),
    ask('/'),
    ask('/replicas_status'),
    ask(SELECT, basic('polo', '')),
    ask(SELECT, basic('polo', `${PASSWORD}x`)),
    ask(SELECT, { authorization: PASSWORD }),
    ask(SELECT, { 'X-ClickHouse-Key': 'wrong' }),
    ask(`${SELECT}&password=wrong`),
    ask(`${SELECT}&password=`),
  ]
  for (const answer of answers) {
    const { status, text } = await answer
    expect(status).toBe(403)
    expect(text).toMatch(/^Code: 516\. DB::Exception: .*\(AUTHENTICATION_FAILED\)/)
    expect(text).not.toContain(PASSWORD)
  }
})

test('says without a password that it is there', async () => {
  expect(await ask('/ping')).toEqual({ status: 200, text: 'Ok.\n' })
})

test('has a URL that a client can use as it is', async () => {
  expect(clickHouse.server.url).toMatch(`http://polo:${PASSWORD}@127.0.0.1:`)
  expect(await clickHouse.rows('SELECT 1')).toEqual([[1]])
})

test('keeps its directory to its owner', async () => {
  expect((await stat(clickHouse.dataDir)).mode & 0o777).toBe(0o700)
})
