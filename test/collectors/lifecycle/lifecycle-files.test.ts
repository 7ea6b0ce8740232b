import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { FileFinding } from '@polo/collectors'
import { parseConfig } from '@polo/core'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findReader } from '../files/find-reader.ts'
import { callEvent, fixture, fixturePath, fixtureRecords, type Json, publish } from './lifecycle-events.ts'

const TRAIL = [
  'cloudtrail-invictus/trail/218007301253_CloudTrail_us-east-1_20230710T1220Z_WMiHxZgr5Hdd6UDc.json',
  'cloudtrail-invictus/trail/218007301253_CloudTrail_us-east-1_20230710T1220Z_sM25jC0Ku0QcGkDa.json',
]
const CALLS = ['CreateSnapshot', 'CreateNatGateway', 'RunInstances', 'DeleteSnapshot', 'CreateTags'].map(
  (name) => fixture(`cloudtrail-invictus/${name}.json`),
)
const NOTICE = fixture('eventbridge-cloud-custodian/event-instance-state.json')
const CONTEXT = {
  config: parseConfig({ retentionDays: { lifecycle: 4_000 } }),
  observedAt: new Date('2026-03-01T10:00:00Z'),
}
const reader = findReader('lifecycle')

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'polo-trail-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

async function readText(
  text: string | Buffer,
  name = 'file.json',
  context = CONTEXT,
): Promise<FileFinding[]> {
  const path = join(directory, name)
  await writeFile(path, text)
  return Array.fromAsync(reader.read(path, context))
}

const idsOf = (findings: readonly FileFinding[]) =>
  findings.flatMap((finding) =>
    finding.kind === 'events' ? finding.events.map(({ event_id }) => event_id) : [],
  )
const kindsOf = (findings: readonly FileFinding[]) => findings.map(({ kind }) => kind)

describe('a trail’s files', () => {
  it.each(TRAIL)('give the events of their lifecycle calls, and count the others: %s', async (path) => {
    const records = fixtureRecords(path)
    const findings = await Array.fromAsync(reader.read(fixturePath(path), CONTEXT))
    expect(findings).toHaveLength(records.length)
    const kinds = records.map(({ eventName }) =>
      /^Create(Volume|NetworkInterface)$/.test(String(eventName)) ? 'events' : 'other',
    )
    expect(kindsOf(findings)).toEqual(kinds)
    expect(kinds.filter((kind) => kind === 'events')).toHaveLength(1)
    for (const finding of findings)
      expect(finding).toMatchObject({ account: '123837392027', region: 'us-east-1' })
  })

  it('say by their name of which account and region they are', () => {
    expect(
      reader.placeOf(
        `AWSLogs/o-1/111122223333/CloudTrail/eu-west-1/2026/03/01/111122223333_CloudTrail_eu-west-1_20260301T1205Z_x.json.gz`,
      ),
    ).toEqual({
      account: '111122223333',
      region: 'eu-west-1',
    })
    expect(reader.placeOf('export.json')).toEqual({})
  })

  it('are read from lines that were shipped with fields of their own', async () => {
    const findings = await Array.fromAsync(
      reader.read(fixturePath('cloudtrail-otrf/ec2_proxy_s3_exfiltration.jsonl'), CONTEXT),
    )
    expect(kindsOf(findings)).toEqual(Array(12).fill('other'))
  })
})

describe('events of one happening', () => {
  it.each<[string, (records: Json[]) => string | Buffer]>([
    ['a trail’s file', (records) => JSON.stringify({ Records: records })],
    ['a trail’s compressed file', (records) => gzipSync(JSON.stringify({ Records: records }))],
    ['a list of records', (records) => JSON.stringify(records, null, 2)],
    ['a record a line', (records) => records.map((record) => JSON.stringify(record)).join('\n')],
    ['a list of EventBridge’s events', (records) => JSON.stringify(records.map(callEvent))],
    [
      'one of EventBridge’s events a line',
      (records) => records.map((record) => JSON.stringify(callEvent(record))).join('\n'),
    ],
    ['the event that SQS hands to a function', (records) => JSON.stringify({ Records: records.map(toSqs) })],
    [
      'what cloudtrail lookup-events answers',
      (records) => JSON.stringify({ Events: records.map(toLookup), NextToken: 'x' }, null, 4),
    ],
    [
      'trail files in SQS messages',
      (records) =>
        JSON.stringify({ Records: [{ messageId: 'm', body: JSON.stringify({ Records: records }) }] }),
    ],
    [
      'SNS notifications',
      (records) =>
        JSON.stringify(
          records.map((record) => ({ Type: 'Notification', Message: JSON.stringify(callEvent(record)) })),
        ),
    ],
  ])('have the ids that they have by way of EventBridge, in %s', async (_, write) => {
    const { events } = await publish(CALLS.map(callEvent))
    const findings = await readText(write(CALLS))
    expect(idsOf(findings)).toEqual(events.map(({ event_id }) => event_id))
    expect(findings.flatMap((one) => (one.kind === 'events' ? one.events : []))).toEqual(
      events.map((event) => ({ ...event, observed_at: CONTEXT.observedAt.toISOString() })),
    )
  })

  it('have them alone in a file, too', async () => {
    const [record = {}] = CALLS
    const { events } = await publish([callEvent(record), NOTICE])
    const ids = [
      ...idsOf(await readText(JSON.stringify(record))),
      ...idsOf(await readText(JSON.stringify(NOTICE, null, 2))),
    ]
    expect(ids).toEqual(events.map(({ event_id }) => event_id))
  })

  it('are the same set in any order, however often they are told', async () => {
    const records = [...CALLS, ...TRAIL.flatMap(fixtureRecords), NOTICE]
    const all = new Set(idsOf(await readText(JSON.stringify(records))))
    expect(all.size).toBeGreaterThan(CALLS.length)
    const shuffled = fc.shuffledSubarray(records, { minLength: records.length })
    const repeated = fc.array(fc.constantFrom(...records))
    await fc.assert(
      fc.asyncProperty(shuffled, repeated, fc.boolean(), async (order, more, wrapped) => {
        const told = [...order, ...more]
        const text = wrapped
          ? JSON.stringify({ Records: told })
          : told.map((one) => JSON.stringify(one)).join('\n')
        expect(new Set(idsOf(await readText(text)))).toEqual(all)
      }),
      { numRuns: 25 },
    )
  })
})

