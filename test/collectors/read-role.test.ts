import {
  COLLECTORS,
  LIFECYCLE_EVENT_PATTERN,
  memberTemplate,
  payerTemplate,
  type TemplateOptions,
} from '@polo/collectors'
import { ConfigError, homeRegionOf, PARTITIONS, type PoloConfigInput, parseConfig } from '@polo/core'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { costCur } from '../../packages/collectors/src/aws/cost-cur.ts'
import { stubCollector } from './run-stub.ts'

const HUB = '999988887777'
const BUS = `arn:aws:events:eu-west-1:${HUB}:event-bus/polo-production`
const READ_ONLY_ACTION = /^[a-z][a-z0-9-]*:(Describe|Get|List|Lookup|Search|BatchGet|Query|Select)[A-Z]\w*$/
/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const MAX_INLINE_POLICY = 10_240
const MAX_TRUST_POLICY = 2_048
/** CloudFormation takes values that the whole pattern matches. */
const Parameter = z.object({ Default: z.string(), AllowedPattern: z.string() })

const ORGANIZATION = stubCollector(
  {},
  { name: 'account_stub', scope: 'organization', permissions: ['organizations:ListAccounts'] },
)
const OPTIONS: TemplateOptions = {
  collectors: [...COLLECTORS.filter(({ scope }) => scope === 'account'), ORGANIZATION],
  config: parseConfig({}),
  hubAccountId: HUB,
  hubRegion: 'eu-west-1',
  hubBusArn: BUS,
  externalId: 'polo-999988887777',
}
const TEMPLATES = [
  ['member', memberTemplate],
  ['payer', payerTemplate],
] as const

describe.each(TEMPLATES)('the template of a %s account', (_, render) => {
  const template = render(OPTIONS)

  it('is plain data', () => {
    expect(JSON.parse(JSON.stringify(template))).toEqual(template)
  })

  it('lets the read role do nothing but read', () => {
    const { Action, ...rest } = onlyStatement('ReadRole', template)

    expect(rest).toEqual({ Sid: 'Read', Effect: 'Allow', Resource: '*' })
    for (const action of listOf(Action)) expect(action).toMatch(READ_ONLY_ACTION)
  })

  it('allows nothing else but to forward events to the hub’s bus', () => {
    const allowed = valuesOf(template, 'Action').flat()
    const trusting = ['sts:AssumeRole', 'sts:TagSession', 'sts:AssumeRole']

    expect(allowed.filter((action) => !READ_ONLY_ACTION.test(String(action)))).toEqual([
      ...trusting,
      'events:PutEvents',
    ])
    expect(onlyStatement('ForwardRole', template)).toEqual({
      Sid: 'Forward',
      Effect: 'Allow',
      Action: 'events:PutEvents',
      Resource: BUS,
    })
    expect(valuesOf(template, 'ManagedPolicyArns')).toEqual([])
  })

  it('makes roles in the home region only, and the rule in every region', () => {
    const conditions = Object.entries(template.Resources).map(([name, { Type, Condition }]) => [
      name,
      Type,
      Condition,
    ])

    expect(conditions).toEqual([
      ['ReadRole', 'AWS::IAM::Role', 'IsHomeRegion'],
      ['ForwardRole', 'AWS::IAM::Role', 'IsHomeRegion'],
      ['LifecycleRule', 'AWS::Events::Rule', undefined],
    ])
    expect(template.Conditions).toEqual({
      IsHomeRegion: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, { Ref: 'HomeRegion' }] },
    })
    expect(template.Parameters.HomeRegion).toMatchObject({ Type: 'String', Default: 'eu-west-1' })
  })

  it('refers only to what it has, and uses every parameter and condition', () => {
    const refs = valuesOf(template, 'Ref').map(String)
    const attributes = valuesOf(template, 'Fn::GetAtt').map((value) => String(listOf(value)[0]))
    const substituted = valuesOf(template, 'Fn::Sub').flatMap(
      (text) => String(text).match(/[^{]+(?=})/g) ?? [],
    )
    const conditions = [
      ...valuesOf([template.Resources, template.Outputs], 'Condition').filter(
        (value) => typeof value === 'string',
      ),
      ...valuesOf(template, 'Fn::If').map((value) => listOf(value)[0]),
    ]
    const names = [...refs, ...attributes, ...substituted].filter((name) => !name.startsWith('AWS::'))

    expect(Object.keys({ ...template.Parameters, ...template.Resources })).toEqual(
      expect.arrayContaining(names),
    )
    expect(refs).toEqual(expect.arrayContaining(Object.keys(template.Parameters)))
    expect([...new Set(conditions)]).toEqual(Object.keys(template.Conditions))
    expect([...refs, ...substituted].filter((name) => name.startsWith('AWS::')).sort()).toEqual([
      'AWS::AccountId',
      'AWS::AccountId',
      'AWS::Partition',
      'AWS::Region',
    ])
  })

  it('has policies of sizes that IAM takes', () => {
    for (const document of valuesOf(template, 'PolicyDocument')) {
      expect(JSON.stringify(document).length).toBeLessThanOrEqual(MAX_INLINE_POLICY)
    }
    for (const document of valuesOf(template, 'AssumeRolePolicyDocument')) {
      expect(JSON.stringify(document).length).toBeLessThanOrEqual(MAX_TRUST_POLICY)
    }
  })

  it('forwards lifecycle events of a region to the hub’s bus, by the role of the home region', () => {
    expect(template.Resources.LifecycleRule?.Properties).toMatchObject({
      State: 'ENABLED',
      EventPattern: LIFECYCLE_EVENT_PATTERN,
      Targets: [
        {
          Arn: BUS,
          RoleArn: {
            'Fn::If': [
              'IsHomeRegion',
              { 'Fn::GetAtt': ['ForwardRole', 'Arn'] },
              { 'Fn::Sub': `arn:\${AWS::Partition}:iam::\${AWS::AccountId}:role/polo-forward-events` },
            ],
          },
        },
      ],
    })
    expect(template.Resources.ForwardRole?.Properties.RoleName).toBe('polo-forward-events')
  })
})

