import { accountDiscovery } from './aws/account-discovery.ts'
import { configEbs } from './aws/config-ebs.ts'
import { configEc2 } from './aws/config-ec2.ts'
import { configNetwork } from './aws/config-network.ts'
import type { Collector } from './collector.ts'

/** Every collector there is; schedule, permissions, documentation and command line follow from it. */
export const COLLECTORS: readonly Collector[] = [accountDiscovery, configEbs, configEc2, configNetwork]
