import { describe, expect, it } from 'vitest'
import { STAGES } from './evaluate-stages.ts'
import { stageOf } from './stages.ts'
import type { Estate } from './synth/estate.ts'
import { synthesize } from './synth/synth.ts'

const [production, staging, personal, dev] = [
  stageOf('production'),
  stageOf('staging'),
  stageOf('personal'),
  stageOf('dev'),
]

function retentionOf(estate: Estate) {
  return new Set(estate.all('LogGroup').map(({ inputs }) => inputs.retentionInDays))
}

describe('removal', () => {
  it('is refused in production, and leaves what holds data', () => {
    expect(production.app).toMatchObject({ name: 'polo', removal: 'retain', protect: true })
    expect(production.one('Bucket', 'StateBucketBucket').options.retainOnDelete).toBe(true)
    expect(production.one('Bucket', 'StateBucketBucket').inputs.forceDestroy).toBe(false)
  })

  it('leaves nothing of other stages', () => {
    for (const estate of [staging, personal]) {
      expect(estate.app).toMatchObject({ removal: 'remove', protect: false })
      expect(estate.one('Bucket', 'StateBucketBucket').inputs.forceDestroy).toBe(true)
    }
  })
})

describe('stages', () => {
  it('keep logs for a year, a month, a week', () => {
    expect([production, staging, personal].map(retentionOf)).toEqual([
      new Set([365]),
      new Set([30]),
      new Set([7]),
    ])
  })

  it('differ in the ingester’s concurrency', () => {
    const reserved = (estate: Estate, stage: string) =>
      estate.one('Function', `polo-${stage}-ingester`).inputs.reservedConcurrentExecutions
    expect([reserved(production, 'production'), reserved(personal, 'ana')]).toEqual([12, 5])
  })

  it('print where the queues are', () => {
    const url = (name: string) => `https://sqs.eu-west-1.amazonaws.com/999988887777/polo-production-${name}`
    expect(production.outputs).toMatchObject({
      eventsQueue: url('events'),
      backfillQueue: url('backfill'),
      deadLetterQueue: url('events-dlq'),
      jobsDeadLetterQueue: url('jobs-dlq'),
      ingester: 'polo-production-ingester',
    })
  })
})

describe('the bucket for states', () => {
  it('is encrypted, private, without CORS, and reached by TLS', () => {
    const encryption = production.one('BucketServerSideEncryptionConfiguration', 'StateBucketEncryption')
    expect(encryption.inputs.rules).toEqual([
      { applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } },
    ])
    expect(production.one('BucketPublicAccessBlock', 'StateBucketPublicAccessBlock').inputs).toMatchObject({
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    })
    expect(production.all('BucketCorsConfiguration')).toEqual([])
    expect(production.one('BucketPolicy', 'StateBucketPolicy').inputs.policy).toContain('aws:SecureTransport')
  })
})

describe('sst dev', () => {
  it('runs every function on the developer’s machine but the migration, which a deploy waits for', () => {
    const live = dev.all('Function').map(({ inputs }) => [inputs.name, inputs.runtime === 'provided.al2023'])
    expect(live.filter(([, isLive]) => !isLive)).toEqual([['polo-ana-migrate', false]])
    const personalHandlers = personal.handlers.map(({ functionID, handler }) => [functionID, handler])
    const devHandlers = dev.handlers.map(({ functionID, handler }) => [functionID, handler])
    expect(devHandlers.sort()).toEqual(personalHandlers.sort())
  })
})

describe('what is missing or wrong', () => {
  it.each([
    ['a secret that is not set', { secrets: {} }, /ClickHouseUrl/],
    ['a stage with too long a name', { stage: 'x'.repeat(40) }, /64: choose a shorter name/],
    ['another word for on', { environment: { POLO_SCHEDULES: 'yes' } }, /set it to on or off/],
    [
      'a cluster without a name',
      { environment: { POLO_CLICKHOUSE_TARGET: 'cluster' } },
      /POLO_CLICKHOUSE_CLUSTER/,
    ],
  ])('%s is told', async (_, options, message) => {
    await expect(synthesize({ ...STAGES.staging, ...options })).rejects.toThrow(message)
  })
})
