import { EC2Client } from '@aws-sdk/client-ec2'
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2'
import { OrganizationsClient } from '@aws-sdk/client-organizations'
import { COLLECTORS } from '@polo/collectors'
import type { ResourceEvent } from '@polo/core'
import { mockClient } from 'aws-sdk-client-mock'
import { describe, expect, it } from 'vitest'
import { collect, recordedAnswers } from '../harness.ts'

const ec2 = mockClient(EC2Client)
const elbv2 = mockClient(ElasticLoadBalancingV2Client)
const organizations = mockClient(OrganizationsClient)

describe('over all recorded answers', () => {
  it.each(COLLECTORS.map((collector) => [collector.name, collector] as const))(
    '%s yields only resource types and properties that it documents',
    async (_, collector) => {
      const events: ResourceEvent[] = []
      for (const answer of recordedAnswers('aws-*/**/*.json')) {
        ec2.onAnyCommand().resolves(answer)
        elbv2.onAnyCommand().resolves(answer)
        organizations.onAnyCommand().resolves(answer)
        events.push(...(await collect(collector)).events)
      }

      const undocumented = events.flatMap(({ resource_type, properties }) =>
        ownProperties(properties).filter((name) => !collector.resourceTypes[resource_type]?.properties[name]),
      )
      expect(events.length).toBeGreaterThan(4)
      expect(undocumented).toEqual([])
    },
  )
})

function ownProperties(properties: ResourceEvent['properties']): string[] {
  return Object.keys(properties).filter((name) => !/^(tag|inherited_from):/.test(name))
}
