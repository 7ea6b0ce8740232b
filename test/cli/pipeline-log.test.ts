import { expect, test } from 'vitest'
import {
  createPipelineLog,
  type LoggedRun,
  type PipelineSight,
} from '../../packages/cli/src/up/watch/pipeline-log.ts'

const run = (run_id: string, fields: Partial<LoggedRun> = {}): LoggedRun => ({
  run_id,
  collector: 'config_ec2',
  aws_account_id: '111122223333',
  slot: '2026-01-15T10:00:00.000Z',
  status: 'complete',
  rows: 83,
  errors: [],
  ...fields,
})

function linesOf(...sights: Partial<PipelineSight>[]): string[] {
  const lines: string[] = []
  const log = createPipelineLog((line) => lines.push(line))
  for (const sight of sights) log({ problem: undefined, deadLetters: 0, runs: [], ...sight })
  return lines
}

test('tells of runs that came since it began, once', () => {
  const [before, after] = [
    run('a'),
    run('b', { status: 'denied', rows: 0, errors: ['eu-west-1: AccessDenied'] }),
  ]
  expect(linesOf({ runs: [before] }, { runs: [before, after] }, { runs: [before, after] })).toEqual([
    '2026-01-15 10:00 111122223333 config_ec2 denied: 0 rows (eu-west-1: AccessDenied)',
  ])
})

test('tells of what is in the way when it begins and when it is over, though the database is away', () => {
  const away = { problem: 'ClickHouse does not answer', runs: undefined, deadLetters: undefined }
  expect(linesOf({ runs: [run('a')] }, away, away, { runs: [run('a'), run('b')] })).toEqual([
    '! not stored: ClickHouse does not answer',
    'rows are stored again',
    '2026-01-15 10:00 111122223333 config_ec2 complete: 83 rows',
  ])
})

test('tells of dead letters that are new, and not of those that were there', () => {
  expect(
    linesOf({ deadLetters: 2 }, { deadLetters: undefined }, { deadLetters: 5 }, { deadLetters: 1 }),
  ).toEqual(['! 3 more dead letters: see polo dlq ls'])
})
