import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, test } from 'vitest'
import { readAgeMetric } from '../../packages/cli/src/status/oldest-message-age.ts'
import { NOW } from './status-facts.ts'

const cloudwatch = mockClient(CloudWatchClient)
const read = () => readAgeMetric(new CloudWatchClient({ region: 'eu-west-1' }), 'polo-events', NOW)

beforeEach(() => {
  cloudwatch.reset()
})

describe('readAgeMetric', () => {
  test('takes the newest value of the queue that it is asked for', async () => {
    cloudwatch
      .on(GetMetricDataCommand)
      .resolves({ MetricDataResults: [{ Id: 'age', Values: [240, 180, 120] }] })
    expect(await read()).toBe(240)
    expect(cloudwatch.commandCalls(GetMetricDataCommand)[0]?.args[0].input).toMatchObject({
      ScanBy: 'TimestampDescending',
      MetricDataQueries: [
        {
          MetricStat: {
            Metric: {
              Namespace: 'AWS/SQS',
              MetricName: 'ApproximateAgeOfOldestMessage',
              Dimensions: [{ Name: 'QueueName', Value: 'polo-events' }],
            },
          },
        },
      ],
    })
  })

  test.each([
    ['no datapoint', { MetricDataResults: [{ Id: 'age', Values: [] }] }],
    ['no result', {}],
  ])('does not know where there is %s', async (_, answer) => {
    cloudwatch.on(GetMetricDataCommand).resolves(answer)
    expect(await read()).toBeNull()
  })

  test('does not know where it is denied', async () => {
    cloudwatch.on(GetMetricDataCommand).rejects(Object.assign(new Error('no'), { name: 'AccessDenied' }))
    expect(await read()).toBeNull()
  })
})
