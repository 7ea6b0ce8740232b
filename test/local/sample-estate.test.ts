import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { COLLECTORS } from '@polo/collectors'
import type { ResourceEvent } from '@polo/core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { recordedAws } from '../../packages/local/src/recorded-aws/recorded-aws.ts'
import {
  sampleEstateCollectors,
  sampleEstateDirectory,
  samplePayerAccount,
} from '../../packages/local/src/recorded-aws/sample-estate.ts'
import { writeSampleEvents } from '../../packages/local/src/recorded-aws/sample-events.ts'
import { readRows } from '../core/read-rows.ts'
import { collectEverything } from './collect-everything.ts'

const MAX_BYTES = 1024 * 1024
const OPERATIONS = [
  'ec2.DescribeInstances',
  'ec2.DescribeVolumes',
  'ec2.DescribeNatGateways',
  'ec2.DescribeAddresses',
  'ec2.DescribeNetworkInterfaces',
  'ec2.DescribeIpams',
  'ec2.DescribeSecurityGroups',
  'ec2.DescribeSnapshots',
  'ec2.DescribeSubnets',
  'elasticloadbalancing.DescribeLoadBalancers',
  'elasticloadbalancing.DescribeTargetGroups',
  'autoscaling.DescribeAutoScalingGroups',
  'api.sagemaker.ListNotebookInstances',
  'tagging.GetResources',
]
const LICENCES = [
  'LICENSE.txt',
  'LICENSE-cloudtoolbox.txt',
  'LICENSE-invictus.txt',
  'LICENSE-numenta.txt',
].sort()
const response = { status_code: z.int(), data: z.record(z.string(), z.unknown()) }
const synthetic = z.string().min(10).optional()
const SampleFile = z.union([
  z.strictObject({ synthetic, ...response }),
  z.strictObject({
    synthetic,
    answers: z.array(z.strictObject({ for: z.record(z.string(), z.unknown()), ...response })).min(1),
  }),
])
const EventFile = z.object({
  synthetic: z.string().min(10),
  Records: z.array(z.looseObject({ eventTime: z.string(), recipientAccountId: z.string() })).min(1),
})
/** Key ids, session tokens (a ClientToken is none: it makes a launch idempotent), private keys, and mail addresses of other people than example.com's. */
const SECRETS = [
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/,
  /BEGIN [A-Z ]*PRIVATE KEY/,
  /"[^"]*(?:secret|password|(?<!Client|client|Next|Pagination)Token)": "/,
  /[\w.+-]+@(?!example\.com)[a-z-]+\.[a-z]{2,}/i,
]

const collectors = COLLECTORS.filter(({ name }) => sampleEstateCollectors.includes(name))
const accountFiles = globSync('[0-9]*/*/*.json', { cwd: sampleEstateDirectory }).sort()
const files = [...accountFiles, ...globSync('_before/*/*/*.json', { cwd: sampleEstateDirectory })]
const eventFiles = globSync('_events/*.json', { cwd: sampleEstateDirectory }).sort()
const textOf = (file: string) => readFileSync(join(sampleEstateDirectory, file), 'utf8')
const source = textOf('SOURCE.md')

const Relationship = z.object({
  from_type: z.string(),
  from_id: z.string(),
  relation: z.string(),
  to_id: z.string(),
})
const RELATIONS = [
  'autoscaling:group is_in',
  'autoscaling:group launches_from',
  'autoscaling:group manages',
  'ebs:snapshot was_taken_of',
  'ec2:eip is_associated_with',
  'ec2:eni is_in',
  'ec2:eni is_secured_by',
  'ec2:instance attaches',
  'ec2:instance is_in',
  'ec2:instance is_secured_by',
  'ec2:instance uses',
  'ec2:instance was_launched_from',
  'ec2:security_group is_in',
  'ec2:security_group references',
  'elbv2:load_balancer forwards_to',
  'elbv2:load_balancer is_in',
  'elbv2:load_balancer is_secured_by',
  'elbv2:target_group targets',
  'vpc:nat_gateway is_in',
  'vpc:nat_gateway uses',
  'vpc:subnet is_in',
]

