import { LambdaClient } from '@aws-sdk/client-lambda'
import { type BreakerState, lambdaEventSources } from '@polo/ingester'
import { readLocalBreaker } from '@polo/local'
import { regionOfQueue } from '../session/deployed-sqs.ts'
import type { Session } from '../session/session.ts'
import type { Settings } from '../session/settings.ts'

/** Nobody shall wait long for what may be unknown. */
const PATIENCE = { maxAttempts: 2, requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000 } }

/** Whether the ingester drains the queues; null where the deployed one is not named, or does not say. */
export async function readBreaker(
  { isDeployed, queueUrl }: Pick<Session, 'isDeployed' | 'queueUrl'>,
  { dataDir, ingesterFunction }: Pick<Settings, 'dataDir' | 'ingesterFunction'>,
): Promise<BreakerState | null> {
  if (!isDeployed) return readLocalBreaker(dataDir)
  if (ingesterFunction === undefined) return null
  const client = new LambdaClient({ ...regionOfQueue(queueUrl), ...PATIENCE })
  try {
    return await lambdaEventSources({ client, functionName: ingesterFunction }).read()
  } catch {
    return null
  } finally {
    client.destroy()
  }
}
