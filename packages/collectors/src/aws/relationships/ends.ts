import { partitionOf } from '@polo/core'
import {
  ec2Resource,
  type KindName,
  type LifecycleResource,
  loadBalancer,
  type Place,
} from '../../lifecycle/resource-kinds.ts'

/** A resource at one end of an edge, named as the inventory names it. */
export interface End {
  readonly type: string
  /** '' where AWS leaves it out. */
  readonly id: string
  /** '' where nothing tells whose it is, or it has none. */
  readonly arn: string
}

/** A resource of EC2's; `account` is its owner's, undefined where nothing tells. */
export function ec2End(
  kind: KindName,
  id: string | undefined,
  { account, region }: { readonly account: string | undefined; readonly region: string },
): End {
  const end = toEnd(ec2Resource(kind, id ?? '', { account: account ?? '', region }))
  return id && account ? end : { ...end, arn: '' }
}

/** One whose ARN names no owner. */
export function ownerlessEnd(kind: 'image' | 'snapshot', id: string | undefined, region: string): End {
  const end = toEnd(ec2Resource(kind, id ?? '', { account: '', region }))
  return id ? end : { ...end, arn: '' }
}

export function launchTemplateEnd(id: string | undefined, { account, region }: Place): End {
  const arn = id ? `arn:${partitionOf(region)}:ec2:${region}:${account}:launch-template/${id}` : ''
  return { type: 'ec2:launch_template', id: id ?? '', arn }
}

export function loadBalancerEnd(arn = ''): End {
  return toEnd(loadBalancer(arn))
}

/** Its id is the name and number that end its ARN, as a load balancer's is. */
export function targetGroupEnd(arn = ''): End {
  return { type: 'elbv2:target_group', id: arn.replace(/^.*:targetgroup\//, ''), arn }
}

/** Its id is its name with the path before it, as its ARN has it. */
export function instanceProfileEnd(arn = ''): End {
  return { type: 'iam:instance_profile', id: arn.replace(/^.*:instance-profile\//, ''), arn }
}

/** The function that an ARN names, whichever version or alias of it. */
export function functionEnd(arn = ''): End {
  const [, unqualified = arn] = /^(arn:[^:]+:lambda:[^:]+:[^:]+:function:[^:]+):[^:]+$/.exec(arn) ?? []
  return { type: 'lambda:function', id: unqualified.replace(/^.*:/, ''), arn: unqualified }
}

export function qualifierOf(functionArn = ''): string {
  return /^arn:[^:]+:lambda:[^:]+:[^:]+:function:[^:]+:([^:]+)$/.exec(functionArn)?.[1] ?? ''
}

export function autoScalingGroupEnd(name = '', arn = ''): End {
  return { type: 'autoscaling:group', id: name, arn }
}

export function launchConfigurationEnd(name = ''): End {
  return { type: 'autoscaling:launch_configuration', id: name, arn: '' }
}

/** An address of which no network interface is known: in a peered network, say, or on premises. */
export function addressEnd(address: string): End {
  return { type: 'vpc:ip_address', id: address, arn: '' }
}

function toEnd({ resource_type, resource_id, resource_arn }: LifecycleResource): End {
  return { type: resource_type, id: resource_id, arn: resource_arn }
}