describe('what is in a file besides', () => {
  const [record = {}] = CALLS

  it('is left out where it is no call of lifecycles, and counted', async () => {
    const others = [
      { ...record, eventName: 'DescribeInstances' },
      { ...record, eventSource: 'rds.amazonaws.com' },
      { ...record, eventType: 'AwsCloudTrailInsight' },
      { ...record, eventType: 'AwsVpceEvent' },
      { ...record, eventType: 'AwsServiceEvent' },
      {
        ...callEvent(record),
        'detail-type': 'AWS Insight via CloudTrail',
        detail: { eventSource: 'ec2.amazonaws.com' },
      },
      { ...NOTICE, 'detail-type': 'EBS Volume Notification' },
      { ...NOTICE, source: 'aws.health', 'detail-type': 'AWS Health Event', detail: { service: 'RDS' } },
      { awsAccountId: '111122223333', digestS3Object: 'AWSLogs/111122223333/CloudTrail-Digest/…' },
    ]
    expect(kindsOf(await readText(JSON.stringify(others)))).toEqual(others.map(() => 'other'))
  })

  it('is named where it cannot be read, with its place, and the rest is read', async () => {
    const { eventTime: _, ...timeless } = record
    const { awsRegion: __, ...nowhere } = record
    const lines = [
      '{"eventName": "Run',
      JSON.stringify(timeless),
      'hello',
      JSON.stringify(nowhere),
      '{}',
      JSON.stringify(record),
    ]
    const findings = await readText(lines.join('\n'))
    expect(
      findings.map((one) =>
        one.kind === 'unreadable'
          ? [one.what.replace(/: not an event that can be read/, ''), one.account]
          : one.kind,
      ),
    ).toEqual([
      ['line 1: a line ends within a string', undefined],
      [expect.stringMatching(/^record 1 \(line 2\).*eventTime/), '123837392027'],
      ['line 3: neither an object nor a list', undefined],
      [expect.stringMatching(/^record 2 \(line 4\).*names a region/), '123837392027'],
      [expect.stringMatching(/^record 3 \(line 5\).*neither a record of CloudTrail's nor/), undefined],
      'events',
    ])
  })

  it('is named alone where it is in a wrapper with others', async () => {
    const body = JSON.stringify({ Records: [record, { no: 'record' }, { body: 'hello' }, record] })
    const findings = await readText(JSON.stringify({ Records: [{ messageId: 'm', body }] }))
    expect(kindsOf(findings)).toEqual(['events', 'unreadable', 'unreadable', 'events'])
  })

  it('is named where the reader stumbles over it, and the rest is read', async () => {
    const depth = 100_000
    const deep = { ...record, requestParameters: 'NESTED' }
    const text = JSON.stringify([deep, record]).replace(
      '"NESTED"',
      `${'['.repeat(depth)}${']'.repeat(depth)}`,
    )
    const findings = await readText(text)
    expect(kindsOf(findings)).toEqual(['unreadable', 'events'])
  })

  it('is not read on and on where it is no JSON at all', async () => {
    expect(await readText('lorem ipsum\n'.repeat(10_000))).toHaveLength(20)
  })

  it('is left out where it is older than events are kept', async () => {
    const context = { ...CONTEXT, config: parseConfig({ retentionDays: { lifecycle: 100 } }) }
    expect(await readText(JSON.stringify(record), 'old.json', context)).toEqual([
      { kind: 'expired', account: '123837392027', region: 'us-east-1' },
    ])
  })

  it('has the time that exports write', async () => {
    const [exported, original] = await Promise.all(
      ['2023-07-10 12:11:27.000', '2023-07-10T12:11:27Z'].map((eventTime, index) =>
        readText(JSON.stringify({ ...record, eventTime }), `time-${index}.json`),
      ),
    )
    expect(idsOf(exported ?? [])).toEqual(idsOf(original ?? []))
    expect(idsOf(exported ?? [])).toHaveLength(2)
  })
})

function toSqs(record: Json): Json {
  const { Records } = fixture('lambda-powertools/sqsEvent.json')
  return { ...(Array.isArray(Records) ? Records[0] : {}), body: JSON.stringify(callEvent(record)) }
}

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html */
function toLookup(record: Json): Json {
  const { eventID, eventName, eventTime } = record
  return {
    EventId: eventID,
    EventName: eventName,
    EventTime: eventTime,
    Resources: [],
    CloudTrailEvent: JSON.stringify(record),
  }
}
