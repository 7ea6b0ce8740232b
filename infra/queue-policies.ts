import { hub } from './hub.ts'
import { queues } from './queues.ts'

type Statement = aws.types.input.iam.GetPolicyDocumentStatementArgs

/**
 * The policy of a queue, which has exactly one: nothing without TLS, and of other services only what the rules or
 * the buckets send.
 * Roles of this account need no entry, their own policies decide.
 */
export function queuePolicy(
  name: string,
  queue: sst.aws.Queue,
  {
    rules = [],
    buckets = [],
  }: { readonly rules?: readonly aws.cloudwatch.EventRule[]; readonly buckets?: readonly string[] } = {},
) {
  const statements = [
    tlsOnly(queue),
    ...(rules.length > 0 ? [sentBy(rules, queue)] : []),
    ...(buckets.length > 0 ? [sentByBuckets(buckets, queue)] : []),
  ]
  return new aws.sqs.QueuePolicy(`${name}Policy`, {
    queueUrl: queue.url,
    policy: aws.iam.getPolicyDocumentOutput({ statements }).json,
  })
}

function tlsOnly(queue: sst.aws.Queue): Statement {
  return {
    sid: 'TlsOnly',
    effect: 'Deny',
    principals: [{ type: '*', identifiers: ['*'] }],
    actions: ['sqs:*'],
    resources: [queue.arn],
    conditions: [{ test: 'Bool', variable: 'aws:SecureTransport', values: ['false'] }],
  }
}

function sentBy(rules: readonly aws.cloudwatch.EventRule[], queue: sst.aws.Queue): Statement {
  return {
    sid: 'SentByRule',
    effect: 'Allow',
    principals: [{ type: 'Service', identifiers: ['events.amazonaws.com'] }],
    actions: ['sqs:SendMessage'],
    resources: [queue.arn],
    conditions: [{ test: 'ArnEquals', variable: 'aws:SourceArn', values: rules.map(({ arn }) => arn) }],
  }
}

/** S3's own notifications. Names of buckets are unique in a partition, whichever account has them. */
function sentByBuckets(buckets: readonly string[], queue: sst.aws.Queue): Statement {
  return {
    sid: 'SentByBuckets',
    effect: 'Allow',
    principals: [{ type: 'Service', identifiers: ['s3.amazonaws.com'] }],
    actions: ['sqs:SendMessage'],
    resources: [queue.arn],
    conditions: [
      {
        test: 'ArnEquals',
        variable: 'aws:SourceArn',
        values: buckets.map((bucket) => $interpolate`arn:${hub.partition}:s3:::${bucket}`),
      },
    ],
  }
}

queuePolicy('EventsQueue', queues.events)
queuePolicy('EventsDlq', queues.eventsDlq)
queuePolicy('BackfillQueue', queues.backfill)
queuePolicy('JobsDlq', queues.jobsDlq)
