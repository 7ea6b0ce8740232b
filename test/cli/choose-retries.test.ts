import { expect, test } from 'vitest'
import { UsageError } from '../../packages/cli/src/errors.ts'
import { canBeDismissed, chooseNamed, chooseRetries } from '../../packages/cli/src/loads/choose-retries.ts'
import { loadReport } from './load-report.ts'

const OF_S3 = loadReport({ load_id: 'aa11', status: 'failed' })
const OF_FILE = loadReport({ load_id: 'aa22', status: 'failed', storage: 'file', bucket: '/exports' })
const FLOW_LOG = loadReport({ load_id: 'bb33', kind: 'flow_logs', storage: 'file', bucket: '/logs' })

test('tries again what a loader reads by itself, and leaves local directories out', () => {
  expect(chooseRetries([OF_S3, OF_FILE, FLOW_LOG])).toEqual({ retried: [OF_S3], local: [OF_FILE, FLOW_LOG] })
  expect(chooseRetries([])).toEqual({ retried: [], local: [] })
})

test('refuses where all are of local directories, and says what to run', () => {
  expect(() => chooseRetries([OF_FILE])).toThrow(
    new UsageError(
      'this load is of a local directory: mend the file and run polo collect cost_cur --path /exports again',
    ),
  )
  expect(() => chooseRetries([OF_FILE, OF_FILE, FLOW_LOG])).toThrow(
    new UsageError(
      'these 3 loads are of local directories: mend the files and run polo collect cost_cur --path /exports and polo collect flow_logs --path /logs again',
    ),
  )
})

test('takes the beginning of an id for it where it is the only one', () => {
  expect(chooseNamed([OF_S3, OF_FILE], ['AA1', 'aa11'])).toEqual([OF_S3])
})

test.each([
  ['aa', '2 loads have ids that begin with aa'],
  ['cc', 'there is no load cc'],
  ['', 'there is no load'],
  ['bb', 'polo collect flow_logs --path /logs'],
])('refuses %j', (id, message) => {
  expect(() => chooseNamed([OF_S3, OF_FILE, FLOW_LOG], [id])).toThrow(message)
})

test.each([
  ['failed', 's3', true],
  ['given_up', 's3', true],
  ['pending', 's3', false],
  ['pending', 'file', true],
  ['loading', 'file', false],
  ['loaded', 'file', false],
] as const)('lets one that is %s, of storage %s, be dismissed: %s', (status, storage, allowed) => {
  expect(canBeDismissed(loadReport({ status, storage }))).toBe(allowed)
})