/** All but the one that is denied. */
const REGIONS_READ = 10
const DAY_MS = 86_400_000
/** The last quarter of an hour: Cost Explorer keeps some months. */
const SLOT = new Date(Math.floor(Date.now() / 900_000) * 900_000)

function dayBefore(time: Date): string {
  return new Date(time.getTime() - DAY_MS).toISOString().slice(0, 10)
}

/** Resources of EC2 and ELB that are there and have a tag, each once; those that were terminated are told no more. */
function countTagged(inventory: readonly ResourceEvent[]): number {
  const tagged = inventory.filter(
    ({ resource_type, properties }) =>
      /^(?:ec2:(?:instance|eni|eip)|ebs:|vpc:|elbv2:)/.test(resource_type) &&
      properties.state !== 'terminated' &&
      Object.keys(properties).some((name) => name.startsWith('tag:')),
  )
  return new Set(tagged.map((event) => event.resource_arn || event.resource_id)).size
}

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

describe.each(eventFiles)('%s', (file) => {
  const { synthetic, Records } = EventFile.parse(JSON.parse(textOf(file)))

  test('says as SOURCE.md does what was changed', () => {
    expect(describedAs(file)).toEqual({ recordedAs: expect.stringMatching(/./), synthetic })
  })

  test('holds no secrets and no one’s mail address', () => {
    expect(SECRETS.filter((secret) => secret.test(textOf(file)))).toEqual([])
  })

  test('is of accounts of the estate', () => {
    const accounts = new Set(accountFiles.map((account) => account.slice(0, 12)))
    expect(Records.filter(({ recipientAccountId }) => !accounts.has(recipientAccountId))).toEqual([])
  })

  test('is moved by whole four weeks, all of it alike, to the last four', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'polo-events-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const recorded = Records.map(({ eventTime }) => Date.parse(eventTime))
    for (const now of ['2026-03-01T00:00:00Z', '2026-12-31T23:59:59.999Z', '2028-02-29T12:00:00Z']) {
      await writeSampleEvents(directory, new Date(now))
      const text = readFileSync(join(directory, basename(file)), 'utf8')
      const moved = EventFile.parse(JSON.parse(text)).Records
      const [first = 0, ...others] = moved.map(({ eventTime }, index) => {
        return (Date.parse(eventTime) - (recorded[index] ?? 0)) / DAY_MS
      })
      expect(new Set(others)).toEqual(new Set([first]))
      expect(first % 28).toBe(0)
      const newest = Math.max(...moved.map(({ eventTime }) => Date.parse(eventTime)))
      expect(newest).toBeLessThanOrEqual(Date.parse(now))
      expect(newest).toBeGreaterThan(Date.parse(now) - 28 * DAY_MS)
      expect(moved.map(({ eventTime: _, ...record }) => record)).toEqual(
        Records.map(({ eventTime: _, ...record }) => record),
      )
    }
  })
})

describe('the sample estate', () => {
  test('answers collectors that there are', () => {
    expect(collectors.map(({ name }) => name)).toEqual(sampleEstateCollectors)
  })

  test('answers every operation of its collectors in every region', () => {
    const regions = [...new Set(accountFiles.map((file) => dirname(file)))]
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
    for (const licence of LICENCES.filter((name) => name.includes('-')))
      expect(textOf(licence)).toContain('Permission is hereby granted, free of charge')
  })

  test('has nothing in it but accounts, what was before, what happened, their origin and licences', () => {
    const names = readdirSync(sampleEstateDirectory)
    expect(names.filter((name) => !/^\d{12}$/.test(name)).sort()).toEqual([
      ...LICENCES,
      'SOURCE.md',
      '_before',
      '_events',
    ])
  })
})

