import { ConfigError, partitionOf } from '@polo/core'
import { readActions } from '../session-policy.ts'
import {
  type CloudFormationResource,
  type Json,
  type PolicyStatement,
  policyDocument,
} from './cloud-formation.ts'
import type { Grant } from './grants.ts'

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const MAX_INLINE_POLICY = 10_240
const MAX_TRUST_POLICY = 2_048
const MAX_SESSION_SECONDS = 3_600

export interface ReadRole {
  readonly name: string
  readonly condition: string
  readonly grants: readonly Grant[]
  readonly hubAccountId: string
  readonly hubRegion: string
  readonly externalId: string
  readonly organizationId?: string | undefined
}

/**
 * The role that the hub reads an account with.
 * @throws ConfigError where IAM would refuse the role for its size
 */
export function readRole(role: ReadRole): CloudFormationResource {
  const reading = policyDocument(readStatements(role.grants))
  const trust = trustPolicy(role)
  checkSize('policy', reading, MAX_INLINE_POLICY)
  checkSize('trust policy', trust, MAX_TRUST_POLICY)
  return {
    Type: 'AWS::IAM::Role',
    Condition: role.condition,
    Properties: {
      RoleName: role.name,
      Description: 'Lets Polo read what this account runs; it can change nothing',
      MaxSessionDuration: MAX_SESSION_SECONDS,
      AssumeRolePolicyDocument: trust,
      Policies: [{ PolicyName: role.name, PolicyDocument: reading }],
    },
  }
}

function readStatements(grants: readonly Grant[]): PolicyStatement[] {
  const ofAnything = grants.filter(({ resources }) => resources.includes('*'))
  const anything = readActions(ofAnything.map(({ permission }) => permission))
  return [
    { Sid: 'Read', Effect: 'Allow', Action: anything, Resource: '*' },
    ...grants
      .filter(({ permission }) => !anything.includes(permission))
      .map(({ permission, resources }, index) => ({
        Sid: `ReadNamed${index + 1}`,
        Effect: 'Allow' as const,
        Action: permission,
        Resource: resources,
      })),
  ]
}

/**
 * Tagging the session is a statement of its own: requests for it carry no external id, and it gives nothing without
 * the other (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html).
 */
function trustPolicy({ hubAccountId, hubRegion, externalId, organizationId }: ReadRole) {
  const hub = `arn:${partitionOf(hubRegion)}:iam::${hubAccountId}`
  const principal = { Effect: 'Allow', Principal: { AWS: `${hub}:root` } } as const
  const isPolo = { ArnLike: { 'aws:PrincipalArn': `${hub}:role/polo-*` } }
  const isOfOrganization = organizationId === undefined ? {} : { 'aws:PrincipalOrgID': organizationId }
  return policyDocument([
    {
      Sid: 'AssumedByPolo',
      ...principal,
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'sts:ExternalId': externalId, ...isOfOrganization }, ...isPolo },
    },
    {
      Sid: 'TaggedByPolo',
      ...principal,
      Action: 'sts:TagSession',
      Condition: {
        ...(organizationId === undefined ? {} : { StringEquals: isOfOrganization }),
        ...isPolo,
      },
    },
  ])
}

function checkSize(what: string, policy: Json, limit: number): void {
  const { length } = JSON.stringify(policy)
  if (length <= limit) return
  throw new ConfigError(
    `the read role's ${what} has ${length} characters, and IAM takes ${limit}: name fewer collectors`,
  )
}
