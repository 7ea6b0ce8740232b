import { FORWARD_ROLE_NAME } from '@polo/core'
import { LIFECYCLE_EVENT_PATTERN } from '../../lifecycle/event-pattern.ts'
import { type CloudFormationResource, policyDocument } from './cloud-formation.ts'

/** The role by which EventBridge puts an account's events onto the hub's bus, and nothing else. */
export function forwardRole(hubBusArn: string, condition: string): CloudFormationResource {
  return {
    Type: 'AWS::IAM::Role',
    Condition: condition,
    Properties: {
      RoleName: FORWARD_ROLE_NAME,
      Description: "Lets EventBridge forward lifecycle events to Polo's event bus",
      AssumeRolePolicyDocument: {
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
      },
      Policies: [
        {
          PolicyName: FORWARD_ROLE_NAME,
          PolicyDocument: policyDocument([
            { Sid: 'Forward', Effect: 'Allow', Action: 'events:PutEvents', Resource: hubBusArn },
          ]),
        },
      ],
    },
  }
}

/** A region's rule. Where the role is of the same stack, asking it for its ARN has CloudFormation wait for it. */
export function lifecycleRule(hubBusArn: string, role: { name: string; condition: string }) {
  const elsewhere = { 'Fn::Sub': `arn:\${AWS::Partition}:iam::\${AWS::AccountId}:role/${FORWARD_ROLE_NAME}` }
  return {
    Type: 'AWS::Events::Rule',
    Properties: {
      Name: 'polo-lifecycle',
      Description: 'Tells Polo what was started, stopped, changed and deleted',
      State: 'ENABLED',
      EventPattern: LIFECYCLE_EVENT_PATTERN,
      Targets: [
        {
          Id: 'polo-hub',
          Arn: hubBusArn,
          RoleArn: { 'Fn::If': [role.condition, { 'Fn::GetAtt': [role.name, 'Arn'] }, elsewhere] },
        },
      ],
    },
  }
}
