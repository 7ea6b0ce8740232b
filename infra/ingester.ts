import { LOAD_COLLECTORS } from '@polo/collectors'
import { accountDiscovery } from '@polo/collectors/aws/account-discovery'
import { costExplorer } from '@polo/collectors/aws/cost-explorer'
import { collectors } from './collectors.ts'
import { dispatcher } from './dispatcher.ts'
import { hubArn } from './hub.ts'
import { makeFunction } from './make-function.ts'
import { schemaEnvironment } from './migrate.ts'
import { physicalName } from './names.ts'
import { objects } from './objects.ts'
import { operator } from './operator.ts'
import { INGESTER_TIMEOUT_SECONDS, queues } from './queues.ts'
import { clickHouseEnvironment, clickHouseSecrets } from './secrets.ts'
import { settings } from './stage.ts'

/** The breaker keeps its state in this tag of each mapping. */
const BREAKER_TAG = 'polo:breaker'
const BATCH_SIZE = 10
const { events, backfill } = settings.concurrency
/** Collectors that ask for loads by looking at a bucket; what they are told of is the objects function's to ask for. */
const LOAD_SENDERS = Object.values(LOAD_COLLECTORS)

/** What moves the ingester's breaker: the ingester, which opens it, and the probe, which closes it. */
export const breakerPermissions = [
  // IAM knows no narrower resource for this action.
  { actions: ['lambda:ListEventSourceMappings'], resources: ['*'] },
  { actions: ['lambda:ListTags'], resources: [hubArn('lambda', 'event-source-mapping:*')] },
  {
    actions: ['lambda:UpdateEventSourceMapping'],
    resources: [hubArn('lambda', 'event-source-mapping:*')],
    conditions: [
      {
        test: 'ArnEquals',
        variable: 'lambda:FunctionArn',
        values: [hubArn('lambda', `function:${physicalName('ingester')}`)],
      },
    ],
  },
  {
    actions: ['lambda:TagResource'],
    resources: [hubArn('lambda', 'event-source-mapping:*')],
    conditions: [{ test: 'ForAllValues:StringEquals', variable: 'aws:TagKeys', values: [BREAKER_TAG] }],
  },
]

/** Drains both queues into ClickHouse. */
export const ingester = makeFunction('ingester', {
  handler: 'packages/functions/src/ingester.handler',
  timeoutSeconds: INGESTER_TIMEOUT_SECONDS,
  link: [...clickHouseSecrets, queues.eventsDlq],
  environment: {
    ...clickHouseEnvironment,
    ...schemaEnvironment,
    CONTROL_SENDERS: $jsonStringify(controlSenders()),
  },
  permissions: [
    {
      actions: [
        'sqs:ReceiveMessage',
        'sqs:DeleteMessage',
        'sqs:ChangeMessageVisibility',
        'sqs:GetQueueAttributes',
        'sqs:GetQueueUrl',
      ],
      resources: [queues.events.arn, queues.backfill.arn],
    },
    ...breakerPermissions,
  ],
  // Above what the mappings use together, or they throttle each other, and a throttled message costs a receive.
  concurrency: { reserved: events + backfill + 1 },
})

drain(queues.events, events)
drain(queues.backfill, backfill)

function drain(queue: sst.aws.Queue, maximumConcurrency: number): void {
  queue.subscribe(ingester.arn, {
    batch: { size: BATCH_SIZE, partialResponses: true },
    transform: {
      eventSourceMapping(args, resource) {
        args.scalingConfig = { maximumConcurrency }
        // The breaker changes both; a deploy during an outage leaves them as they are.
        resource.ignoreChanges = ['enabled', 'tags', 'tagsAll']
        return undefined
      },
    },
  })
}

/**
 * Role ids by control schema: who may say what ran, which accounts there are, which days of cost were seen whole, and what the database is to load.
 */
function controlSenders() {
  const roleId = (sender: sst.aws.Function) => sender.nodes.role.uniqueId
  const rolesOf = ({ name }: { readonly name: string }) =>
    collectors.filter(({ collector }) => collector.name === name).map((made) => roleId(made.function))
  const loads = collectors.filter(({ collector }) => LOAD_SENDERS.includes(collector.name))
  return {
    'collector_run/1': [
      ...collectors.map((made) => roleId(made.function)),
      roleId(dispatcher),
      operator.uniqueId,
    ],
    'aws_account/1': [...rolesOf(accountDiscovery), operator.uniqueId],
    'cost_coverage/1': [...rolesOf(costExplorer), operator.uniqueId],
    'bulk_load/1': [...loads.map((made) => roleId(made.function)), roleId(objects), operator.uniqueId],
  }
}
