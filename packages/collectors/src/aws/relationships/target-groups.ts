import {
  DescribeTargetHealthCommand,
  paginateDescribeTargetGroups,
  type TargetGroup,
  TargetGroupNotFoundException,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import pLimit from 'p-limit'
import { classifyFailure } from '../../classify-failure.ts'
import type { Probe, TableRow } from '../../collector.ts'
import { UnexpectedAnswerError } from '../../errors.ts'
import { itemsOf } from '../answer-lists.ts'
import type { CLIENTS, RelationshipContext } from './clients.ts'
import { loadBalancerEnd, targetGroupEnd } from './ends.ts'
import { type Relation, relate } from './relation.ts'
import { relateTargets } from './targets.ts'

const FORWARDS: Relation<TargetGroup> = {
  from: 'elbv2:load_balancer',
  name: 'forwards_to',
  to: 'elbv2:target_group',
  meaning: 'Listeners of the load balancer send traffic to the target group',
  properties: {
    protocol: ['Protocol that targets are spoken to', (group) => group.Protocol],
    port: ['Port of targets that have none of their own', (group) => group.Port],
    target_type: ['instance, ip, lambda or alb', (group) => group.TargetType],
  },
}

export const TARGET_GROUP_RELATIONS = [FORWARDS]

/** There is a call for each group, and Elastic Load Balancing throttles all calls of an account together. */
const CALLS_AT_ONCE = 5

/** Where targets cannot be read, the groups still are, but the source fails in the end: the look was not complete. */
export async function* relateTargetGroups(context: RelationshipContext): AsyncGenerator<TableRow> {
  const client = context.clients.elbv2
  const targets = createTargetReader(context)
  const limit = pLimit(CALLS_AT_ONCE)
  // This paginator ignores `pageSize`.
  const input = { PageSize: 400 }
  for await (const page of paginateDescribeTargetGroups({ client }, input, { abortSignal: context.signal })) {
    yield* context.each(page, 'TargetGroups', (group) => relateTargetGroup(context, group))
    const toCome = itemsOf(page.TargetGroups).map((group) => limit(() => targets.read(group)))
    for (const rows of toCome) yield* await rows
  }
  targets.throwFailure()
}

function relateTargetGroup(context: RelationshipContext, group: TargetGroup): TableRow[] {
  const to = targetGroupEnd(group.TargetGroupArn)
  return itemsOf(group.LoadBalancerArns).flatMap((arn) =>
    relate(context, FORWARDS, { from: loadBalancerEnd(arn), to, item: group }),
  )
}

/** Never throws while it reads: the groups after this one wait for theirs meanwhile. */
function createTargetReader(context: RelationshipContext) {
  let failure: { readonly error: unknown } | undefined
  return {
    async read(group: TargetGroup): Promise<TableRow[]> {
      if (failure) return []
      try {
        return relateTargets(context, group, await describeTargets(context, group))
      } catch (error) {
        // A denial or throttling meets the others as well.
        if (classifyFailure(error).outcome !== 'failed') failure ??= { error }
        else context.incomplete(`targets of ${group.TargetGroupName}`, error)
        return []
      }
    },
    throwFailure() {
      if (failure) throw failure.error
    },
  }
}

async function describeTargets({ clients, signal }: RelationshipContext, { TargetGroupArn }: TargetGroup) {
  try {
    const command = new DescribeTargetHealthCommand({ TargetGroupArn })
    const answer = await clients.elbv2.send(command, { abortSignal: signal })
    if (answer.TargetHealthDescriptions) return itemsOf(answer.TargetHealthDescriptions)
  } catch (error) {
    // It was deleted since it was listed.
    if (error instanceof TargetGroupNotFoundException) return []
    throw error
  }
  throw new UnexpectedAnswerError('DescribeTargetHealth answered without TargetHealthDescriptions')
}

/** Asks for the targets of a group that is not there. */
export const probeTargets: Probe<typeof CLIENTS> = (
  { elbv2 },
  abortSignal,
  { account, region, partition },
) => {
  const missing = `arn:${partition}:elasticloadbalancing:${region}:${account}:targetgroup/polo-probe/0000000000000000`
  return elbv2.send(new DescribeTargetHealthCommand({ TargetGroupArn: missing }), { abortSignal })
}
