import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { EC2Client } from '@aws-sdk/client-ec2'
import type { CollectContext } from '../../collector.ts'

export const CLIENTS = { cloudwatch: CloudWatchClient, ec2: EC2Client }
export type Context = CollectContext<typeof CLIENTS>
