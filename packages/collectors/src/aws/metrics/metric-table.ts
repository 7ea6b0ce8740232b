/** What is read of a metric: one statistic, for each one that is asked for costs as much as a metric of its own. */
export interface MetricDefinition {
  readonly namespace: string
  readonly name: string
  readonly statistic: 'Average' | 'Maximum' | 'Minimum' | 'Sum'
  readonly unit: 'Percent' | 'Bytes' | 'Count'
  readonly meaning: string
  /** The instances that may have it, of metrics that must be looked for by name; left out: all. */
  readonly platform?: 'linux' | 'windows'
}

type Row = readonly [
  name: string,
  statistic: MetricDefinition['statistic'],
  unit: MetricDefinition['unit'],
  meaning: string,
]

/** Published by EC2 itself. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/viewing_metrics_with_cloudwatch.html */
const EC2: readonly Row[] = [
  ['CPUUtilization', 'Average', 'Percent', 'CPU time in use'],
  ['NetworkIn', 'Sum', 'Bytes', 'Bytes received by all network interfaces'],
  ['NetworkOut', 'Sum', 'Bytes', 'Bytes sent by all network interfaces'],
  ['NetworkPacketsIn', 'Sum', 'Count', 'Packets received by all network interfaces'],
  ['NetworkPacketsOut', 'Sum', 'Count', 'Packets sent by all network interfaces'],
  ['EBSReadBytes', 'Sum', 'Bytes', 'Bytes read from all EBS volumes'],
  ['EBSWriteBytes', 'Sum', 'Bytes', 'Bytes written to all EBS volumes'],
  ['EBSReadOps', 'Sum', 'Count', 'Reads from all EBS volumes'],
  ['EBSWriteOps', 'Sum', 'Count', 'Writes to all EBS volumes'],
  ['EBSIOBalance%', 'Minimum', 'Percent', 'What is left of the burst of EBS operations'],
  ['EBSByteBalance%', 'Minimum', 'Percent', 'What is left of the burst of EBS throughput'],
  ['StatusCheckFailed', 'Maximum', 'Count', '1 where any status check failed'],
  ['StatusCheckFailed_Instance', 'Maximum', 'Count', '1 where the check of the instance failed'],
  ['StatusCheckFailed_System', 'Maximum', 'Count', '1 where the check of the host failed'],
  ['StatusCheckFailed_AttachedEBS', 'Maximum', 'Count', '1 where the check of the attached volumes failed'],
  ['CPUCreditUsage', 'Sum', 'Count', 'CPU credits spent (burstable types)'],
  ['CPUCreditBalance', 'Minimum', 'Count', 'CPU credits left (burstable types)'],
  ['CPUSurplusCreditBalance', 'Maximum', 'Count', 'Surplus credits spent and not yet earned (unlimited)'],
  ['CPUSurplusCreditsCharged', 'Sum', 'Count', 'Surplus credits that are charged for (unlimited)'],
]

/** Published by the CloudWatch agent. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/metrics-collected-by-CloudWatch-agent.html */
const LINUX: readonly Row[] = [
  ['mem_used_percent', 'Average', 'Percent', 'Memory in use'],
  ['disk_used_percent', 'Maximum', 'Percent', 'Space in use, of each file system on a disk'],
]
const WINDOWS: readonly Row[] = [
  ['Memory % Committed Bytes In Use', 'Average', 'Percent', 'Committed memory in use (Windows)'],
  ['LogicalDisk % Free Space', 'Minimum', 'Percent', 'Space that is free, of each logical disk (Windows)'],
]

export const EC2_NAMESPACE = 'AWS/EC2'
const AGENT_NAMESPACE = 'CWAgent'

/** All that EC2 publishes of an instance and that is read. */
export const EC2_METRICS: readonly MetricDefinition[] = EC2.map((row) => define(EC2_NAMESPACE, row))

/** What is read of what the CloudWatch agent publishes, where it runs. */
export const AGENT_METRICS: readonly MetricDefinition[] = [
  ...LINUX.map((row) => ({ ...define(AGENT_NAMESPACE, row), platform: 'linux' }) as const),
  ...WINDOWS.map((row) => ({ ...define(AGENT_NAMESPACE, row), platform: 'windows' }) as const),
]

function define(namespace: string, [name, statistic, unit, meaning]: Row): MetricDefinition {
  return { namespace, name, statistic, unit, meaning }
}
