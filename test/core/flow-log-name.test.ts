import { isFlowLogKey, readFlowLogName } from '@polo/core'
import { expect, it } from 'vitest'

const STEM = '123456789012_vpcflowlogs_us-east-1_fl-1234abcd_20180620T1620Z_fe123456'
const NAMED = {
  object: STEM,
  account: '123456789012',
  region: 'us-east-1',
  flowLogId: 'fl-1234abcd',
  deliveredAt: new Date('2018-06-20T16:20:00Z'),
}

it.each([
  [`AWSLogs/123456789012/vpcflowlogs/us-east-1/2018/06/20/${STEM}.log.gz`, 'text'],
  [`AWSLogs/123456789012/vpcflowlogs/us-east-1/2018/06/20/16/${STEM}.log.parquet`, 'parquet'],
  [
    `team/AWSLogs/aws-account-id=123456789012/aws-service=vpcflowlogs/aws-region=us-east-1/year=2018/${STEM}.log.gz`,
    'text',
  ],
  [`${STEM}.log`, 'text'],
])('reads %s', (key, format) => {
  expect(readFlowLogName('bucket', key)).toEqual({ ...NAMED, format })
  expect(isFlowLogKey(key)).toBe(true)
})

it.each([
  ['AWSLogs/123456789012/vpcflowlogs/eu-west-1/mine.log', '123456789012', 'eu-west-1'],
  [
    'AWSLogs/aws-account-id=123456789012/aws-service=vpcflowlogs/aws-region=eu-west-1/mine.log',
    '123456789012',
    'eu-west-1',
  ],
  ['AWSLogs/123456789012/elasticloadbalancing/eu-west-1/a.log.gz', '', ''],
  ['mine.log', '', ''],
])('tells %s by its place', (key, account, region) => {
  expect(readFlowLogName('bucket', key)).toEqual({
    object: `bucket/${key}`,
    format: 'text',
    account,
    region,
    flowLogId: '',
    deliveredAt: undefined,
  })
  expect(isFlowLogKey(key)).toBe(false)
})
