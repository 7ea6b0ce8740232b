import { EC2Client, paginateDescribeInstances } from '@aws-sdk/client-ec2'
import { defineCollector } from '../collector.ts'
import { SCHEDULES } from '../schedules.ts'
import { INSTANCE, observeInstance, RESERVATION } from './ec2-instance.ts'
import { documentProperties } from './property-table.ts'

export const configEc2 = defineCollector({
  name: 'config_ec2',
  description: 'EC2 instances, those that stopped or were terminated lately included',
  scope: 'account',
  schedule: SCHEDULES.inventory,
  resourceTypes: {
    'ec2:instance': {
      description: 'EC2 instance',
      properties: { ...documentProperties(INSTANCE), ...documentProperties(RESERVATION) },
      isParent: true,
    },
  },
  permissions: ['ec2:DescribeInstances'],
  clients: { ec2: EC2Client },
  sources: {
    async *instances(context) {
      const paging = { client: context.clients.ec2, pageSize: 1000 }
      for await (const page of paginateDescribeInstances(paging, {}, { abortSignal: context.signal })) {
        yield* context.each(page, 'Reservations', (reservation) => [
          ...context.each(reservation, 'Instances', (instance) =>
            observeInstance(context, instance, reservation),
          ),
        ])
      }
    },
  },
})
