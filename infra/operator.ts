import { READ_ROLE_NAME } from '@polo/core'
import { dispatcher } from './dispatcher.ts'
import { hub, hubArn } from './hub.ts'
import { physicalName } from './names.ts'
import { queues } from './queues.ts'

const readRole = $interpolate`arn:${hub.partition}:iam::*:role/${READ_ROLE_NAME}`
const { events, backfill, eventsDlq, jobsDlq, lifecycle, lifecycleDlq, objects, objectsDlq } = queues

/**
 * Who runs `polo` against this stage: it reads accounts by their roles, which trust no person's role, and what it sends
 * counts as a collector's. Who in the hub's account may assume it, that account's own policies say.
 */
export const operator = new aws.iam.Role('Operator', {
  name: physicalName('operator'),
  description: 'For polo on the command line: accounts verify, collect, status, dlq',
  assumeRolePolicy: aws.iam.getPolicyDocumentOutput({
    statements: [
      {
        effect: 'Allow',
        actions: ['sts:AssumeRole'],
        principals: [
          { type: 'AWS', identifiers: [$interpolate`arn:${hub.partition}:iam::${hub.accountId}:root`] },
        ],
      },
    ],
  }).json,
  inlinePolicies: [
    {
      name: 'operate',
      policy: aws.iam.getPolicyDocumentOutput({
        statements: [
          {
            effect: 'Allow',
            actions: ['sts:AssumeRole', 'sts:TagSession'],
            resources: [readRole, $interpolate`${readRole}-*`],
          },
          {
            effect: 'Allow',
            actions: ['sqs:SendMessage', 'sqs:GetQueueAttributes'],
            resources: [events.arn, backfill.arn, lifecycle.arn, objects.arn],
          },
          {
            effect: 'Allow',
            actions: [
              'sqs:ReceiveMessage',
              'sqs:DeleteMessage',
              'sqs:ChangeMessageVisibility',
              'sqs:GetQueueAttributes',
            ],
            resources: [eventsDlq.arn, jobsDlq.arn, lifecycleDlq.arn, objectsDlq.arn],
          },
          { effect: 'Allow', actions: ['lambda:InvokeFunction'], resources: [dispatcher.arn] },
          {
            effect: 'Allow',
            actions: ['lambda:ListTags'],
            resources: [hubArn('lambda', 'event-source-mapping:*')],
          },
          // IAM knows no narrower resource for these.
          {
            effect: 'Allow',
            actions: ['lambda:ListEventSourceMappings', 'cloudwatch:GetMetricData'],
            resources: ['*'],
          },
        ],
      }).json,
    },
  ],
})
