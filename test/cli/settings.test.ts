import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { UsageError } from '../../packages/cli/src/errors.ts'
import { readSettings } from '../../packages/cli/src/session/settings.ts'

describe('readSettings', () => {
  test('has a default for everything', () => {
    expect(readSettings({}, {})).toEqual({
      dataDir: resolve('.polo'),
      database: 'polo',
      isDatabaseNamed: false,
      clickhouseUrl: undefined,
      queueUrl: undefined,
      backfillQueueUrl: undefined,
      deadLetterQueueUrl: undefined,
      jobsDeadLetterQueueUrl: undefined,
      ingesterFunction: undefined,
      configFile: resolve('polo.config.ts'),
      isConfigNamed: false,
    })
  })

  test('prefers an option to its variable', () => {
    expect(readSettings({ dataDir: '/a' }, { POLO_DATA_DIR: '/b' }).dataDir).toBe('/a')
    expect(readSettings({}, { POLO_DATA_DIR: '/b' }).dataDir).toBe('/b')
  })

  test('takes a variable that is set to nothing for one that is not set', () => {
    const nothing = { POLO_DATA_DIR: '', POLO_CLICKHOUSE_URL: '', POLO_DATABASE: '', POLO_QUEUE_URL: '' }
    expect(readSettings({}, nothing)).toEqual(readSettings({}, {}))
  })

  test.each(['polo-ingester', 'arn:aws:lambda:eu-west-1:111122223333:function:polo-ingester'])(
    'takes %s for the ingester',
    (name) => {
      expect(readSettings({}, { POLO_INGESTER_FUNCTION: name }).ingesterFunction).toBe(name)
    },
  )

  test('knows a database that was named', () => {
    expect(readSettings({}, { POLO_DATABASE: 'polo' })).toMatchObject({
      database: 'polo',
      isDatabaseNamed: true,
    })
  })

  test('knows a configuration file that was named', () => {
    expect(readSettings({ config: 'other.ts' }, {})).toMatchObject({
      configFile: resolve('other.ts'),
      isConfigNamed: true,
    })
  })

  test.each([
    ['POLO_CLICKHOUSE_URL', 'db:9000'],
    ['POLO_CLICKHOUSE_URL', 'someone:hunter22@host'],
    ['POLO_QUEUE_URL', 'my-queue'],
    ['POLO_DEAD_LETTER_QUEUE_URL', 'arn:aws:sqs:eu-west-1:111122223333:polo'],
    ['POLO_BACKFILL_QUEUE_URL', 'polo-backfill'],
    ['POLO_INGESTER_FUNCTION', 'not a name'],
    ['POLO_DATABASE', 'polo; DROP'],
  ])('names %s when it is %s, and not what it is', (name, value) => {
    const read = () => readSettings({}, { [name]: value })
    expect(read).toThrow(UsageError)
    expect(read).toThrow(name)
    expect(read).not.toThrow(value)
  })
})
