import { CommanderError } from 'commander'
import { expect, test } from 'vitest'
import { InterruptedError, UsageError } from '../../packages/cli/src/errors.ts'
import { reportError } from '../../packages/cli/src/output/report-error.ts'

function report(error: unknown, { isJson = false, environment = {} } = {}) {
  const [stdout, stderr]: [string[], string[]] = [[], []]
  const code = reportError(error, {
    isJson,
    environment,
    stdout: { write: (text) => stdout.push(text) },
    stderr: { write: (text) => stderr.push(text) },
  })
  return { code, stdout: stdout.join(''), stderr: stderr.join('') }
}

test('tells people alone, without a stack', () => {
  expect(report(new UsageError('write x'))).toEqual({ code: 1, stdout: '', stderr: 'polo: write x\n' })
})

test('tells people and programs with --json', () => {
  expect(report(new UsageError('write x'), { isJson: true })).toEqual({
    code: 1,
    stdout: '{"error":{"name":"UsageError","message":"write x"}}\n',
    stderr: 'polo: write x\n',
  })
})

test('does not repeat what the parser has printed', () => {
  const error = new CommanderError(1, 'commander.unknownOption', "error: unknown option '--x'")
  expect(report(error, { isJson: true })).toEqual({
    code: 1,
    stdout: '{"error":{"name":"UsageError","message":"unknown option \'--x\'"}}\n',
    stderr: '',
  })
})

test('takes help that was asked for as done', () => {
  const help = new CommanderError(0, 'commander.helpDisplayed', '(outputHelp)')
  expect(report(help, { isJson: true })).toEqual({ code: 0, stdout: '', stderr: '' })
})

test('gives Ctrl-C its own exit code', () => {
  expect(report(new InterruptedError('interrupted')).code).toBe(130)
})

test('finds the words of an error that keeps them in its parts', () => {
  const refused = new AggregateError([new Error('connect ECONNREFUSED ::1:8123')])
  expect(report(refused).stderr).toContain('ECONNREFUSED ::1:8123')
})

test('masks passwords', () => {
  const environment = { POLO_CLICKHOUSE_URL: 'https://polo:hunter22@host:8443' }
  const { stdout, stderr } = report(new Error('https://polo:hunter22@host:8443 says hunter22'), {
    isJson: true,
    environment,
  })
  expect(stdout + stderr).not.toContain('hunter22')
})
