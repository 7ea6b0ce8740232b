import { queues } from './queues.ts'

type Statement = aws.types.input.iam.GetPolicyDocumentStatementArgs

/**
 * The policy of a queue, which has exactly one: nothing without TLS, and of other services only what `rule` sends.
 * Roles of this account need no entry, their own policies decide.
 */
export function queuePolicy(name: string, queue: sst.aws.Queue, rule?: aws.cloudwatch.EventRule) {
  const statements = rule ? [tlsOnly(queue), sentBy(rule, queue)] : [tlsOnly(queue)]
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

function sentBy(rule: aws.cloudwatch.EventRule, queue: sst.aws.Queue): Statement {
  return {
    sid: 'SentByRule',
    effect: 'Allow',
    principals: [{ type: 'Service', identifiers: ['events.amazonaws.com'] }],
    actions: ['sqs:SendMessage'],
    resources: [queue.arn],
    conditions: [{ test: 'ArnEquals', variable: 'aws:SourceArn', values: [rule.arn] }],
  }
}

queuePolicy('EventsQueue', queues.events)
queuePolicy('EventsDlq', queues.eventsDlq)
queuePolicy('BackfillQueue', queues.backfill)
queuePolicy('JobsDlq', queues.jobsDlq)
