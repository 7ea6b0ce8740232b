import { accountDiscovery } from './aws/account-discovery.ts'
import { configEbs } from './aws/config-ebs.ts'
import { configEc2 } from './aws/config-ec2.ts'
import { configNetwork } from './aws/config-network.ts'
import { configSagemaker } from './aws/config-sagemaker.ts'
import { costCur } from './aws/cost-cur.ts'
import { costExplorer } from './aws/cost-explorer.ts'
import { flowLogs } from './aws/flow-logs.ts'
import { ipv4 } from './aws/ipv4.ts'
import { metrics } from './aws/metrics.ts'
import { pricing } from './aws/pricing.ts'
import { relationships } from './aws/relationships.ts'
import { savingsPlans } from './aws/savings-plans.ts'
import { tags } from './aws/tags.ts'
import type { Collector, EventCollector } from './collector.ts'
import { lifecycle } from './lifecycle/lifecycle.ts'

/** Every collector there is; schedule, permissions, documentation and command line follow from it. */
// Not on one line, so that two that are added do not collide.
export const COLLECTORS: readonly Collector[] = [
  accountDiscovery,
  configEbs,
  configEc2,
  configNetwork,
  configSagemaker,
  costExplorer,
  costCur,
  ipv4,
  metrics,
  pricing,
  relationships,
  savingsPlans,
  tags,
]

/** What is told of what happens instead of asking by schedule. */
export const EVENT_COLLECTORS: readonly EventCollector[] = [flowLogs, lifecycle]
