import { LIFECYCLE_CALLS } from '@polo/collectors'
import { expect, it } from 'vitest'
import { call, eventsOf, type Json, subjects } from './lifecycle-events.ts'

const ACCOUNT = '123837392027'
const ELB = `arn:aws:elasticloadbalancing:us-east-1:${ACCOUNT}`
const WEB = `${ELB}:loadbalancer/app/web/50dc6c495c0c9188`
const GROUP = `${ELB}:targetgroup/web/73e2d6bc24d8a067`
const RULE = `${ELB}:listener-rule/app/web/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee`
const LISTENER = `${ELB}:listener/app/web/50dc6c495c0c9188/f2f7dc8efc522ab2`
const LB = 'elbv2:load_balancer app/web/50dc6c495c0c9188'
const TG = 'elbv2:target_group web/73e2d6bc24d8a067'
const LS = 'elbv2:listener app/web/50dc6c495c0c9188/f2f7dc8efc522ab2'
const LR = 'elbv2:listener_rule app/web/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee'
const FORWARD = [{ type: 'forward', targetGroupArn: GROUP }]

it.each<readonly [string, unknown, unknown, readonly string[]]>([
  [
    'CreateLoadBalancer',
    { name: 'web', type: 'application' },
    { loadBalancers: [{ loadBalancerArn: WEB }] },
    [LB],
  ],
  ['DeleteLoadBalancer', { loadBalancerArn: WEB }, null, [LB]],
  ['DeleteLoadBalancer', { loadBalancerName: 'old' }, null, ['elb:load_balancer old']],
  [
    'ModifyLoadBalancerAttributes',
    { loadBalancerArn: WEB, attributes: [{ key: 'a', value: 'b' }] },
    null,
    [LB],
  ],
  ['SetSecurityGroups', { loadBalancerArn: WEB, securityGroups: ['sg-01'] }, null, [LB]],
  ['SetIpAddressType', { loadBalancerArn: WEB, ipAddressType: 'dualstack' }, null, [LB]],
  ['SetSubnets', { loadBalancerArn: WEB, subnets: ['subnet-01'] }, null, [LB]],
  [
    'CreateTargetGroup',
    { name: 'web', port: 80, vpcId: 'vpc-01' },
    { targetGroups: [{ targetGroupArn: GROUP, loadBalancerArns: [] }] },
    [TG],
  ],
  ['DeleteTargetGroup', { targetGroupArn: GROUP }, null, [TG]],
  [
    'RegisterTargets',
    { targetGroupArn: GROUP, targets: [{ id: 'i-01', port: 80 }, { id: '10.0.0.7' }] },
    null,
    [TG, 'ec2:instance i-01'],
  ],
  [
    'DeregisterTargets',
    { targetGroupArn: GROUP, targets: [{ id: 'i-01' }] },
    null,
    [TG, 'ec2:instance i-01'],
  ],
  [
    'CreateListener',
    { loadBalancerArn: WEB, port: 80, defaultActions: FORWARD },
    { listeners: [{ listenerArn: LISTENER, loadBalancerArn: WEB, defaultActions: FORWARD }] },
    [LB, LS],
  ],
  ['ModifyListener', { listenerArn: LISTENER, defaultActions: FORWARD }, null, [LS, LB]],
  ['DeleteListener', { listenerArn: LISTENER }, null, [LS, LB]],
  [
    'CreateRule',
    { listenerArn: LISTENER, priority: 10, conditions: [{ field: 'path-pattern' }], actions: FORWARD },
    { rules: [{ ruleArn: RULE, priority: '10', actions: FORWARD }] },
    [LS, LB, LR],
  ],
  [
    'ModifyRule',
    { ruleArn: RULE, actions: FORWARD },
    { rules: [{ ruleArn: RULE, actions: FORWARD }] },
    [LR, LS, LB],
  ],
  ['DeleteRule', { ruleArn: RULE }, null, [LR, LS, LB]],
  [
    'ModifyTargetGroup',
    { targetGroupArn: GROUP, healthCheckPath: '/up' },
    { targetGroups: [{ targetGroupArn: GROUP, loadBalancerArns: [WEB] }] },
    [TG],
  ],
  [
    'ModifyTargetGroupAttributes',
    { targetGroupArn: GROUP, attributes: [{ key: 'stickiness.enabled', value: 'true' }] },
    null,
    [TG],
  ],
  ['AddTags', { resourceArns: [WEB, GROUP], tags: [{ key: 'a', value: 'b' }] }, null, [LB, TG]],
  [
    'AddTags',
    { resourceArns: [`${ELB}:truststore/clients/6e1c2b7a`], tags: [{ key: 'a', value: 'b' }] },
    null,
    ['elbv2:trust_store clients/6e1c2b7a'],
  ],
  ['AddTags', { loadBalancerNames: ['old'], tags: [{ key: 'a' }] }, null, ['elb:load_balancer old']],
  ['RemoveTags', { resourceArns: [WEB], tagKeys: ['a'] }, null, [LB]],
])('finds the resources of %s of Elastic Load Balancing', async (eventName, request, response, expected) => {
  expect(LIFECYCLE_CALLS['aws.elasticloadbalancing']).toContain(eventName)
  expect(subjects(await eventsOf(balancing(eventName, request, response)))).toEqual(expected)
})

it('names load balancers by the ARNs that the inventory has', async () => {
  const [event] = await eventsOf(balancing('DeleteLoadBalancer', { loadBalancerArn: WEB }))
  expect(event?.resource_arn).toBe(WEB)
})
it('says which targets are no instances, and what a load balancer that was refused was to be called', async () => {
  const targets = [{ id: '10.0.0.7' }, { id: 'i-01' }]
  const [registered] = await eventsOf(balancing('RegisterTargets', { targetGroupArn: GROUP, targets }))
  expect(registered?.properties).toMatchObject({
    targets: '10.0.0.7',
    resource_ids: 'web/73e2d6bc24d8a067,i-01',
  })
  const refused = { ...balancing('CreateLoadBalancer', { name: 'web' }), errorCode: 'AccessDenied' }
  expect(await eventsOf(refused)).toMatchObject([
    { resource_type: 'aws:account', properties: { name: 'web', outcome: 'failed' } },
  ])
})

it('tells the tags of a Classic Load Balancer, which its name alone identifies', async () => {
  const tags = [{ key: 'team', value: 'web' }, { key: 'idle' }]
  const request = { loadBalancerName: 'old', listeners: [], tags }
  const [made] = await eventsOf(
    balancing('CreateLoadBalancer', request, { dNSName: 'old-1.elb.amazonaws.com' }),
  )
  expect(made?.properties).toMatchObject({ 'tag:team': 'web', 'tag:idle': '' })
  const [untagged] = await eventsOf(
    balancing('RemoveTags', { loadBalancerNames: ['old'], tags: [{ key: 'team' }, { key: 'idle' }] }),
  )
  expect(untagged?.properties.deleted_tag_keys).toBe('team,idle')
})

function balancing(eventName: string, request: unknown, response: unknown = null): Json {
  return { ...call(eventName, request, response), eventSource: 'elasticloadbalancing.amazonaws.com' }
}
