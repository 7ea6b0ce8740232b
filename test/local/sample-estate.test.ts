import { globSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { COLLECTORS } from '@polo/collectors'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { recordedAws } from '../../packages/local/src/recorded-aws/recorded-aws.ts'
import {
  sampleEstateCollectors,
  sampleEstateDirectory,
} from '../../packages/local/src/recorded-aws/sample-estate.ts'
import { collectEverything } from './collect-everything.ts'

const MAX_BYTES = 1024 * 1024
const OPERATIONS = [
  'ec2.DescribeInstances',
  'ec2.DescribeVolumes',
  'ec2.DescribeNatGateways',
  'ec2.DescribeAddresses',
  'ec2.DescribeNetworkInterfaces',
  'elasticloadbalancing.DescribeLoadBalancers',
]
const SampleFile = z.strictObject({
  synthetic: z.string().min(10).optional(),
  status_code: z.int(),
  data: z.record(z.string(), z.unknown()),
})
/** Key ids, session tokens (a ClientToken is none: it makes a launch idempotent), private keys, and mail addresses of other people than example.com's. */
const SECRETS = [
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/,
  /BEGIN [A-Z ]*PRIVATE KEY/,
  /"[^"]*(?:secret|password|(?<!Client|Next)Token)": "/,
  /[\w.+-]+@(?!example\.com)[a-z-]+\.[a-z]{2,}/i,
]

const collectors = COLLECTORS.filter(({ name }) => sampleEstateCollectors.includes(name))
const files = globSync('*/*/*.json', { cwd: sampleEstateDirectory }).sort()
const textOf = (file: string) => readFileSync(join(sampleEstateDirectory, file), 'utf8')
const source = textOf('SOURCE.md')

/** What SOURCE.md says of a file: where it was recorded and why it is synthetic. */
function describedAs(file: string): { recordedAs: string; synthetic: string } {
  const line = source.split('\n').find((row) => row.startsWith(`| ${file} |`))
  const [, , recordedAs = '', synthetic = ''] = (line ?? '').split('|').map((cell) => cell.trim())
  return { recordedAs, synthetic }
}

describe.each(files)('%s', (file) => {
  const text = textOf(file)

  test('is a recorded response', () => {
    expect(SampleFile.safeParse(JSON.parse(text)).error).toBeUndefined()
  })

  test('has its origin in SOURCE.md, and says there and in itself why it is synthetic if it is', () => {
    const { recordedAs, synthetic } = describedAs(file)
    expect(recordedAs).not.toBe('')
    expect(SampleFile.parse(JSON.parse(text)).synthetic ?? '').toBe(synthetic)
    if (recordedAs === 'none') expect(synthetic).not.toBe('')
  })

  test('holds no secrets and no one’s mail address', () => {
    expect(SECRETS.filter((secret) => secret.test(text))).toEqual([])
  })
})

describe('the sample estate', () => {
  test('answers collectors that there are', () => {
    expect(collectors.map(({ name }) => name)).toEqual(sampleEstateCollectors)
  })

  test('answers every operation of its collectors in every region', () => {
    const regions = [...new Set(files.map((file) => dirname(file)))]
    const missing = regions.flatMap((region) =>
      OPERATIONS.map((operation) => `${region}/${operation}_1.json`).filter((file) => !files.includes(file)),
    )
    expect(missing).toEqual([])
  })

  test('is small and carries the licence', () => {
    const all = globSync('**/*', { cwd: sampleEstateDirectory }).map((file) =>
      join(sampleEstateDirectory, file),
    )
    const bytes = all
      .map((file) => statSync(file))
      .reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0)
    expect(bytes).toBeLessThan(MAX_BYTES)
    expect(textOf('LICENSE.txt')).toContain('Apache License')
  })

  test('has nothing in it but accounts, their origin and the licence', () => {
    const names = readdirSync(sampleEstateDirectory)
    expect(names.filter((name) => !/^\d{12}$/.test(name)).sort()).toEqual(['LICENSE.txt', 'SOURCE.md'])
  })
})

describe('what its collectors make of the sample estate', async () => {
  const { runs, events } = await collectEverything(
    recordedAws({ directory: sampleEstateDirectory }),
    collectors,
  )
  const ofType = (type: string) => events.filter((event) => event.resource_type === type)
  const withProperty = (name: string, value: string) =>
    events.filter((event) => event.properties[name]?.includes(value))

  test('is at least four accounts with two to four regions each', () => {
    const regions = runs.map(({ region_outcomes }) => Object.keys(region_outcomes).length)
    expect(new Set(runs.map((run) => run.aws_account_id)).size).toBeGreaterThanOrEqual(4)
    expect([Math.min(...regions), Math.max(...regions)]).toEqual([2, 4])
  })

  test('is complete but for one region of one account, which is denied', () => {
    const incomplete = runs.flatMap(({ aws_account_id, region_outcomes }) =>
      Object.entries(region_outcomes)
        .filter(([, outcome]) => outcome !== 'complete')
        .map(([region, outcome]) => `${aws_account_id} ${region} ${outcome}`),
    )
    expect(new Set(incomplete)).toEqual(new Set(['619193117841 eu-west-1 denied']))
    expect(runs.map((run) => run.rejected)).toEqual(runs.map(() => 0))
  })

  test('is each resource once', () => {
    expect(new Set(events.map((event) => event.event_id)).size).toBe(events.length)
  })

  test('took one call more than answers where AWS throttled', () => {
    const run = runs.find((one) => one.collector === 'config_ec2' && one.aws_account_id === '185106417252')
    expect(run?.api_calls).toEqual({ 'ec2:DescribeInstances': 3 })
  })

  test.each([
    ['ec2:instance', 33],
    ['ebs:volume', 12],
    ['vpc:nat_gateway', 2],
    ['elbv2:load_balancer', 10],
    ['ec2:eni', 20],
    ['ec2:eip', 6],
  ])('has %s: %i', (type, count) => {
    expect(ofType(type)).toHaveLength(count)
  })

  test.each([
    ['lifecycle', 'spot'],
    ['state', 'stopped'],
    ['state', 'terminated'],
    ['state', 'running'],
    ['ipv6_addresses', '2001:db8:'],
    ['type', 'application'],
    ['type', 'network'],
    ['type', 'gateway'],
    ['attached', 'false'],
  ])('has something whose %s is %s', (name, value) => {
    expect(withProperty(name, value)).not.toEqual([])
  })

  test('has addresses that belong to nothing', () => {
    expect(ofType('ec2:eip').filter((event) => !event.properties.association_id)).not.toEqual([])
  })

  test('has owners by tags, and resources without any', () => {
    expect(events.filter((event) => event.marqo_customer !== '').length).toBeGreaterThanOrEqual(5)
    expect(events.filter((event) => event.marqo_env !== '').length).toBeGreaterThanOrEqual(3)
    expect(ofType('ec2:instance').filter((event) => event.resource_name === '')).not.toEqual([])
  })
})
