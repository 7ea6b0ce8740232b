import { DescribeRegionsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { UnexpectedAnswerError } from '../errors.ts'

const USABLE = ['opt-in-not-required', 'opted-in']

/** The regions that are enabled in the account that `config` is a client's configuration for, sorted. */
export async function askEnabledRegions(config: object): Promise<readonly string[]> {
  const client = new EC2Client(config)
  try {
    const { Regions } = await client.send(new DescribeRegionsCommand({ AllRegions: false }))
    if (!Regions) throw new UnexpectedAnswerError('ec2:DescribeRegions answered without regions')
    return Regions.filter(({ OptInStatus = 'opt-in-not-required' }) => USABLE.includes(OptInStatus))
      .flatMap(({ RegionName }) => RegionName ?? [])
      .sort()
  } finally {
    client.destroy()
  }
}
