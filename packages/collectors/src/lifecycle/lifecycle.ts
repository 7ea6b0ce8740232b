import { documentProperties } from '../aws/property-table.ts'
import type { EventCollector } from '../collector.ts'
import { CALL_PROPERTIES } from './describe-call.ts'
import { NOTICE_PROPERTIES } from './read-notice.ts'
import { EC2_KINDS } from './resource-kinds.ts'

const TYPES = new Map<string, string>([
  ...Object.values(EC2_KINDS).map(({ type, description }): [string, string] => [type, description]),
  ['elbv2:load_balancer', 'Load balancer (application, network or gateway)'],
  ['elbv2:target_group', 'Target group'],
  ['elbv2:listener', 'Listener of a load balancer'],
  ['elbv2:listener_rule', 'Rule of a listener'],
  ['elbv2:trust_store', 'Certificates that a listener trusts clients by'],
  ['elb:load_balancer', 'Classic Load Balancer'],
  ['aws:account', 'AWS account, where what happened names no resource'],
])

/** Told what happens; docs/lifecycle.md. */
export const lifecycle: EventCollector = {
  name: 'lifecycle',
  description: 'Who started, stopped, changed and deleted what, failed calls too',
  trigger: 'CloudTrail, EC2 and AWS Health, by EventBridge',
  properties: { ...documentProperties(CALL_PROPERTIES), ...NOTICE_PROPERTIES },
  resourceTypes: Object.fromEntries(
    [...TYPES].map(([type, description]) => [type, { description, properties: {} }]),
  ),
  otherTypes: {
    description:
      'What else of EC2 `CreateTags` and `DeleteTags` act on, under the type that changes of its tags have, such as `ec2:route_table`',
    properties: {},
  },
  permissions: [],
}
