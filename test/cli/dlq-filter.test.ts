import { Command } from 'commander'
import { expect, it } from 'vitest'
import type { DeadLetterSummary } from '../../packages/cli/src/dead-letters/dead-letters.ts'
import {
  addFilterOptions,
  type FilterFlags,
  matchesFilter,
  readExplicitFilter,
  readFilter,
} from '../../packages/cli/src/dead-letters/letter-filter.ts'
import { createSelection } from '../../packages/cli/src/dead-letters/selection.ts'

const NOW = new Date('2026-03-10T12:00:00.000Z')

function letter(overrides: Partial<DeadLetterSummary> = {}): DeadLetterSummary {
  return {
    message_id: 'm-1',
    reason: 'rejected_rows',
    code: 53,
    schema: 'resource_event/1',
    collector: 'config_ebs',
    rows: 1,
    sent_at: '2026-03-10T10:00:00.000Z',
    receives: 1,
    message: '',
    ...overrides,
  }
}

function matches(flags: FilterFlags): boolean {
  return matchesFilter(letter(), readFilter(flags, NOW))
}

it.each<[FilterFlags, boolean]>([
  [{}, true],
  [{ reason: ['rejected_rows'] }, true],
  [{ reason: ['too_large', 'rejected_rows'] }, true],
  [{ reason: ['too_large'] }, false],
  [{ schema: ['resource_event/1'], collector: ['config_ebs'] }, true],
  [{ schema: ['resource_event/1'], collector: ['config_ec2'] }, false],
  [{ id: ['m-2', 'm-1'] }, true],
  [{ id: ['m-2'] }, false],
  [{ since: '3h' }, true],
  [{ since: '1h' }, false],
  [{ until: '1h' }, true],
  [{ until: '3h' }, false],
  [{ since: '2026-03-10T10:00:00Z' }, true],
  [{ until: '2026-03-10T10:00:00Z' }, false],
  [{ until: '2026-03-10T11:00:01+01:00' }, true],
  [{ since: '7d', until: '90m' }, true],
])('matches by every condition: %j is %s', (flags, expected) => {
  expect(matches(flags)).toBe(expected)
})

it.each<[FilterFlags, string]>([
  [{ reason: ['rejected'] }, "there is no reason 'rejected'. There are: rejected_rows, "],
  [{ since: 'yesterday' }, '--since yesterday: expected how long ago'],
  [{ until: '2026-03-10T10:00:00' }, 'with its time zone'],
  [{ since: '1h', until: '2h' }, '--since is not before --until'],
])('refuses %j', (flags, message) => {
  expect(() => readFilter(flags, NOW)).toThrow(message)
})

it('wants it said that every letter is meant', () => {
  expect(() => readExplicitFilter({}, NOW)).toThrow('say which letters are meant')
  expect(() => readExplicitFilter({ all: true, reason: ['unknown'] }, NOW)).toThrow('exclude each other')
  expect(matchesFilter(letter(), readExplicitFilter({ all: true }, NOW))).toBe(true)
})

it('takes an option once with several values, and several times', () => {
  const command = addFilterOptions(new Command())
  command.parse(['--id', 'a', 'b', '--reason', 'unknown', '--id', 'c'], { from: 'user' })
  expect(command.opts()).toEqual({ id: ['a', 'b', 'c'], reason: ['unknown'] })
})

it('says what there is when nothing matches, and obeys none of it', () => {
  const selection = createSelection(readFilter({ reason: ['too_large'], id: ['m-9'] }, NOW))
  expect(selection.takes(letter())).toBe(false)
  expect(selection.takes(letter({ collector: 'evil\u001b[2J' }))).toBe(false)
  expect([selection.matched, selection.others, selection.missingIds()]).toEqual([0, 2, ['m-9']])
  expect(selection.describeNone()).toBe(
    [
      'None of the 2 dead letters matches. There are:',
      '  reason: rejected_rows 2',
      '  schema: resource_event/1 2',
      '  collector: config_ebs 1, evil\\u001b[2J 1',
    ].join('\n'),
  )
})
