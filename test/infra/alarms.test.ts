import { describe, expect, it } from 'vitest'
import { stageOf } from './stages.ts'
import type { Estate } from './synth/estate.ts'
import { ACCOUNT, REGION } from './synth/mock-aws.ts'
import { readPolicy } from './synth/policy.ts'

const production = stageOf('production')
const TOPIC = `arn:aws:sns:${REGION}:${ACCOUNT}:polo-production-alarms`
const LOUD = ['not-fresh', 'breaker-open']
const AGE = 'ApproximateAgeOfOldestMessage'
const VISIBLE = 'ApproximateNumberOfMessagesVisible'
const only = {
  Condition: {
    StringEquals: { 'aws:SourceAccount': [ACCOUNT] },
    ArnLike: { 'aws:SourceArn': [`arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm:polo-production-*`] },
  },
}
const cloudWatch = { Service: ['cloudwatch.amazonaws.com'] }

describe('alarms', () => {
  /** Name, metric, queue ('' for Polo's own metrics), more than what, seconds of a period, periods. */
  it.each([
    ['events-waiting', AGE, 'events', 1_800, 300, 2],
    ['backfill-waiting', AGE, 'backfill', (7 * 86_400) / 4, 300, 2],
    ['lifecycle-waiting', AGE, 'lifecycle', 1_800, 300, 2],
    ['objects-waiting', AGE, 'objects', 1_800, 300, 2],
    ['objects-dead', VISIBLE, 'objects-dlq', 0, 300, 1],
    ['loads-given-up', 'LoadsGivenUp', '', 0, 300, 1],
    ['events-dead', VISIBLE, 'events-dlq', 0, 300, 1],
    ['jobs-dead', VISIBLE, 'jobs-dlq', 0, 300, 1],
    ['lifecycle-dead', VISIBLE, 'lifecycle-dlq', 0, 300, 1],
    ['not-fresh', 'FreshnessSeconds', '', 3_600, 300, 3],
    ['breaker-open', 'BreakerOpen', '', 0, 60, 10],
    ['runs-not-reconciled', 'UnreconciledRuns', '', 0, 300, 3],
    ['coverage-gap', 'CoverageGaps', '', 0, 300, 6],
    ['spend-over-budget', 'EstimatedSpendUsd', '', 50, 300, 3],
  ])(
    '%s goes to the topic, and says when it is over',
    (name, metricName, queue, threshold, period, periods) => {
      const { inputs } = production.one('MetricAlarm', `polo-production-${name}`)
      expect(inputs).toMatchObject({
        metricName,
        namespace: queue ? 'AWS/SQS' : 'Polo',
        dimensions: queue ? { QueueName: `polo-production-${queue}` } : { service: 'polo-production' },
        comparisonOperator: 'GreaterThanThreshold',
        statistic: 'Maximum',
        threshold,
        period,
        evaluationPeriods: periods,
        datapointsToAlarm: periods,
        // A queue that is idle says nothing; of each function that measures, one alarm says that it does not.
        treatMissingData: queue ? 'notBreaching' : LOUD.includes(name) ? 'breaching' : 'ignore',
        alarmActions: [TOPIC],
        okActions: [TOPIC],
      })
    },
  )

  it('go by what the functions say under their namespace and service', () => {
    for (const { inputs } of production.all('Function')) {
      expect(inputs.environment).toMatchObject({
        variables: { POWERTOOLS_METRICS_NAMESPACE: 'Polo', POWERTOOLS_SERVICE_NAME: 'polo-production' },
      })
    }
  })

  it('are these, and every dead-letter queue has one', () => {
    expect(production.all('MetricAlarm')).toHaveLength(14)
    const watched = production.all('MetricAlarm').map(({ inputs }) => JSON.stringify(inputs.dimensions))
    const dlqs = production.all('Queue').filter(({ inputs }) => String(inputs.name).endsWith('-dlq'))
    expect(dlqs).toHaveLength(4)
    for (const { inputs } of dlqs) expect(watched).toContain(JSON.stringify({ QueueName: inputs.name }))
  })

  it('are quiet about Polo itself while schedules are paused', () => {
    const enabled = (estate: Estate) =>
      estate.all('MetricAlarm').map(({ inputs }) => inputs.actionsEnabled ?? true)
    expect(new Set(enabled(production))).toEqual(new Set([true]))
    expect(new Set(enabled(stageOf('stagingPaused')))).toEqual(new Set([true, false]))
  })

  it('are not paid for in personal stages', () => {
    for (const type of ['MetricAlarm', 'Topic', 'Key']) expect(stageOf('personal').all(type)).toEqual([])
  })
})

describe('the topic', () => {
  it('is encrypted with a key that CloudWatch may use', () => {
    const [topic, key] = [production.one('Topic', 'AlarmsTopic'), production.one('Key', 'AlarmsKey')]
    expect(topic.inputs.kmsMasterKeyId).toBe(`arn:aws:kms:${REGION}:${ACCOUNT}:AlarmsKey`)
    expect(key.inputs.enableKeyRotation).toBe(true)
    const [administered, alarms] = readPolicy(key.inputs.policy)
    expect(administered).toMatchObject({
      Principal: { AWS: [`arn:aws:iam::${ACCOUNT}:root`] },
      Action: ['kms:*'],
    })
    expect(alarms).toEqual({
      Sid: 'Alarms',
      Effect: 'Allow',
      Principal: cloudWatch,
      Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
      Resource: ['*'],
    })
  })

  it('takes alarms of this stage, by TLS, and nothing else', () => {
    const { inputs } = production.one('TopicPolicy', 'AlarmsPolicy')
    expect(readPolicy(inputs.policy)).toMatchObject([
      { Effect: 'Allow', Principal: cloudWatch, Action: ['sns:Publish'], Resource: [TOPIC], ...only },
      { Effect: 'Deny', Action: ['sns:Publish'], Condition: { Bool: { 'aws:SecureTransport': ['false'] } } },
    ])
  })

  it('mails to ALARM_EMAIL where it is set', () => {
    const { inputs } = production.one('TopicSubscription', 'AlarmsEmail')
    expect(inputs).toEqual({ topic: TOPIC, protocol: 'email', endpoint: 'ops@example.com' })
    expect(stageOf('staging').all('TopicSubscription')).toEqual([])
  })
})