describe('what its collectors make of the sample estate', async () => {
  const aws = recordedAws({ directory: sampleEstateDirectory })
  const { runs, events, bodies } = await collectEverything(aws, collectors, {
    slot: SLOT,
    payer: samplePayerAccount,
  })
  const inventory = events.filter((event) => event.event_type === 'config')
  const ofType = (type: string) => inventory.filter((event) => event.resource_type === type)
  const withProperty = (name: string, value: string) =>
    events.filter((event) => event.properties[name]?.includes(value))

  test('is at least four accounts with two to four regions each', () => {
    const regions = runs
      .filter(({ collector }) => collector === 'config_ec2')
      .map(({ region_outcomes }) => Object.keys(region_outcomes).length)
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
    ['ec2:ipv4', 12],
    ['sagemaker:notebook', 1],
    ['organizations:account', 4],
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

  test('has a unit and tags for every account', () => {
    expect(
      ofType('organizations:account').map((event) => [event.resource_name, event.properties.ou_path]),
    ).toEqual([
      ['platform', '/'],
      ['web-production', '/workloads'],
      ['data-staging', '/workloads'],
      ['research-sandbox', '/sandbox'],
    ])
  })

  test('has relationships of many kinds, some of them between what the inventory has', async () => {
    const rows = z.array(Relationship).parse(await readRows(bodies, 'resource_relationship/1'))
    const kinds = new Set(rows.map(({ from_type, relation }) => `${from_type} ${relation}`))
    expect(rows.length).toBeGreaterThan(250)
    expect(kinds).toEqual(new Set(RELATIONS))
    const known = new Set(inventory.map((event) => event.resource_id))
    const both = rows.filter(({ from_id, to_id }) => known.has(from_id) && known.has(to_id))
    expect(both.length).toBeGreaterThanOrEqual(13)
  })

  test('knows the tags of everything that the inventory has tags of', () => {
    const notes = runs.flatMap((run) => (run.collector === 'tags' ? run.notes : []))
    expect(notes).toHaveLength(REGIONS_READ)
    expect(notes.filter((note) => !note.includes('first complete look'))).toEqual([])
    const known = notes.map((note) => Number(/the tags of (\d+) resources/.exec(note)?.[1]))
    expect(known.reduce((sum, count) => sum + count, 0)).toBe(countTagged(inventory))
  })

  test('has the cost of every account for each of the days that AWS may still change, to the last digit', () => {
    const costs = events.filter((event) => event.event_type === 'cost')
    expect(new Set(costs.map((event) => event.aws_account_id)).size).toBe(4)
    expect(new Set(costs.map((event) => event.properties.charge_type))).toEqual(new Set(['usage', 'tax']))
    const days = new Set(costs.map((event) => event.event_time.slice(0, 10)))
    expect(days.size).toBeGreaterThanOrEqual(14)
    expect([...days].sort().at(-1)).toBe(dayBefore(SLOT))
    const run = runs.find(({ collector }) => collector === 'cost_explorer')
    expect([run?.notes, run?.api_cost_usd]).toEqual([[], 0])
  })

  test('has datapoints of the three hours before, one for each five minutes', () => {
    const points = events.filter((event) => event.event_type === 'metric')
    const series = Map.groupBy(points, (event) => `${event.resource_id} ${event.event_action}`)
    expect(series.size).toBe(5)
    expect([...series.values()].map((list) => list.length)).toEqual([36, 36, 36, 36, 36])
    const times = new Set(points.map((event) => Date.parse(event.event_time)))
    expect([Math.min(...times), Math.max(...times)]).toEqual([
      SLOT.getTime() - 185 * 60_000,
      SLOT.getTime() - 10 * 60_000,
    ])
  })

  test('says the same of the same time in a later slot', async () => {
    const slot = new Date(SLOT.getTime() + 30 * 60_000)
    const metrics = collectors.filter(({ name }) => name === 'metrics')
    const later = (await collectEverything(aws, metrics, { slot })).events
    const laterValues = new Map(later.map((event) => [event.event_id, event.value]))
    const both = events.filter((event) => laterValues.has(event.event_id))
    expect(both).toHaveLength(5 * 30)
    expect(both.filter((event) => laterValues.get(event.event_id) !== event.value)).toEqual([])
  })
})
