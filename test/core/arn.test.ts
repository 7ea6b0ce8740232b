import { type Arn, InvalidArnError, PARTITIONS, parseArn } from '@polo/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const partition = fc.constantFrom(...PARTITIONS)
const typedService = fc.constantFrom(
  'ec2',
  'iam',
  'lambda',
  'logs',
  'rds',
  'elasticloadbalancing',
  'dynamodb',
)
const untypedService = fc.constantFrom('s3', 'sns', 'sqs')
const region = fc.constantFrom('', '*', 'us-east-1', 'cn-north-1', 'us-gov-west-1')
const accountId = fc.constantFrom('', '*', 'aws', '111122223333')
const word = fc.stringMatching(/^[A-Za-z0-9_.-]{1,12}$/)
const path = fc.stringMatching(/^[A-Za-z0-9_.*:/-]{1,30}$/)
const anything = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 })

const typedArn = fc.record<Arn>({
  partition,
  service: typedService,
  region,
  accountId,
  resourceType: word,
  separator: fc.constantFrom('/', ':'),
  resourceId: fc.oneof(path, anything),
})
const untypedArn = fc.record<Arn>({
  partition,
  service: untypedService,
  region,
  accountId,
  resourceType: fc.constant(''),
  separator: fc.constant(''),
  resourceId: fc.oneof(path, anything),
})
const arnText = fc
  .tuple(partition, fc.oneof(typedService, untypedService, word), region, accountId, fc.oneof(path, anything))
  .map((parts) => `arn:${parts.join(':')}`)

function formatArn({ partition, service, region, accountId, ...resource }: Arn): string {
  const { resourceType, separator, resourceId } = resource
  return `arn:${partition}:${service}:${region}:${accountId}:${resourceType}${separator}${resourceId}`
}

describe('parseArn of any ARN', () => {
  it('keeps all of its text', () => {
    fc.assert(fc.property(arnText, (text) => formatArn(parseArn(text)) === text))
  })

  it('finds the parts of one with a type', () => {
    fc.assert(
      fc.property(typedArn, (arn) => {
        expect(parseArn(formatArn(arn))).toEqual({ ...arn })
      }),
    )
  })

  it('finds the parts of one without a type', () => {
    fc.assert(
      fc.property(untypedArn, (arn) => {
        expect(parseArn(formatArn(arn))).toEqual({ ...arn })
      }),
    )
  })
})

describe('parseArn', () => {
  it.each([
    ['type/id', 'arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc', 'instance', '/', 'i-0abc'],
    ['type:id', 'arn:aws:rds:eu-west-1:111122223333:db:orders', 'db', ':', 'orders'],
    [
      'an id with a qualifier',
      'arn:aws:lambda:eu-west-1:111122223333:function:f:PROD',
      'function',
      ':',
      'f:PROD',
    ],
    [
      'an id with slashes',
      'arn:aws:dynamodb:eu-west-1:111122223333:table/t/stream/2026-01-01T00:00:00.000',
      'table',
      '/',
      't/stream/2026-01-01T00:00:00.000',
    ],
    [
      'a load balancer',
      'arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/web/50dc6c495c0c9188',
      'loadbalancer',
      '/',
      'app/web/50dc6c495c0c9188',
    ],
    [
      'a log group',
      'arn:aws-cn:logs:cn-north-1:111122223333:log-group:/aws/lambda/f:*',
      'log-group',
      ':',
      '/aws/lambda/f:*',
    ],
    ['an S3 bucket', 'arn:aws:s3:::bucket', '', '', 'bucket'],
    ['an S3 object', 'arn:aws:s3:::bucket/a:b/c', '', '', 'bucket/a:b/c'],
    ['an SNS topic', 'arn:aws-us-gov:sns:us-gov-west-1:111122223333:alerts', '', '', 'alerts'],
    [
      'an SNS subscription',
      'arn:aws:sns:eu-west-1:111122223333:alerts:8a21d249-4329-4871-acc6-7be709c6ea7f',
      '',
      '',
      'alerts:8a21d249-4329-4871-acc6-7be709c6ea7f',
    ],
    [
      'an API',
      'arn:aws:apigateway:eu-west-1::/restapis/a1b2/stages/prod',
      '',
      '',
      '/restapis/a1b2/stages/prod',
    ],
    ['an IAM role with a path', 'arn:aws:iam::111122223333:role/team/web', 'role', '/', 'team/web'],
  ])('reads %s', (_, text, resourceType, separator, resourceId) => {
    expect(parseArn(text)).toMatchObject({ resourceType, separator, resourceId })
  })

  it('reads every part', () => {
    expect(parseArn('arn:aws:ec2:eu-west-1:111122223333:volume/vol-0abc')).toEqual({
      partition: 'aws',
      service: 'ec2',
      region: 'eu-west-1',
      accountId: '111122223333',
      resourceType: 'volume',
      separator: '/',
      resourceId: 'vol-0abc',
    })
  })

  it.each([
    '',
    'i-0abc',
    'arn',
    'arn:aws',
    'arn:aws:ec2:eu-west-1:111122223333',
    'arn:aws:ec2:eu-west-1:111122223333:',
    'arn:aws::eu-west-1:111122223333:instance/i-0abc',
    'arn::ec2:eu-west-1:111122223333:instance/i-0abc',
    ' arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc',
    'ARN:aws:ec2:eu-west-1:111122223333:instance/i-0abc',
    'github:marqo/repository/polo',
  ])('refuses "%s" and names it', (text) => {
    expect(() => parseArn(text)).toThrow(InvalidArnError)
    expect(() => parseArn(text)).toThrow(`not an ARN: '${text}'`)
  })

  it('names an unknown partition, and the ones it knows', () => {
    expect(() => parseArn('arn:azure:ec2:eu-west-1:111122223333:instance/i-0abc')).toThrow(
      /unknown partition 'azure' in 'arn:azure:.*aws, aws-cn, .*aws-us-gov/,
    )
  })

  it('throws nothing but InvalidArnError', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `arn:${text}`),
        ),
        (text) => {
          try {
            return formatArn(parseArn(text)) === text
          } catch (error) {
            return error instanceof InvalidArnError
          }
        },
      ),
    )
  })
})
