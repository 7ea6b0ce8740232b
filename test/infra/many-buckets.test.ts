import { beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { CONFIGURED } from './evaluate-stages.ts'
import { brokenRules } from './rules.ts'
import { type Estate, toEstate } from './synth/estate.ts'
import { permissionsOf, readPolicy } from './synth/policy.ts'
import { SECRETS, synthesize } from './synth/synth.ts'

const Pattern = z.object({ detail: z.object({ bucket: z.object({ name: z.array(z.string()) }) }) })

/** One in each account of an organization, and two sources in the last of them. */
const BUCKETS = Array.from({ length: 60 }, (_, n) => `acme-vpc-flow-logs-${111122223333 + n}-eu-west-1`)
const SOURCES = [
  ...BUCKETS.map((bucket) => ({ name: bucket, bucket, prefix: 'AWSLogs/', region: 'eu-west-1' })),
  { name: 'old', bucket: BUCKETS.at(-1), prefix: 'old/', region: 'eu-west-1' },
]

describe('buckets that are too many for one rule', () => {
  let estate: Estate
  beforeAll(async () => {
    const list = JSON.stringify(SOURCES)
    const edit = { ...CONFIGURED, replace: `${CONFIGURED.replace} flowLogs: ${list},` }
    estate = toEstate(await synthesize({ stage: 'staging', edits: [edit] }))
  })

  it('keep to every limit', () => {
    expect(brokenRules(estate, Object.values(SECRETS))).toEqual([])
  })

  it('are each in one rule, and all rules may send to the queue and to its dead letters', () => {
    const rules = estate
      .all('EventRule')
      .filter(({ inputs }) => String(inputs.name).startsWith('polo-staging-objects'))
    const names = rules.flatMap(({ inputs }) => {
      return Pattern.parse(JSON.parse(String(inputs.eventPattern))).detail.bucket.name
    })
    expect(rules.length).toBeGreaterThan(1)
    expect(names.sort()).toEqual(['acme-billing', ...BUCKETS].sort())
    const arns = rules.map(({ inputs }) => expect.stringMatching(new RegExp(`/${inputs.name}$`)))
    for (const policy of ['ObjectsQueuePolicy', 'ObjectsDlqPolicy']) {
      const sent = readPolicy(estate.one('QueuePolicy', policy).inputs.policy).find(
        ({ Sid }) => Sid === 'SentByRule',
      )
      expect(sent?.Condition).toEqual({ ArnEquals: { 'aws:SourceArn': arns } })
    }
    const targets = estate.all('EventTarget').map(({ inputs }) => inputs.rule)
    expect(targets).toEqual(expect.arrayContaining(rules.map(({ inputs }) => inputs.name)))
  })

  it('are read by ClickHouse below their prefixes, and nowhere else', () => {
    const permissions = permissionsOf(estate, 'polo-staging-clickhouse')
    const arns = SOURCES.map(({ bucket, prefix }) => `s3:GetObject arn:aws:s3:::${bucket}/${prefix}*`)
    const billing = 's3:GetObject arn:aws:s3:::acme-billing/exports/org/*'
    expect(permissions.filter((line) => line.startsWith('s3:GetObject'))).toEqual([...arns, billing].sort())
    const last = permissions.filter((line) => line.startsWith(`s3:ListBucket arn:aws:s3:::${BUCKETS.at(-1)}`))
    expect(last.map((line) => JSON.parse(line.split(' if ')[1] ?? ''))).toEqual([
      { StringLike: { 's3:prefix': ['AWSLogs/*'] } },
      { StringLike: { 's3:prefix': ['old/*'] } },
    ])
  })
})