describe('who may assume the roles', () => {
  it('is the hub’s polo roles with the external id', () => {
    expect(trustOf('ReadRole')).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'AssumedByPolo',
          Effect: 'Allow',
          Principal: { AWS: `arn:aws:iam::${HUB}:root` },
          Action: 'sts:AssumeRole',
          Condition: {
            StringEquals: { 'sts:ExternalId': 'polo-999988887777' },
            ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${HUB}:role/polo-*` },
          },
        },
        {
          Sid: 'TaggedByPolo',
          Effect: 'Allow',
          Principal: { AWS: `arn:aws:iam::${HUB}:root` },
          Action: 'sts:TagSession',
          Condition: { ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${HUB}:role/polo-*` } },
        },
      ],
    })
  })

  it('is limited to the organization where it is known', () => {
    expect(trustOf('ReadRole', { organizationId: 'o-a1b2c3d4e5' })).toMatchObject({
      Statement: [
        {
          Condition: {
            StringEquals: { 'sts:ExternalId': 'polo-999988887777', 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' },
          },
        },
        { Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } } },
      ],
    })
  })

  it('is EventBridge of the same account for the role that forwards', () => {
    expect(trustOf('ForwardRole')).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'AssumedByEventBridge',
          Effect: 'Allow',
          Principal: { Service: 'events.amazonaws.com' },
          Action: 'sts:AssumeRole',
          Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
        },
      ],
    })
  })

  it.each([
    ['cn-north-1', 'aws-cn'],
    ['us-gov-west-1', 'aws-us-gov'],
  ])('is named in the partition of %s', (hubRegion, partition) => {
    const hubBusArn = `arn:${partition}:events:${hubRegion}:${HUB}:event-bus/polo`
    const text = JSON.stringify(memberTemplate({ ...OPTIONS, hubRegion, hubBusArn }))

    expect(text).toContain(`arn:${partition}:iam::${HUB}:root`)
    expect(text).not.toContain('arn:aws:')
  })

  it.each(PARTITIONS)('takes the home region of %s for one', (partition) => {
    const hubRegion = homeRegionOf(partition)
    const hubBusArn = `arn:${partition}:events:${hubRegion}:${HUB}:event-bus/polo`
    const { HomeRegion } = memberTemplate({ ...OPTIONS, hubRegion, hubBusArn }).Parameters
    const { AllowedPattern, Default } = Parameter.parse(HomeRegion)
    expect(Default).toMatch(new RegExp(`^(?:${AllowedPattern})$`))
  })
})

