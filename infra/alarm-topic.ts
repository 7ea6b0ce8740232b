import { hub, hubArn } from './hub.ts'
import { APP_STAGE, physicalName } from './names.ts'

const onlyOurAlarms = [
  { test: 'StringEquals', variable: 'aws:SourceAccount', values: [hub.accountId] },
  { test: 'ArnLike', variable: 'aws:SourceArn', values: [hubArn('cloudwatch', `alarm:${APP_STAGE}-*`)] },
]
const cloudWatch = [{ type: 'Service', identifiers: ['cloudwatch.amazonaws.com'] }]

/** Where alarms go; `ALARM_EMAIL` subscribes an address. */
export function makeAlarmTopic(): sst.aws.SnsTopic {
  const topic = new sst.aws.SnsTopic('Alarms', {
    transform: { topic: { name: physicalName('alarms'), kmsMasterKeyId: makeKey().arn } },
  })
  new aws.sns.TopicPolicy('AlarmsPolicy', {
    arn: topic.arn,
    policy: aws.iam.getPolicyDocumentOutput({
      statements: [
        {
          sid: 'Alarms',
          effect: 'Allow',
          principals: cloudWatch,
          actions: ['sns:Publish'],
          resources: [topic.arn],
          conditions: onlyOurAlarms,
        },
        {
          sid: 'TlsOnly',
          effect: 'Deny',
          principals: [{ type: '*', identifiers: ['*'] }],
          actions: ['sns:Publish'],
          resources: [topic.arn],
          conditions: [{ test: 'Bool', variable: 'aws:SecureTransport', values: ['false'] }],
        },
      ],
    }).json,
  })
  const email = process.env.ALARM_EMAIL
  if (email) {
    new aws.sns.TopicSubscription('AlarmsEmail', { topic: topic.arn, protocol: 'email', endpoint: email })
  }
  return topic
}

/** A key of its own: CloudWatch may not use the one that AWS manages for SNS, and alarms would be lost in silence. */
function makeKey(): aws.kms.Key {
  return new aws.kms.Key('AlarmsKey', {
    description: `Alarms of ${APP_STAGE}`,
    enableKeyRotation: true,
    policy: aws.iam.getPolicyDocumentOutput({
      statements: [
        {
          sid: 'Administered',
          effect: 'Allow',
          principals: [
            { type: 'AWS', identifiers: [$interpolate`arn:${hub.partition}:iam::${hub.accountId}:root`] },
          ],
          actions: ['kms:*'],
          resources: ['*'],
        },
        {
          sid: 'Alarms',
          effect: 'Allow',
          // Without conditions, as AWS documents it: which alarms use the key is what the topic's policy says.
          principals: cloudWatch,
          actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
          resources: ['*'],
        },
      ],
    }).json,
  })
}
