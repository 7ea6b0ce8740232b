import {
  GetIpamDiscoveredPublicAddressesCommand,
  type Ipam,
  type IpamDiscoveredPublicAddress,
  paginateDescribeIpams,
} from '@aws-sdk/client-ec2'
import { UnexpectedAnswerError } from '../../errors.ts'
import { valuesOf } from '../answer-lists.ts'
import type { NetworkContext } from '../config-network/clients.ts'
import { lacksService } from '../lacks-service.ts'
import { type Pages, readPages } from '../read-pages.ts'

/**
 * What IPAM's public IP insights know. An IPAM answers in the region that it is in, for all that it operates in, and of
 * an organization for all accounts. No IPAM is none to ask; one that may not be asked is named.
 */
export async function readInsights(context: NetworkContext): Promise<IpamDiscoveredPublicAddress[]> {
  const paging = { client: context.clients.ec2, pageSize: 1000 }
  const options = { abortSignal: context.signal }
  const ipams = await readPages(paginateDescribeIpams(paging, {}, options), 'Ipams', isThere)
  if (ipams.failure && !(await lacksService(ipams.failure.error, context.region))) {
    context.incomplete('IPAM', ipams.failure.error)
  }
  const insights: IpamDiscoveredPublicAddress[] = []
  for (const ipam of ipams.items) {
    for (const region of valuesOf(ipam.OperatingRegions, ({ RegionName }) => RegionName)) {
      const { items, failure } = await readRegion(context, ipam, region)
      if (failure) context.incomplete(`public IP insights of ${ipam.IpamId} for ${region}`, failure.error)
      insights.push(...items)
    }
  }
  return insights
}

function isThere({ State }: Ipam): boolean {
  return !State?.startsWith('delete')
}

function readRegion(
  { clients, signal }: NetworkContext,
  { DefaultResourceDiscoveryId }: Ipam,
  AddressRegion: string,
): Promise<Pages<IpamDiscoveredPublicAddress>> {
  /** The SDK has no paginator for it. */
  async function* pages() {
    if (!DefaultResourceDiscoveryId) throw new UnexpectedAnswerError('the IPAM names no resource discovery')
    let NextToken: string | undefined
    do {
      const input = {
        IpamResourceDiscoveryId: DefaultResourceDiscoveryId,
        AddressRegion,
        MaxResults: 1000,
        NextToken,
      }
      const page = await clients.ec2.send(new GetIpamDiscoveredPublicAddressesCommand(input), {
        abortSignal: signal,
      })
      yield page
      NextToken = page.NextToken
    } while (NextToken)
  }
  return readPages(pages(), 'IpamDiscoveredPublicAddresses')
}
