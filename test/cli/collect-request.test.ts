import { COLLECTORS } from '@polo/collectors'
import { parseConfig } from '@polo/core'
import { sampleEstateCollectors } from '@polo/local'
import { describe, expect, test } from 'vitest'
import {
  type CollectFlags,
  checkPayerIsRead,
  configOf,
  readCollectRequest,
} from '../../packages/cli/src/collect/collect-request.ts'
import { UsageError } from '../../packages/cli/src/errors.ts'

const read = (flags: Partial<CollectFlags> = {}, names: string[] = []) =>
  readCollectRequest(names, { timeout: '15', ...flags })

describe('readCollectRequest', () => {
  test('means every collector that reads any account, the latest slot and fifteen minutes when nothing is said', () => {
    expect(read()).toMatchObject({
      collectors: COLLECTORS.filter(({ scope }) => scope === 'account'),
      slot: undefined,
      timeoutMs: 900_000,
    })
  })

  test('takes collectors by name, in the order that they are named', () => {
    expect(read({}, ['config_ec2', 'config_ebs']).collectors.map(({ name }) => name)).toEqual([
      'config_ec2',
      'config_ebs',
    ])
  })

  test('runs a collector once that is named twice', () => {
    expect(read({}, ['config_ec2', 'config_ec2']).collectors).toHaveLength(1)
  })

  test.each(['us-east-1', 'us-gov-west-1', 'us-isob-east-1', 'eusc-de-east-1', 'ap-southeast-7'])(
    'takes the region %s',
    (region) => {
      expect(read({ region: [region], timeout: '720' })).toMatchObject({ timeoutMs: 43_200_000 })
    },
  )

  test('reads a slot with its time zone', () => {
    expect(read({ slot: '2026-01-15T01:00:00+01:00' }).slot).toEqual(new Date('2026-01-15T00:00:00Z'))
  })

  test('means the collectors that the sample estate answers, or those that are named', () => {
    const namesOf = (names: string[]) => read({ sample: true }, names).collectors.map(({ name }) => name)
    expect(namesOf([])).toEqual(sampleEstateCollectors)
    expect(namesOf(['config_ec2'])).toEqual(['config_ec2'])
  })

  test.each([
    ['a recording', { recording: '/recorded' }, '/recorded'],
    ['the sample estate', { sample: true }, 'sample-estate'],
  ])('replays %s', (_, flags, words) => {
    expect(read(flags).aws.description).toContain(words)
  })

  test.each<[string, Partial<CollectFlags>, string[]]>([
    ['collector', {}, ['nope']],
    ['slot', { slot: 'today' }, []],
    ['slot', { slot: '2026-01-15' }, []],
    ['slot', { slot: '2026-13-45T00:00:00Z' }, []],
    ['slot', { slot: '2026-01-15T00:00:00' }, []],
    ['slot', { slot: '2026-02-30T00:00:00Z' }, []],
    ['--region eu', { region: ['us-east-1', 'eu'] }, []],
    ['--region US-EAST-1', { region: ['US-EAST-1'] }, []],
    ['--timeout', { timeout: '721' }, []],
    ['--timeout', { timeout: 'Infinity' }, []],
    ['--timeout', { timeout: 'soon' }, []],
    ['--timeout', { timeout: '0' }, []],
    ['--backfill', { direct: true, backfill: true }, []],
    ['exclude each other', { sample: true, recording: '.' }, []],
    ['live AWS', { sample: true, profile: 'prod' }, []],
    ['live AWS', { recording: '.', endpoint: 'http://127.0.0.1:1' }, []],
  ])('refuses a wrong %s: %j %j', (words, flags, names) => {
    expect(() => read(flags, names)).toThrow(UsageError)
    expect(() => read(flags, names)).toThrow(words)
  })
})

describe('checkPayerIsRead', () => {
  const check = (account: string[] | undefined, names: string[]) => {
    const request = read({ sample: true, ...(account ? { account } : {}) }, names)
    return () => checkPayerIsRead(request, configOf(request, parseConfig({})))
  }

  test('blames --account where it leaves out the account that answers for the organization', () => {
    expect(check(['619193117841'], ['cost_explorer'])).toThrow(
      'cost_explorer reads the organization from its payer account, 644160558196, which --account leaves out: ' +
        'name that account, or leave --account out',
    )
  })

  test.each([
    ['no account is named', undefined, ['cost_explorer']],
    ['it is among those named', ['619193117841', '644160558196'], ['cost_explorer']],
    ['nothing reads the organization', ['619193117841'], ['config_ec2']],
  ])('has nothing to say where %s', (_, account, names) => {
    expect(check(account, names)).not.toThrow()
  })
})
