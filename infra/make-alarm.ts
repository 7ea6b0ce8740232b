import { APP_STAGE, componentName, physicalName } from './names.ts'
import { settings } from './stage.ts'

export interface AlarmSettings {
  /** What is wrong, and what to look at. */
  readonly description: string
  readonly metric: string
  /** More than this alarms. */
  readonly threshold: number
  readonly periodSeconds: number
  /** Periods in a row. */
  readonly periods: number
}

/**
 * A metric of Polo's own, over the whole stage. Where nobody measures, nobody knows: that is an alarm too, unless
 * schedules are paused.
 */
export function poloAlarm(
  name: string,
  topic: sst.aws.SnsTopic,
  alarm: AlarmSettings & { readonly missing: 'breaching' | 'ignore' },
): void {
  makeAlarm(name, topic, {
    ...alarmArgs(alarm),
    namespace: 'Polo',
    dimensions: { service: APP_STAGE },
    treatMissingData: alarm.missing,
    actionsEnabled: settings.schedulesOn,
  })
}

/** A metric that SQS keeps of a queue. It stops when the queue has long been idle. */
export function queueAlarm(
  name: string,
  topic: sst.aws.SnsTopic,
  alarm: AlarmSettings & { readonly queue: sst.aws.Queue },
): void {
  makeAlarm(name, topic, {
    ...alarmArgs(alarm),
    namespace: 'AWS/SQS',
    dimensions: { QueueName: alarm.queue.nodes.queue.name },
    treatMissingData: 'notBreaching',
  })
}

function alarmArgs({ description, metric, threshold, periodSeconds, periods }: AlarmSettings) {
  return {
    alarmDescription: description,
    metricName: metric,
    statistic: 'Maximum',
    comparisonOperator: 'GreaterThanThreshold',
    threshold,
    period: periodSeconds,
    evaluationPeriods: periods,
    datapointsToAlarm: periods,
  }
}

function makeAlarm(
  name: string,
  topic: sst.aws.SnsTopic,
  args: Omit<aws.cloudwatch.MetricAlarmArgs, 'name' | 'alarmActions' | 'okActions'>,
): void {
  new aws.cloudwatch.MetricAlarm(`Alarm${componentName(name)}`, {
    ...args,
    name: physicalName(name),
    alarmActions: [topic.arn],
    okActions: [topic.arn],
  })
}
