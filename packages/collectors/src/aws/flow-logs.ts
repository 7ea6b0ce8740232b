import type { EventCollector } from '../collector.ts'

/** Nothing here reads a flow log: the database does, when it is told which object was written. */
export const flowLogs: EventCollector = {
  name: 'flow_logs',
  description: 'VPC flow logs: traffic of network interfaces by hour, loaded by the database itself',
  trigger:
    'objects written into the buckets of `flowLogs`, as S3 tells it; `polo collect flow_logs --path DIR` by hand',
  resourceTypes: {
    'ec2:eni': {
      description:
        'Network interface; events `bytes`, `packets` and `flows` of each direction, class of peer and hour, and ' +
        '`nodata_records` and `skipdata_records` of each hour (docs/flow-logs.md)',
      properties: {
        direction: 'ingress, egress, or unknown where the record does not say it and nothing tells',
        peer_class:
          'same_az, cross_az, vpc (a private address, the zone not known), private (outside of the VPC), internet, ' +
          'aws_service or unknown',
        accepted: 'Part of the value that security groups and network ACLs let through',
        rejected: 'Part of the value that they did not',
      },
    },
  },
  loadedTables: ['flow_log_traffic', 'flow_log_objects'],
  permissions: [],
}
