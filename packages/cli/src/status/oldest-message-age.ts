import { join } from 'node:path'
import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import { readOldestMessages } from '@polo/local'
import { regionOfQueue } from '../session/deployed-sqs.ts'
import type { Session } from '../session/session.ts'

export interface QueueAt {
  readonly queueUrl: string
  /** Where local data lives. */
  readonly dataDir: string
  readonly now: Date
}

/** SQS reports once a minute, and up to fifteen late for a queue that was idle. */
const LOOK_BACK_MS = 20 * 60_000
const TIMEOUT_MS = 10_000

/**
 * Seconds that the oldest message of a queue has been in it; null where nobody knows. SQS has no attribute for it:
 * a deployed queue's age is a metric, a local one's stands in its store.
 */
export async function oldestMessageAge(
  { isDeployed }: Pick<Session, 'isDeployed'>,
  { queueUrl, dataDir, now }: QueueAt,
): Promise<number | null> {
  const name = queueNameOf(queueUrl)
  if (isDeployed) {
    const client = new CloudWatchClient(regionOfQueue(queueUrl))
    try {
      return await readAgeMetric(client, name, now)
    } finally {
      client.destroy()
    }
  }
  const sent = readOldestMessages(join(dataDir, 'sqs')).get(name)
  return sent ? Math.max(0, Math.round((now.getTime() - sent.getTime()) / 1000)) : null
}

/** The metric's newest value; null where there is none, or it may not be read: that is not zero. */
export async function readAgeMetric(
  client: CloudWatchClient,
  queueName: string,
  now: Date,
): Promise<number | null> {
  const Metric = {
    Namespace: 'AWS/SQS',
    MetricName: 'ApproximateAgeOfOldestMessage',
    Dimensions: [{ Name: 'QueueName', Value: queueName }],
  }
  const command = new GetMetricDataCommand({
    StartTime: new Date(now.getTime() - LOOK_BACK_MS),
    EndTime: now,
    ScanBy: 'TimestampDescending',
    MetricDataQueries: [{ Id: 'age', MetricStat: { Metric, Period: 60, Stat: 'Maximum' } }],
  })
  try {
    const answer = await client.send(command, { abortSignal: AbortSignal.timeout(TIMEOUT_MS) })
    return answer.MetricDataResults?.[0]?.Values?.[0] ?? null
  } catch {
    return null
  }
}

function queueNameOf(queueUrl: string): string {
  return new URL(queueUrl).pathname.split('/').at(-1) ?? ''
}
