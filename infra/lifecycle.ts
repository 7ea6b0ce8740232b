import { LIFECYCLE_EVENT_PATTERN } from '@polo/collectors'
import { hubBusName } from '@polo/core'
import { config } from './config.ts'
import { physicalName } from './names.ts'
import { queuePolicy } from './queue-policies.ts'
import { LIFECYCLE_TIMEOUT_SECONDS, LIFECYCLE_WINDOW_SECONDS, queues } from './queues.ts'
import { readQueue } from './read-queue.ts'

/** A batch as large as Lambda takes, of calls that each tag a thousand resources, came to 552. */
const MEMORY_MB = 1_024

/** Where the rules of every account and region forward to. */
export const hubBus = new aws.cloudwatch.EventBus('HubBus', { name: hubBusName($app.stage) })

// Nobody else's events until the organization is known.
if (config.organizationId) {
  new aws.cloudwatch.EventBusPolicy('HubBusPolicy', {
    eventBusName: hubBus.name,
    policy: aws.iam.getPolicyDocumentOutput({
      statements: [
        {
          sid: 'FromTheOrganization',
          effect: 'Allow',
          principals: [{ type: '*', identifiers: ['*'] }],
          actions: ['events:PutEvents'],
          resources: [hubBus.arn],
          conditions: [
            { test: 'StringEquals', variable: 'aws:PrincipalOrgID', values: [config.organizationId] },
          ],
        },
      ],
    }).json,
  })
}

const rule = new aws.cloudwatch.EventRule('LifecycleRule', {
  name: physicalName('lifecycle'),
  eventBusName: hubBus.name,
  eventPattern: JSON.stringify(LIFECYCLE_EVENT_PATTERN),
})

const policies = [
  queuePolicy('LifecycleQueue', queues.lifecycle, { rules: [rule] }),
  queuePolicy('LifecycleDlq', queues.lifecycleDlq, { rules: [rule] }),
]

new aws.cloudwatch.EventTarget(
  'LifecycleTarget',
  {
    rule: rule.name,
    eventBusName: hubBus.name,
    targetId: 'lifecycle-queue',
    arn: queues.lifecycle.arn,
    deadLetterConfig: { arn: queues.lifecycleDlq.arn },
  },
  { dependsOn: policies },
)

readQueue('lifecycle', {
  queue: queues.lifecycle,
  timeoutSeconds: LIFECYCLE_TIMEOUT_SECONDS,
  windowSeconds: LIFECYCLE_WINDOW_SECONDS,
  memoryMb: MEMORY_MB,
})
