import { LIFECYCLE_EVENT_PATTERN } from '@polo/collectors'
import { hubBusName } from '@polo/core'
import { config } from './config.ts'
import { makeFunction } from './make-function.ts'
import { schemaEnvironment } from './migrate.ts'
import { physicalName } from './names.ts'
import { queuePolicy } from './queue-policies.ts'
import { LIFECYCLE_TIMEOUT_SECONDS, LIFECYCLE_WINDOW_SECONDS, queues } from './queues.ts'
import { configuredEntry } from './write-entries.ts'

/** As many as a window may gather; they become one block. */
const BATCH_SIZE = 500
/** A batch as large as Lambda takes, of calls that each tag a thousand resources, came to 552. */
const MEMORY_MB = 1_024
const MAXIMUM_CONCURRENCY = 2

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

const lifecycle = makeFunction('lifecycle', {
  handler: configuredEntry('lifecycle'),
  timeoutSeconds: LIFECYCLE_TIMEOUT_SECONDS,
  memoryMb: MEMORY_MB,
  link: [queues.events],
  environment: schemaEnvironment,
  permissions: [
    {
      actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
      resources: [queues.lifecycle.arn],
    },
  ],
})

queues.lifecycle.subscribe(lifecycle.arn, {
  batch: { size: BATCH_SIZE, window: `${LIFECYCLE_WINDOW_SECONDS} seconds`, partialResponses: true },
  transform: { eventSourceMapping: { scalingConfig: { maximumConcurrency: MAXIMUM_CONCURRENCY } } },
})
