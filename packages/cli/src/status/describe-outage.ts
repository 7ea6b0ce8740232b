import { deployedSqs } from '../session/deployed-sqs.ts'
import type { Settings } from '../session/settings.ts'
import { readBreaker } from './read-breaker.ts'
import { type QueueState, readQueue } from './read-queue.ts'
import { describeBreaker, describeQueue } from './render-pipeline.ts'

/** What can be said while the database does not answer, which is when a breaker opens: one line each. */
export async function describeOutage(settings: Settings): Promise<string[]> {
  const { queueUrl, backfillQueueUrl } = settings
  const [breaker, queue, backfill] = await Promise.all([
    readBreaker({ isDeployed: queueUrl !== undefined, queueUrl: queueUrl ?? '' }, settings),
    readDeployed(queueUrl, settings),
    readDeployed(queueUrl && backfillQueueUrl, settings),
  ])
  return [
    ...(breaker ? [describeBreaker(breaker)] : []),
    ...(queue ? [`Queue: ${describeQueue(queue)}.`] : []),
    ...(backfill ? [`Backfill queue: ${describeQueue(backfill)}.`] : []),
  ]
}

/** null where it is not known, or does not answer either: what is told is the database's failure. */
async function readDeployed(url: string | undefined, { dataDir }: Settings): Promise<QueueState | null> {
  if (!url) return null
  const sqs = deployedSqs(url)
  try {
    return await readQueue({ sqs, isDeployed: true }, { queueUrl: url, dataDir, now: new Date() })
  } catch {
    return null
  } finally {
    sqs.destroy()
  }
}
