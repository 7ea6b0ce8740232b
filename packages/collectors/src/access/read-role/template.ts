import {
  ConfigError,
  type PoloConfig,
  parseArn,
  partitionOf,
  READ_ROLE_NAME,
  READ_ROLE_PATTERN,
} from '@polo/core'
import type { Collector, Scope } from '../../collector.ts'
import type { CloudFormationTemplate } from './cloud-formation.ts'
import { grantsOf } from './grants.ts'
import { forwardRole, lifecycleRule } from './lifecycle-rule.ts'
import { readRole } from './read-role.ts'

export interface TemplateOptions {
  readonly collectors: readonly Collector[]
  /** Names the resources that some permissions are for. */
  readonly config: PoloConfig
  readonly hubAccountId: string
  readonly hubRegion: string
  /** The event bus that lifecycle events are forwarded to. */
  readonly hubBusArn: string
  readonly externalId: string
  /** Only principals of this organization may assume the role. */
  readonly organizationId?: string | undefined
  /** 'polo-read' or 'polo-read-…'. */
  readonly roleName?: string | undefined
}

const IS_HOME = 'IsHomeRegion'

/**
 * What a member account needs: in its home region the read role and the role that forwards events, in every region the
 * rule that does. For a stack per region, or a StackSet with the home region first in its order.
 * @throws ConfigError for a role's name that the hub may not assume, a bus that is not the hub's, and policies too long for IAM
 */
export function memberTemplate(options: TemplateOptions): CloudFormationTemplate {
  return template(options, { scopes: ['account'], reads: 'a member account' })
}

/**
 * The same for the account that organization and billing are read from: its role may also call what collectors of
 * scope 'organization' do.
 * @throws ConfigError as `memberTemplate` does
 */
export function payerTemplate(options: TemplateOptions): CloudFormationTemplate {
  return template(options, { scopes: ['account', 'organization'], reads: 'the payer account' })
}

function template(
  options: TemplateOptions,
  { scopes, reads }: { scopes: readonly Scope[]; reads: string },
): CloudFormationTemplate {
  checkBus(options)
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: `Polo in ${reads}: a read-only role, and lifecycle events of each region to the hub. The hub comes first, then the home region, then the others.`,
    Parameters: {
      HomeRegion: {
        Type: 'String',
        Default: options.hubRegion,
        AllowedPattern: '[a-z]{2,}(-[a-z]+)+-[0-9]+',
        Description:
          "Roles are the whole account's: they are made by this region's stack, which must be the first",
      },
    },
    Conditions: { [IS_HOME]: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, { Ref: 'HomeRegion' }] } },
    Resources: {
      ReadRole: readRole({
        ...options,
        name: roleName(options),
        condition: IS_HOME,
        grants: options.collectors
          .filter(({ scope }) => scopes.includes(scope))
          .flatMap((collector) => grantsOf(collector, options.config, partitionOf(options.hubRegion))),
      }),
      ForwardRole: forwardRole(options.hubBusArn, IS_HOME),
      LifecycleRule: lifecycleRule(options.hubBusArn, { name: 'ForwardRole', condition: IS_HOME }),
    },
    Outputs: {
      ReadRoleArn: {
        Condition: IS_HOME,
        Description: 'The role that Polo reads this account with',
        Value: { 'Fn::GetAtt': ['ReadRole', 'Arn'] },
      },
    },
  }
}

function roleName({ roleName = READ_ROLE_NAME }: TemplateOptions): string {
  if (READ_ROLE_PATTERN.test(roleName)) return roleName
  throw new ConfigError(
    `a read role is named polo-read or polo-read-…, which is all that Polo may assume; not '${roleName}'`,
  )
}

function checkBus({ hubBusArn, hubAccountId, hubRegion }: TemplateOptions): void {
  const { partition, service, accountId, resourceType } = parseArn(hubBusArn)
  const isHubs = accountId === hubAccountId && partition === partitionOf(hubRegion)
  if (service === 'events' && resourceType === 'event-bus' && isHubs) return
  throw new ConfigError(
    `${hubBusArn} is not an event bus of account ${hubAccountId} in the partition of ${hubRegion}`,
  )
}
