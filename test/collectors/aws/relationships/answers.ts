import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling'
import {
  DescribeAddressesCommand,
  DescribeInstancesCommand,
  DescribeNatGatewaysCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSnapshotsCommand,
  DescribeSubnetsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2'
import {
  DescribeLoadBalancersCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { CollectorRun, ResourceRelationship } from '@polo/core'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, expect } from 'vitest'
import { RELATIONS } from '../../../../packages/collectors/src/aws/relationships/relations.ts'
import { relationships } from '../../../../packages/collectors/src/aws/relationships.ts'
import { ACCOUNT, collect, OBSERVED_AT, REGION, SLOT } from '../../harness.ts'

export const ec2 = mockClient(EC2Client)
export const elbv2 = mockClient(ElasticLoadBalancingV2Client)
export const autoscaling = mockClient(AutoScalingClient)

/** An account that has nothing, before each test. */
export function answerEmpty(): void {
  beforeEach(() => {
    for (const client of [ec2, elbv2, autoscaling]) client.reset()
    ec2.on(DescribeAddressesCommand).resolves({ Addresses: [] })
    ec2.on(DescribeInstancesCommand).resolves({ Reservations: [] })
    ec2.on(DescribeNatGatewaysCommand).resolves({ NatGateways: [] })
    ec2.on(DescribeNetworkInterfacesCommand).resolves({ NetworkInterfaces: [] })
    ec2.on(DescribeSecurityGroupsCommand).resolves({ SecurityGroups: [] })
    ec2.on(DescribeSnapshotsCommand).resolves({ Snapshots: [] })
    ec2.on(DescribeSubnetsCommand).resolves({ Subnets: [] })
    elbv2.on(DescribeLoadBalancersCommand).resolves({ LoadBalancers: [] })
    elbv2.on(DescribeTargetGroupsCommand).resolves({ TargetGroups: [] })
    elbv2.on(DescribeTargetHealthCommand).resolves({ TargetHealthDescriptions: [] })
    autoscaling.on(DescribeAutoScalingGroupsCommand).resolves({ AutoScalingGroups: [] })
  })
}

export interface Look {
  readonly edges: ResourceRelationship[]
  readonly run: CollectorRun
}

/** One run of the collector; every edge that it finds is of a documented relation, and is told once. */
export async function look(): Promise<Look> {
  const { rows, run } = await collect(relationships)
  const edges = await rows('resource_relationship/1')
  expect(RELATIONS.map(kindOf)).toEqual(expect.arrayContaining(edges.map(kindOfEdge)))
  expect(new Set(edges.map(tell)).size).toBe(edges.length)
  return { edges, run }
}

/** 'ec2:instance attaches ebs:volume' */
export function kindOf({ from, name, to }: (typeof RELATIONS)[number]): string {
  return [from, name, to].join(' ')
}

export function kindOfEdge({ from_type, relation, to_type }: ResourceRelationship): string {
  return [from_type, relation, to_type].join(' ')
}

/** An edge as a sentence: 'ec2:instance i-1 attaches ebs:volume vol-1'. */
export function tell(edge: ResourceRelationship): string {
  return [edge.from_type, edge.from_id, edge.relation, edge.to_type, edge.to_id].join(' ')
}

/** The edge of a sentence, as the runner makes it. */
export function edge(sentence: string, columns: Partial<ResourceRelationship>): ResourceRelationship {
  const [from_type = '', from_id = '', relation = '', to_type = '', to_id = ''] = sentence.split(' ')
  return {
    collector: 'relationships',
    aws_account_id: ACCOUNT,
    aws_region: REGION,
    from_type,
    from_id,
    from_arn: '',
    relation,
    to_type,
    to_id,
    to_arn: '',
    properties: {},
    first_seen: SLOT.toISOString(),
    last_seen: SLOT.toISOString(),
    observed_at: OBSERVED_AT.toISOString(),
    ...columns,
  }
}

/** The ARN of a resource of EC2's in the harness's account and region. */
export function ec2Arn(path: string, account = ACCOUNT): string {
  return `arn:aws:ec2:${REGION}:${account}:${path}`
}
