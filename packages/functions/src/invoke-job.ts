import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda'
import type { JobMessage } from '@polo/collectors'

/** What Lambda answers when it has taken an asynchronous invocation. */
const ACCEPTED = 202

/**
 * Hands jobs to their collectors' functions, asynchronously: `<prefix>config-ebs` runs `config_ebs`.
 * Needs lambda:InvokeFunction. Calls throw what Lambda answers.
 */
export function invokeByLambda(client: LambdaClient, functionPrefix: string) {
  return async (job: JobMessage): Promise<void> => {
    const FunctionName = `${functionPrefix}${job.collector.replaceAll('_', '-')}`
    const Payload = JSON.stringify(job)
    const answer = await client.send(new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload }))
    if (answer.StatusCode === ACCEPTED) return
    throw new Error(`${FunctionName} did not take the job: Lambda answered ${answer.StatusCode}`)
  }
}
