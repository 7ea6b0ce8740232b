import {
  DescribeTagsCommand,
  type ElasticLoadBalancingV2Client,
  LoadBalancerNotFoundException,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Tags } from '@polo/core'
import type { Probe } from '../../collector.ts'
import { UnexpectedAnswerError } from '../../errors.ts'
import { itemsOf, readTags } from '../answer-lists.ts'
import type { CLIENTS } from './clients.ts'

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTags.html */
const MAX_ARNS_PER_CALL = 20

export interface TagReader {
  /** Tags by ARN. Those that cannot be read are not in it; after a failure nothing more is asked for. */
  read(arns: readonly string[]): Promise<ReadonlyMap<string, Tags>>
  /** The error that ended the reading, if one did. */
  failure(): { readonly error: unknown } | undefined
}

export function createTagReader(client: ElasticLoadBalancingV2Client, signal: AbortSignal): TagReader {
  let failure: { readonly error: unknown } | undefined

  const describe = async (arns: readonly string[]): Promise<[string, Tags][]> => {
    try {
      const command = new DescribeTagsCommand({ ResourceArns: [...arns] })
      const { TagDescriptions } = await client.send(command, { abortSignal: signal })
      if (!TagDescriptions) throw new UnexpectedAnswerError('DescribeTags answered without TagDescriptions')
      return itemsOf(TagDescriptions).map(({ ResourceArn = '', Tags }) => [ResourceArn, readTags(Tags)])
    } catch (error) {
      if (!(error instanceof LoadBalancerNotFoundException)) throw error
      return describeRemaining(arns)
    }
  }

  /** One that was deleted since it was listed spoils the call for the others. */
  const describeRemaining = async (arns: readonly string[]): Promise<[string, Tags][]> => {
    if (arns.length === 1) return []
    const middle = Math.ceil(arns.length / 2)
    return [...(await describe(arns.slice(0, middle))), ...(await describe(arns.slice(middle)))]
  }

  return {
    async read(arns) {
      const tagsByArn = new Map<string, Tags>()
      for (let start = 0; start < arns.length && !failure; start += MAX_ARNS_PER_CALL) {
        try {
          const batch = await describe(arns.slice(start, start + MAX_ARNS_PER_CALL))
          for (const [arn, tags] of batch) tagsByArn.set(arn, tags)
        } catch (error) {
          failure = { error }
        }
      }
      return tagsByArn
    },
    failure: () => failure,
  }
}

/** Asks for the tags of a load balancer that is not there. */
export const probeTags: Probe<typeof CLIENTS> = ({ elbv2 }, abortSignal, { account, region, partition }) => {
  const missing = `arn:${partition}:elasticloadbalancing:${region}:${account}:loadbalancer/app/polo-probe/0000000000000000`
  return elbv2.send(new DescribeTagsCommand({ ResourceArns: [missing] }), { abortSignal })
}
