import { hubArn } from './hub.ts'
import { APP_STAGE, componentName, physicalName } from './names.ts'
import { queues } from './queues.ts'
import { settings } from './stage.ts'

type FunctionArgs = ConstructorParameters<typeof sst.aws.Function>[1]

export interface FunctionSettings
  extends Pick<FunctionArgs, 'link' | 'permissions' | 'concurrency' | 'copyFiles' | 'dev'> {
  readonly handler: string
  readonly timeoutSeconds: number
  readonly memoryMb?: number | undefined
  readonly environment: Record<string, $util.Input<string>>
  /** For functions that are invoked asynchronously: what is too old or fails for good goes to the jobs DLQ. */
  readonly async?: { readonly maxAgeSeconds: number; readonly retries: 0 | 1 | 2 }
}

/** Enough for the largest blocks, two at a time. */
const MEMORY_MB = 512

/** A function and its role, both called `<app>-<stage>-<name>`, which may write its own log and do what `settings` say. */
export function makeFunction(name: string, options: FunctionSettings): sst.aws.Function {
  const {
    timeoutSeconds,
    memoryMb = MEMORY_MB,
    environment,
    permissions = [],
    async: asynchronous,
    ...args
  } = options
  const physical = physicalName(name)
  return new sst.aws.Function(componentName(name), {
    ...args,
    name: physical,
    runtime: 'nodejs24.x',
    architecture: 'arm64',
    memory: `${memoryMb} MB`,
    timeout: `${timeoutSeconds} seconds`,
    logging: { format: 'json', retention: settings.logRetention },
    environment: {
      POLO_STAGE: $app.stage,
      POWERTOOLS_SERVICE_NAME: APP_STAGE,
      POWERTOOLS_METRICS_NAMESPACE: 'Polo',
      ...environment,
    },
    permissions: $output(permissions).apply((own) => [
      writeLog(physical),
      ...own,
      ...(asynchronous ? [sendTo(queues.jobsDlq)] : []),
    ]),
    ...(asynchronous && { retries: asynchronous.retries }),
    transform: {
      role(args) {
        args.name = physical
        // What SST attaches lets a function write to every log of the account.
        args.managedPolicyArns = []
        // What SST trusts besides Lambda is the whole account, which `sst dev` needs.
        if (!$dev) args.assumeRolePolicy = lambdaTrust()
        return undefined
      },
      ...(asynchronous && {
        eventInvokeConfig: {
          maximumEventAgeInSeconds: asynchronous.maxAgeSeconds,
          destinationConfig: { onFailure: { destination: queues.jobsDlq.arn } },
        },
      }),
    },
  })
}

function lambdaTrust() {
  const principals = [{ type: 'Service', identifiers: ['lambda.amazonaws.com'] }]
  return aws.iam.getPolicyDocumentOutput({ statements: [{ actions: ['sts:AssumeRole'], principals }] }).json
}

function writeLog(functionName: string) {
  const log = hubArn('logs', `log-group:/aws/lambda/${functionName}:*`)
  return { actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [log] }
}

function sendTo(queue: sst.aws.Queue) {
  return { actions: ['sqs:SendMessage'], resources: [queue.arn] }
}
