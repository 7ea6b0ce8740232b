import { describe, expect, test } from 'vitest'
import type { CollectFlags } from '../../packages/cli/src/collect/collect-request.ts'
import { type FileFlags, readFilesRequest } from '../../packages/cli/src/collect/files/files-request.ts'
import { UsageError } from '../../packages/cli/src/errors.ts'

const NOW = new Date('2026-01-15T00:20:00Z')
const read = (flags: Partial<CollectFlags> & FileFlags, names: string[] = []) =>
  readFilesRequest(names, { timeout: '15', ...flags }, NOW)

describe('readFilesRequest', () => {
  test('is not for runs that name no files', () => {
    expect(read({}, ['lifecycle'])).toBeUndefined()
  })

  test('means the collector that reads such files, now, through the backfill queue', () => {
    expect(read({ events: ['a.json', 'b'] })).toMatchObject({
      reader: { collector: 'lifecycle' },
      paths: ['a.json', 'b'],
      slot: NOW,
      timeoutMs: 900_000,
      to: { direct: false, backfill: true },
    })
  })

  test.each<[Partial<CollectFlags>, object]>([
    [{ backfill: true }, { direct: false, backfill: true }],
    [{ backfill: false }, { direct: false, backfill: false }],
    [{ direct: true }, { direct: true, backfill: false }],
  ])('with %j, sends to %j', (flags, to) => {
    expect(read({ events: ['a'], ...flags }, ['lifecycle'])?.to).toEqual(to)
  })

  test('takes the slot of a run that was cut short, to repeat it', () => {
    expect(read({ events: ['a'], slot: '2026-01-14T10:00:00Z' })?.slot).toEqual(
      new Date('2026-01-14T10:00:00Z'),
    )
  })

  test.each([[['--data-dir', 'DIR']], [[]], [['']]])('refuses %j for files', (events) => {
    expect(() => read({ events })).toThrow(new UsageError('--events needs at least one file'))
  })

  test.each<[string, Partial<CollectFlags>, string[]]>([
    ['config_ec2', {}, ['lifecycle', 'config_ec2']],
    ["there is no collector 'lifecyle'", {}, ['lifecyle']],
    ['--all-accounts', { allAccounts: true }, []],
    ['--recording', { recording: 'DIR' }, []],
    ['--account', { account: ['111122223333'] }, []],
    ['--backfill', { direct: true, backfill: true }, []],
    ['still to come', { slot: '2026-02-01T00:00:00Z' }, []],
    ['--slot', { slot: 'today' }, []],
    ['--timeout', { timeout: '0' }, []],
  ])('refuses what cannot be, and names %s', (words, flags, names) => {
    expect(() => read({ events: ['a'], ...flags }, names)).toThrow(UsageError)
    expect(() => read({ events: ['a'], ...flags }, names)).toThrow(words)
  })
})
