import { describe, expect, it } from 'vitest'
import { identifyArn } from '../../../packages/collectors/src/aws/identify-arn.ts'

const CONTEXT = { account: '111122223333', region: 'eu-west-1' }
const HERE = 'eu-west-1:111122223333'

describe('an ARN', () => {
  it.each([
    [`ec2:${HERE}:instance/i-1`, 'ec2:instance', 'i-1'],
    [`ec2:${HERE}:volume/vol-1`, 'ebs:volume', 'vol-1'],
    [`ec2:${HERE}:natgateway/nat-1`, 'vpc:nat_gateway', 'nat-1'],
    [`ec2:${HERE}:elastic-ip/eipalloc-1`, 'ec2:eip', 'eipalloc-1'],
    [`ec2:${HERE}:network-interface/eni-1`, 'ec2:eni', 'eni-1'],
    [`ec2:${HERE}:security-group/sg-1`, 'ec2:security_group', 'sg-1'],
    [`ec2:${HERE}:vpc/vpc-1`, 'vpc:vpc', 'vpc-1'],
    [`ec2:${HERE}:subnet/subnet-1`, 'vpc:subnet', 'subnet-1'],
    [`elasticloadbalancing:${HERE}:loadbalancer/app/web/50dc`, 'elbv2:load_balancer', 'app/web/50dc'],
    [`elasticloadbalancing:${HERE}:listener/app/web/50dc/f2f7`, 'elbv2:listener', 'app/web/50dc/f2f7'],
    [`elasticloadbalancing:${HERE}:loadbalancer/old`, 'elb:load_balancer', 'old'],
    [`elasticloadbalancing:${HERE}:targetgroup/web/73e2`, 'elbv2:target_group', 'web/73e2'],
    [`autoscaling:${HERE}:autoScalingGroup:5e-1:autoScalingGroupName/web`, 'autoscaling:group', 'web'],
    [`sagemaker:${HERE}:notebook-instance/lab`, 'sagemaker:notebook', 'lab'],
  ])('of what the inventory has is identified as there: %s', (rest, resource_type, resource_id) => {
    expect(identifyArn(`arn:aws:${rest}`, CONTEXT)).toEqual({
      resource_type,
      resource_id,
      resource_arn: `arn:aws:${rest}`,
      aws_region: 'eu-west-1',
    })
  })

  it.each([
    [`ec2:${HERE}:security-group-rule/sgr-1`, 'ec2:security_group_rule', 'sgr-1'],
    [`ec2:${HERE}:vpc-endpoint/vpce-1`, 'ec2:vpc_endpoint', 'vpce-1'],
    [`ec2:${HERE}:placement-group/vpc-web`, 'ec2:placement_group', 'vpc-web'],
    [`lambda:${HERE}:function:index`, 'lambda:function', 'index'],
    [`glue:${HERE}:devEndpoint/test`, 'glue:dev_endpoint', 'test'],
    [`rds:${HERE}:cluster:main`, 'rds:cluster', 'main'],
    [`dsql:${HERE}:cluster/y5/stream/mz`, 'dsql:cluster', 'y5/stream/mz'],
    [`sqs:${HERE}:queue-1`, 'sqs:queue', 'queue-1'],
    [`sns:${HERE}:topic-1`, 'sns:topic', 'topic-1'],
    [`codecommit:${HERE}:repository-1`, 'codecommit:repository', 'repository-1'],
    [`cassandra:${HERE}:/keyspace/c7n_test/`, 'cassandra:keyspace', 'c7n_test/'],
    ['apigateway:eu-west-1::/restapis/5x/stages/latest', 'apigateway:restapis', '5x/stages/latest'],
    [`s3:${HERE}:storage-lens/main`, 's3:storage_lens', 'main'],
    [`new-service:${HERE}:thing`, 'new-service:resource', 'thing'],
  ])('of anything else has the type that it says: %s', (rest, resource_type, resource_id) => {
    expect(identifyArn(`arn:aws:${rest}`, CONTEXT)).toEqual({
      resource_type,
      resource_id,
      resource_arn: `arn:aws:${rest}`,
      aws_region: 'eu-west-1',
    })
  })

  it('of a bucket is where the bucket was seen', () => {
    expect(identifyArn('arn:aws:s3:::logs', CONTEXT)).toEqual({
      resource_type: 's3:bucket',
      resource_id: 'logs',
      resource_arn: 'arn:aws:s3:::logs',
      aws_region: 'eu-west-1',
    })
  })

  it.each([
    ['arn:aws:cloudfront::111122223333:distribution/E1', 'us-east-1'],
    ['arn:aws-cn:iam::111122223333:policy/p', 'cn-northwest-1'],
  ])('without a region has one place wherever it was seen: %s', (arn, region) => {
    expect(identifyArn(arn, CONTEXT).aws_region).toBe(region)
  })

  it('has the region that it says, wherever it was seen', () => {
    expect(identifyArn('arn:aws:lambda:us-west-2:111122223333:function:f', CONTEXT).aws_region).toBe(
      'us-west-2',
    )
  })

  it('of a snapshot, which names its account, is written as its other events have it, without', () => {
    expect(identifyArn(`arn:aws:ec2:${HERE}:snapshot/snap-1`, CONTEXT)).toMatchObject({
      resource_type: 'ebs:snapshot',
      resource_arn: 'arn:aws:ec2:eu-west-1::snapshot/snap-1',
    })
  })

  it('that is none cannot be identified', () => {
    expect(() => identifyArn('bucket', CONTEXT)).toThrow('not an ARN')
  })
})
