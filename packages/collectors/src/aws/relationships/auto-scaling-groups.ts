import {
  type AutoScalingGroup,
  type Instance,
  type LaunchTemplateSpecification,
  paginateDescribeAutoScalingGroups,
} from '@aws-sdk/client-auto-scaling'
import type { TableRow } from '../../collector.ts'
import { itemsOf } from '../answer-lists.ts'
import type { RelationshipContext } from './clients.ts'
import {
  autoScalingGroupEnd,
  type End,
  ec2End,
  launchConfigurationEnd,
  launchTemplateEnd,
  targetGroupEnd,
} from './ends.ts'
import { ownedEnd } from './look.ts'
import { type Relation, relate } from './relation.ts'

const INSTANCE: Relation<Instance> = {
  from: 'autoscaling:group',
  name: 'manages',
  to: 'ec2:instance',
  meaning: 'The instance is one of the group’s; those of its warm pool are not told',
  properties: {
    lifecycle_state: ['InService, Pending, Terminating, Standby, …', (instance) => instance.LifecycleState],
    health_status: ['Healthy or Unhealthy', (instance) => instance.HealthStatus],
    protected_from_scale_in: ['Whether scaling in spares it', (instance) => instance.ProtectedFromScaleIn],
    launch_template_id: ['Launch template of it', (instance) => instance.LaunchTemplate?.LaunchTemplateId],
    launch_template_version: ['Version of that', (instance) => instance.LaunchTemplate?.Version],
  },
}
const LAUNCH_TEMPLATE: Relation<LaunchTemplateSpecification> = {
  from: 'autoscaling:group',
  name: 'launches_from',
  to: 'ec2:launch_template',
  meaning: 'The group launches instances as the template says',
  properties: { version: ['Version: a number, $Latest or $Default', (template) => template.Version] },
}
const LAUNCH_CONFIGURATION: Relation<unknown> = {
  from: 'autoscaling:group',
  name: 'launches_from',
  to: 'autoscaling:launch_configuration',
  meaning: 'The group launches instances as the launch configuration says',
}
const TARGET_GROUP: Relation<unknown> = {
  from: 'autoscaling:group',
  name: 'registers_with',
  to: 'elbv2:target_group',
  meaning: 'The group makes its instances targets of the target group',
}
const SUBNET: Relation<unknown> = {
  from: 'autoscaling:group',
  name: 'is_in',
  to: 'vpc:subnet',
  meaning: 'The group launches instances into the subnet',
}

export const AUTO_SCALING_RELATIONS = [INSTANCE, LAUNCH_TEMPLATE, LAUNCH_CONFIGURATION, TARGET_GROUP, SUBNET]

export async function* relateAutoScalingGroups(context: RelationshipContext): AsyncGenerator<TableRow> {
  const paging = { client: context.clients.autoscaling, pageSize: 100 }
  for await (const page of paginateDescribeAutoScalingGroups(paging, {}, { abortSignal: context.signal })) {
    yield* context.each(page, 'AutoScalingGroups', (group) => relateGroup(context, group))
  }
}

function relateGroup(context: RelationshipContext, group: AutoScalingGroup): TableRow[] {
  const from = autoScalingGroupEnd(group.AutoScalingGroupName, group.AutoScalingGroupARN)
  const link = (relation: Relation<unknown>, to: End) => relate(context, relation, { from, to, item: group })
  return [
    ...itemsOf(group.Instances).flatMap((instance) =>
      relate(context, INSTANCE, {
        from,
        to: ec2End('instance', instance.InstanceId, context),
        item: instance,
      }),
    ),
    ...launchTemplatesOf(group).flatMap((template) =>
      relate(context, LAUNCH_TEMPLATE, {
        from,
        to: launchTemplateEnd(template.LaunchTemplateId, context),
        item: template,
      }),
    ),
    ...link(LAUNCH_CONFIGURATION, launchConfigurationEnd(group.LaunchConfigurationName)),
    ...itemsOf(group.TargetGroupARNs).flatMap((arn) => link(TARGET_GROUP, targetGroupEnd(arn))),
    ...(group.VPCZoneIdentifier ?? '')
      .split(',')
      .flatMap((subnetId) => link(SUBNET, ownedEnd(context, 'subnet', subnetId.trim()))),
  ]
}

/** The first of each id: some instance types may have one of their own. */
function launchTemplatesOf({ LaunchTemplate, MixedInstancesPolicy }: AutoScalingGroup) {
  const { LaunchTemplateSpecification: mixed, Overrides } = MixedInstancesPolicy?.LaunchTemplate ?? {}
  const own = itemsOf(Overrides).map((override) => override.LaunchTemplateSpecification)
  const byId = new Map<string, LaunchTemplateSpecification>()
  for (const template of [LaunchTemplate, mixed, ...own]) {
    const { LaunchTemplateId: id = '' } = template ?? {}
    if (template && !byId.has(id)) byId.set(id, template)
  }
  return [...byId.values()]
}
