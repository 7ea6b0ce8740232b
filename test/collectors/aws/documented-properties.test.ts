import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { COLLECTORS, type Collector } from '@polo/collectors'
import type { ResourceEvent } from '@polo/core'
import { mockClient } from 'aws-sdk-client-mock'
import { describe, expect, it } from 'vitest'
import type { ResourceType } from '../../../packages/collectors/src/collector.ts'
import { collect, memoryStore, recordedAnswers, SLOT } from '../harness.ts'
import { agentMetric, ec2Metric, fakeCloudWatch } from './fake-cloudwatch.ts'

/** Each client class once: several collectors may have the same. */
const clientClasses = new Set(COLLECTORS.flatMap((collector) => Object.values(collector.clients)))
clientClasses.delete(CloudWatchClient)
const clients = [...clientClasses].map((clientClass) => mockClient(clientClass))
const cloudwatch = mockClient(CloudWatchClient)
const OF_RESOURCES = COLLECTORS.filter(
  ({ resourceTypes, otherTypes }) => otherTypes || Object.keys(resourceTypes).length > 0,
)

/** So that each is due, of collectors that look once a day too. */
const SLOT_MS = 24 * 3_600_000

describe('over all recorded answers', () => {
  it.each(OF_RESOURCES.map((collector) => [collector.name, collector] as const))(
    '%s yields only resource types and properties that it documents',
    async (_, collector) => {
      const events: ResourceEvent[] = []
      const state = memoryStore()
      for (const [index, answer] of recordedAnswers('aws-*/**/*.json').entries()) {
        for (const client of clients) client.onAnyCommand().resolves(answer)
        fakeCloudWatch(cloudwatch, metricsOf(answer))
        const slot = new Date(SLOT.getTime() + index * SLOT_MS)
        events.push(...(await collect(collector, { state, slot })).events)
      }

      const undocumented = events.flatMap(({ resource_type, properties }) =>
        ownProperties(properties).filter((name) => !typeOf(collector, resource_type)?.properties[name]),
      )
      expect(events.length).toBeGreaterThan(4)
      expect(undocumented).toEqual([])
    },
  )
})

function typeOf({ resourceTypes, otherTypes }: Collector, type: string): ResourceType | undefined {
  return resourceTypes[type] ?? otherTypes
}

const DISK = { path: '/', device: 'xvda1', fstype: 'xfs', instance: 'C:' }
const POINTS = Array.from(
  { length: 1_000 },
  (_, index) => [new Date(SLOT.getTime() + (index - 10) * 900_000), index] as const,
)

/** No recording of CloudWatch is of a recorded instance: these are metrics of whatever instances an answer names. */
function metricsOf(answer: object) {
  const ids = new Set(JSON.stringify(answer).match(/\bi-[0-9a-f]+\b/g))
  return [...ids]
    .flatMap((id) => [ec2Metric('CPUUtilization', id), agentMetric('disk_used_percent', id, DISK)])
    .map((metric) => ({ metric, points: POINTS }))
}

function ownProperties(properties: ResourceEvent['properties']): string[] {
  return Object.keys(properties).filter((name) => !/^(tag|old_tag|inherited_from):/.test(name))
}
