import { EC2Client } from '@aws-sdk/client-ec2'
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2'
import { S3Client } from '@aws-sdk/client-s3'
import { STSClient } from '@aws-sdk/client-sts'
import type { ClientClass } from '@polo/collectors'
import { createAwsClient, type SdkClient } from '@polo/collectors'
import { describe, expect, test } from 'vitest'
import { findEndpoint } from '../../../packages/local/src/recorded-aws/find-endpoint.ts'

function clientOf(clientClass: ClientClass): SdkClient {
  const found: SdkClient[] = []
  createAwsClient(
    clientClass,
    { region: 'eu-west-1' },
    { countCall: () => {}, use: (client) => found.push(client) },
  )
  const [client] = found
  if (!client) throw new Error('no client')
  return client
}

function clientAt(url: string): SdkClient {
  return {
    config: { defaultSigningName: 'x', endpointProvider: () => ({ url: new URL(url) }) },
    middlewareStack: { add: () => {} },
  }
}

describe('findEndpoint', () => {
  test.each([
    [EC2Client, 'eu-west-1', 'ec2'],
    [EC2Client, 'cn-north-1', 'ec2'],
    [EC2Client, 'us-gov-west-1', 'ec2'],
    [ElasticLoadBalancingV2Client, 'ap-southeast-2', 'elasticloadbalancing'],
    [ElasticLoadBalancingV2Client, 'us-gov-east-1', 'elasticloadbalancing'],
    [STSClient, 'eu-central-1', 'sts'],
    [S3Client, 'eu-central-1', 's3'],
  ])('%o in %s is %s, and regional', (clientClass, region, prefix) => {
    expect(findEndpoint(clientOf(clientClass), region)).toEqual({ prefix, isRegional: true })
  })

  test.each([
    ['https://api.sagemaker.eu-west-1.amazonaws.com', 'api.sagemaker', true],
    ['https://monitoring.eu-west-1.amazonaws.com', 'monitoring', true],
    ['https://monitoring.eu-west-1.api.aws', 'monitoring', true],
    ['https://cost-optimization-hub.us-east-1.api.aws', 'cost-optimization-hub', false],
    ['https://iam.amazonaws.com', 'iam', false],
    ['https://iam.us-gov.amazonaws.com', 'iam', false],
    ['https://iam.cn-north-1.amazonaws.com.cn', 'iam', false],
    ['https://organizations.us-east-1.amazonaws.com', 'organizations', false],
    ['https://ce.us-east-1.amazonaws.com', 'ce', false],
    ['https://savingsplans.amazonaws.com', 'savingsplans', false],
    ['https://global.health.amazonaws.com', 'health', false],
    ['https://api.pricing.us-east-1.amazonaws.com', 'api.pricing', false],
  ])('%s is %s', (url, prefix, isRegional) => {
    expect(findEndpoint(clientAt(url), 'eu-west-1')).toEqual({ prefix, isRegional })
  })
})
