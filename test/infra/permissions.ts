import { COLLECTORS } from '@polo/collectors'
import { ACCOUNT, REGION } from './synth/mock-aws.ts'

const arn = (service: string, resource: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`
const DEV = ['appsync:* *', 's3:* arn:aws:s3:::sst-asset', 's3:* arn:aws:s3:::sst-asset/*']

export interface PermissionOptions {
  readonly stage: string
  /** Whose organization it is read from. */
  readonly payer: string
  /** Functions run on a developer's machine, reached through SST's own channel. */
  readonly dev?: boolean
}

/** What the role of each function and each schedule may do, and nothing else. */
export function expectedPermissions(options: PermissionOptions): Record<string, readonly string[]> {
  const { stage, dev = false } = options
  const functions = Object.entries(functionPermissions(options)).map(([name, permissions]) => [
    `polo-${stage}-${name}`,
    [
      ...permissions,
      `logs:CreateLogStream ${arn('logs', `log-group:/aws/lambda/polo-${stage}-${name}:*`)}`,
      `logs:PutLogEvents ${arn('logs', `log-group:/aws/lambda/polo-${stage}-${name}:*`)}`,
      // The migration runs in AWS in dev, too.
      ...(dev && name !== 'migrate' ? DEV : []),
    ].sort(),
  ])
  return {
    ...Object.fromEntries(functions),
    ...schedulePermissions(stage),
    [`polo-${stage}-operator`]: operatorPermissions(stage),
  }
}

function functionPermissions({ stage, payer }: PermissionOptions): Record<string, readonly string[]> {
  const queue = (name: string) => arn('sqs', `polo-${stage}-${name}`)
  const send = (name: string) => `sqs:SendMessage ${queue(name)}`
  const drain = (name: string, actions: readonly string[]) =>
    actions.map((action) => `sqs:${action} ${queue(name)}`)
  const collector = (account: string) => [
    send('events'),
    send('jobs-dlq'),
    ...['sts:AssumeRole', 'sts:TagSession'].flatMap((action) => [
      `${action} arn:aws:iam::${account}:role/polo-read`,
      `${action} arn:aws:iam::${account}:role/polo-read-*`,
    ]),
  ]
  const state = (prefix: string) => [
    `s3:GetObject arn:aws:s3:::StateBucketBucket/${prefix}/*`,
    `s3:PutObject arn:aws:s3:::StateBucketBucket/${prefix}/*`,
    's3:ListBucket arn:aws:s3:::StateBucketBucket',
  ]
  const every = ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes']
  const ingester = [...every, 'ChangeMessageVisibility', 'GetQueueUrl']
  return {
    ...Object.fromEntries(
      COLLECTORS.map(({ name, scope, remembers, budgetShare }) => [
        functionOf(name),
        [
          ...collector(scope === 'organization' ? payer : '*'),
          ...(remembers || budgetShare ? state(`collectors/${name}`) : []),
        ],
      ]),
    ),
    ingester: [
      ...drain('events', ingester),
      ...drain('backfill', ingester),
      send('events-dlq'),
      ...moveBreaker(stage),
    ],
    probe: [...moveBreaker(stage), send('jobs-dlq')],
    dispatcher: [
      send('events'),
      send('jobs-dlq'),
      ...COLLECTORS.map(
        ({ name }) => `lambda:InvokeFunction ${arn('lambda', `function:polo-${stage}-${functionOf(name)}`)}`,
      ),
      ...state('dispatcher'),
      's3:GetObject arn:aws:s3:::StateBucketBucket/collectors/metrics/*/spend.json',
    ],
    lifecycle: [...drain('lifecycle', every), send('events')],
    monitor: [send('jobs-dlq')],
    loader: [send('jobs-dlq')],
    objects: [...drain('objects', every), send('events')],
    migrate: [],
  }
}

/** Of the people who run `polo` against the stage. */
function operatorPermissions(stage: string): readonly string[] {
  const queue = (name: string) => arn('sqs', `polo-${stage}-${name}`)
  const dead = ['ReceiveMessage', 'DeleteMessage', 'ChangeMessageVisibility', 'GetQueueAttributes']
  return [
    ...['sts:AssumeRole', 'sts:TagSession'].flatMap((action) => [
      `${action} arn:aws:iam::*:role/polo-read`,
      `${action} arn:aws:iam::*:role/polo-read-*`,
    ]),
    ...['events', 'backfill', 'lifecycle', 'objects'].flatMap((name) => [
      `sqs:SendMessage ${queue(name)}`,
      `sqs:GetQueueAttributes ${queue(name)}`,
    ]),
    ...['events-dlq', 'jobs-dlq', 'lifecycle-dlq', 'objects-dlq'].flatMap((name) =>
      dead.map((action) => `sqs:${action} ${queue(name)}`),
    ),
    `lambda:InvokeFunction ${arn('lambda', `function:polo-${stage}-dispatcher`)}`,
    'lambda:ListEventSourceMappings *',
    `lambda:ListTags ${arn('lambda', 'event-source-mapping:*')}`,
    'cloudwatch:GetMetricData *',
  ].sort()
}

function moveBreaker(stage: string): readonly string[] {
  const mappings = arn('lambda', 'event-source-mapping:*')
  const ingester = { ArnEquals: { 'lambda:FunctionArn': [arn('lambda', `function:polo-${stage}-ingester`)] } }
  const breakerTag = { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['polo:breaker'] } }
  return [
    'lambda:ListEventSourceMappings *',
    `lambda:ListTags ${mappings}`,
    `lambda:UpdateEventSourceMapping ${mappings} if ${JSON.stringify(ingester)}`,
    `lambda:TagResource ${mappings} if ${JSON.stringify(breakerTag)}`,
  ]
}

function schedulePermissions(stage: string): Record<string, readonly string[]> {
  const targets = {
    ...Object.fromEntries(COLLECTORS.map(({ name }) => [functionOf(name), 'dispatcher'])),
    probe: 'probe',
    monitor: 'monitor',
    loader: 'loader',
  }
  return Object.fromEntries(
    Object.entries(targets).map(([name, target]) => [
      `polo-${stage}-schedule-${name}`,
      [
        `lambda:InvokeFunction ${arn('lambda', `function:polo-${stage}-${target}`)}`,
        `sqs:SendMessage ${arn('sqs', `polo-${stage}-jobs-dlq`)}`,
      ],
    ]),
  )
}

function functionOf(collector: string): string {
  return `collect-${collector.replaceAll('_', '-')}`
}
