import { hub } from './hub.ts'
import { ingester } from './ingester.ts'
import { componentName, physicalName } from './names.ts'
import { queues } from './queues.ts'
import { settings } from './stage.ts'

interface ScheduleSettings {
  readonly target: sst.aws.Function
  /** In UTC. */
  readonly expression: string
  /** What is not delivered by then is not worth delivering. */
  readonly maxAgeSeconds: number
  readonly retries: number
  readonly event?: object
}

/** A schedule that invokes a function; what it cannot deliver goes to the jobs DLQ. */
export function makeSchedule(name: string, options: ScheduleSettings): void {
  const { target, expression, maxAgeSeconds, retries, event = {} } = options
  const physical = physicalName(`schedule-${name}`)
  new sst.aws.CronV2(
    `Schedule${componentName(name)}`,
    {
      schedule: `cron(${expression.replace(/^cron\(|\)$/g, '')})`,
      timezone: 'UTC',
      enabled: settings.schedulesOn,
      function: target.arn,
      event,
      dlq: queues.jobsDlq.arn,
      transform: {
        role: { name: physical, assumeRolePolicy: schedulerTrust() },
        schedule(args) {
          args.name = physical
          args.target = $output(args.target).apply((made) => ({
            ...made,
            retryPolicy: { maximumRetryAttempts: retries, maximumEventAgeInSeconds: maxAgeSeconds },
          }))
          return undefined
        },
      },
      // The ingester must know the sender of a new collector's runs before it fires for the first time.
    },
    { dependsOn: [ingester] },
  )
}

/** The scheduler on behalf of this account only. */
function schedulerTrust() {
  const statement = {
    actions: ['sts:AssumeRole'],
    principals: [{ type: 'Service', identifiers: ['scheduler.amazonaws.com'] }],
    conditions: [{ test: 'StringEquals', variable: 'aws:SourceAccount', values: [hub.accountId] }],
  }
  return aws.iam.getPolicyDocumentOutput({ statements: [statement] }).json
}
