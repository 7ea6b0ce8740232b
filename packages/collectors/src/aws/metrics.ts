import { GetMetricDataCommand, ListMetricsCommand } from '@aws-sdk/client-cloudwatch'
import { defineCollector } from '../collector.ts'
import { SCHEDULES } from '../schedules.ts'
import { CLIENTS } from './metrics/clients.ts'
import { collectInstanceMetrics } from './metrics/collect-instance-metrics.ts'
import { KEPT_DAYS } from './metrics/look-window.ts'
import { SERIES } from './metrics/observe-datapoints.ts'
import { documentProperties } from './property-table.ts'

/** Of a metric that does not exist. */
const NO_METRIC = { Namespace: 'Polo/Probe', MetricName: 'None' }

export const metrics = defineCollector({
  name: 'metrics',
  description: 'Datapoints of EC2 instances from CloudWatch, as often as the budget for paid calls allows',
  scope: 'account',
  schedule: SCHEDULES.metrics,
  remembers: true,
  budgetShare: 0.7,
  keptDays: KEPT_DAYS,
  resourceTypes: {
    'ec2:instance': {
      description: 'EC2 instance; event_action is the metric, event_time the beginning of the period',
      properties: documentProperties(SERIES),
    },
  },
  permissions: ['cloudwatch:GetMetricData', 'cloudwatch:ListMetrics', 'ec2:DescribeInstances'],
  clients: CLIENTS,
  sources: { instances: collectInstanceMetrics },
  probes: {
    'cloudwatch:GetMetricData': ({ cloudwatch }, abortSignal) => {
      const MetricStat = { Metric: NO_METRIC, Period: 300, Stat: 'Sum' }
      const EndTime = new Date()
      const StartTime = new Date(EndTime.getTime() - 300_000)
      const input = { MetricDataQueries: [{ Id: 'none', MetricStat }], StartTime, EndTime }
      return cloudwatch.send(new GetMetricDataCommand(input), { abortSignal })
    },
    'cloudwatch:ListMetrics': ({ cloudwatch }, abortSignal) =>
      cloudwatch.send(new ListMetricsCommand(NO_METRIC), { abortSignal }),
  },
})