describe('the read role', () => {
  it('has in a member account what collectors of accounts call, and the list of regions', () => {
    const { collectors } = OPTIONS
    const wanted = collectors
      .filter(({ scope }) => scope === 'account')
      .flatMap(({ permissions }) => permissions)

    expect(listOf(onlyStatement('ReadRole', memberTemplate(OPTIONS)).Action)).toEqual(
      [...new Set([...wanted, 'ec2:DescribeRegions'])].sort(),
    )
  })

  it('has in the payer account that, and what collectors of the organization call', () => {
    const member = memberTemplate(OPTIONS)
    const payer = payerTemplate(OPTIONS)
    const actions = listOf(onlyStatement('ReadRole', member).Action)

    expect(listOf(onlyStatement('ReadRole', payer).Action)).toEqual(
      [...actions, 'organizations:ListAccounts'].sort(),
    )
    expect({ ...payer.Resources, ReadRole: {} }).toEqual({ ...member.Resources, ReadRole: {} })
  })

  it('lists in the payer account the buckets of cost exports alone, and none where there are none', () => {
    const costExports = ['2025', '2026'].map((name) => ({
      name,
      bucket: 'billing',
      prefix: `${name}/`,
      region: 'us-east-1',
    }))
    const statementsOf = (config: PoloConfigInput) => {
      const options = { ...OPTIONS, collectors: [...OPTIONS.collectors, costCur] }
      const { Resources } = payerTemplate({ ...options, config: parseConfig(config) })
      return valuesOf(Resources.ReadRole?.Properties.Policies, 'Statement').flat()
    }

    expect(statementsOf({ costExports }).slice(1)).toEqual([
      { Sid: 'ReadNamed1', Effect: 'Allow', Action: 's3:ListBucket', Resource: ['arn:aws:s3:::billing'] },
    ])
    expect(JSON.stringify(statementsOf({}))).not.toContain('s3:')
  })

  it('may have another name', () => {
    const { ReadRole } = memberTemplate({ ...OPTIONS, roleName: 'polo-read-staging' }).Resources

    expect(ReadRole?.Properties.RoleName).toBe('polo-read-staging')
  })

  it.each([
    ['a name that the hub may not assume', { roleName: 'admin' }, /named polo-read or polo-read-…/],
    [
      'a bus of another account',
      { hubAccountId: '111111111111' },
      /not an event bus of account 111111111111/,
    ],
    [
      'a bus of another partition',
      { hubRegion: 'cn-north-1' },
      /not an event bus .* partition of cn-north-1/,
    ],
    ['what is no bus', { hubBusArn: `arn:aws:sqs:eu-west-1:${HUB}:queue` }, /not an event bus/],
    ['more permissions than IAM takes', { collectors: [manyPermissions()] }, /IAM takes 10240/],
  ])('is refused with %s', (_, options, message) => {
    expect(() => memberTemplate({ ...OPTIONS, ...options })).toThrow(ConfigError)
    expect(() => memberTemplate({ ...OPTIONS, ...options })).toThrow(message)
  })
})

function manyPermissions() {
  const permissions = Array.from({ length: 400 }, (_, index) => `ec2:DescribeSomethingOfNumber${index}`)
  return stubCollector({}, { permissions })
}

function trustOf(role: string, options: Partial<TemplateOptions> = {}) {
  return memberTemplate({ ...OPTIONS, ...options }).Resources[role]?.Properties.AssumeRolePolicyDocument
}

function onlyStatement(role: string, { Resources }: ReturnType<typeof memberTemplate>) {
  const [statement, ...others] = valuesOf(Resources[role]?.Properties.Policies, 'Statement').flat()
  if (typeof statement !== 'object' || statement === null) throw new Error(`${role} has no statement`)
  expect(others).toEqual([])
  return Object.fromEntries<unknown>(Object.entries(statement))
}

/** Every value that stands under the key, however deep. */
function valuesOf(node: unknown, key: string): unknown[] {
  if (typeof node !== 'object' || node === null) return []
  return Object.entries(node).flatMap(([name, value]: [string, unknown]) => [
    ...(name === key ? [value] : []),
    ...valuesOf(value, key),
  ])
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error('not a list')
  return value
}
