import { createServer } from 'node:net'
import { classify } from '@polo/ingester'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { connectByLinks } from '../../packages/functions/src/connect-clickhouse.ts'
import {
  type OutageOptions,
  whileClickHouseAnswers,
} from '../../packages/functions/src/while-clickhouse-answers.ts'
import { type Pipeline, startPipeline } from '../ingester/pipeline.ts'

let polo: Pipeline
beforeAll(async () => {
  polo = await startPipeline()
})
afterAll(async () => {
  await polo?.stop()
})

function connect(url: string) {
  const links = { ClickHouseUrl: url, ClickHouseUser: 'default', ClickHousePassword: '' }
  return connectByLinks(links, polo.database)
}

type Limit = Pick<OutageOptions, 'timeLimitMs'>

/** Does `work` against a server; resolves also to the codes by which that did not answer. */
async function attempt<Result>(url: string, work: () => Promise<Result>, limit: Limit = {}) {
  const clickhouse = connect(url)
  const outages: string[] = []
  const onOutage = (error: Error) => outages.push(classify(error).code)
  const options = { onOutage, ...limit }
  const result = await whileClickHouseAnswers(clickhouse, work, options).finally(() => clickhouse.close())
  return { result, outages }
}

const query = (sql: string) => () => polo.clickhouse.command({ query: sql })

it('resolves to what the work came to', async () => {
  expect(await attempt(polo.url, async () => 'done')).toEqual({ result: 'done', outages: [] })
})

it('throws what the work throws while the server answers', async () => {
  await expect(attempt(polo.url, query('SELECT * FROM not_there'))).rejects.toThrow('not_there')
})

it('begins no work where nobody answers, or is about to', async () => {
  const silent = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => silent.once('listening', resolve))
  const address = silent.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const never = () => Promise.reject(new Error('it was begun'))
  try {
    for (const [url, code] of [
      ['http://127.0.0.1:1', 'ECONNREFUSED'],
      [`http://127.0.0.1:${port}`, 'NO_CODE'],
    ] as const) {
      expect(await attempt(url, never, { timeLimitMs: 2_000 })).toEqual({
        result: undefined,
        outages: [code],
      })
    }
  } finally {
    silent.close()
  }
})

it('forgives what fails because the server went away', async () => {
  const other = await startPipeline()
  const cut = async () => {
    await other.stop()
    throw new Error('the connection was cut')
  }
  expect(await attempt(other.url, cut)).toEqual({ result: undefined, outages: ['ECONNREFUSED'] })
})
